// An outbox that the shop has already: a table as Prisma makes it.
#include <fstream>
#include <iterator>

#include "tests/integration/commerce_relay/relay_fixture.hpp"

namespace barid::commerce {
namespace {

class RelayTable : public RelayFixture {
  protected:
    RelayTable() {
        db.sql(R"(CREATE TABLE public."OutboxEvent" (
            id text PRIMARY KEY, "aggregateType" text NOT NULL, "aggregateId" text NOT NULL,
            version integer NOT NULL, type text NOT NULL, payload jsonb NOT NULL,
            "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "publishedAt" timestamp(3),
            UNIQUE ("aggregateType", "aggregateId", version)))");
    }

    static OutboxStream prisma(int batch = 1000) {
        return {.name = "prisma",
                .table = OutboxTable{.schema = "public",
                                     .name = "OutboxEvent",
                                     .aggregate_type = "aggregateType",
                                     .aggregate_id = "aggregateId",
                                     .version = "version",
                                     .type = "type",
                                     .payload = "payload",
                                     .occurred_at = "createdAt",
                                     .delivered_at = "publishedAt"},
                .batch = batch,
                .retention = std::chrono::hours(1)};
    }
    void write(const std::string& id, int version, const std::string& type = "order.paid") const {
        db.sql(R"(INSERT INTO public."OutboxEvent" (id, "aggregateType", "aggregateId", version,
            type, payload, "createdAt") VALUES (gen_random_uuid(), 'Order', ')" +
               id + "', " + std::to_string(version) + ", '" + type +
               R"(', '{"اسم": "عطر"}', '2026-11-22 10:00:00'))");
    }
    std::string problems(OutboxStream stream) {
        std::string all;
        for (const std::string& problem : run(check_outbox(pool, std::move(stream)))) {
            all += problem + "\n";
        }
        return all;
    }
};

TEST_F(RelayTable, IsRelayedByItsOwnNames) {
    write("o-1", 1);
    write("o-1", 2, "order.shipped");
    write("o-2", 1);
    EXPECT_EQ(problems(prisma()), "");
    const OutboxRelay relay = relay_for(prisma(2));
    EXPECT_EQ(drain(relay), 3);
    EXPECT_EQ(versions("o-1"), "1 2");
    EXPECT_EQ(db.sql(R"(SELECT count(*) FROM public."OutboxEvent" WHERE "publishedAt" IS NULL)"),
              "0");
    EXPECT_EQ(db.sql(R"(SELECT max(abs(extract(epoch FROM "publishedAt" -
                            (now() AT TIME ZONE 'UTC')))) < 60 FROM public."OutboxEvent")"),
              "t")
        << "a timestamp without a zone is UTC, as Prisma writes it";
    EXPECT_EQ(db.sql("SELECT payload->>'occurred_at' FROM barid.job LIMIT 1"),
              "2026-11-22T10:00:00+00:00");
    EXPECT_EQ(db.sql("SELECT payload#>>'{data,اسم}' FROM barid.job LIMIT 1"), "عطر");
}

TEST_F(RelayTable, HasItsPoisonBlockedSkippedAndAudited) {
    write("sick", 1, "Not A Kind");
    write("sick", 2);
    write("well", 1);
    const OutboxRelay relay = relay_for(prisma());
    EXPECT_EQ(drain(relay), 1);
    const auto blocked = [&](const std::string& what) {
        return db.sql("SELECT " + what + " FROM barid.outbox_blocked('prisma')");
    };
    EXPECT_EQ(blocked("aggregate_id || ' ' || event_type"), "sick Not A Kind");
    EXPECT_EQ(db.sql("SELECT pending || ' ' || blocked FROM barid.outbox_states()"), "2 1");
    const std::string event = blocked("event_id");
    EXPECT_EQ(db.sql("SELECT barid.outbox_retry('prisma', '" + event + "', 'sam', '')"), "RETRY");
    EXPECT_EQ(drain(relay), 0);
    EXPECT_EQ(blocked("attempts"), "2");
    EXPECT_EQ(db.sql("SELECT barid.outbox_skip('prisma', '" + event + "', 'sam', 'a typo')"),
              "SKIPPED");
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(versions("sick"), "2");
    EXPECT_EQ(db.sql("SELECT string_agg(decision, ' ' ORDER BY id) FROM barid.outbox_decision"),
              "retry skip");
}

TEST_F(RelayTable, IsPrunedOfWhatWasPublished) {
    write("o-1", 1);
    const OutboxRelay relay = relay_for(prisma());
    drain(relay);
    write("o-1", 2);
    EXPECT_EQ(run(relay.prune(10)), 0);
    db.sql(R"(UPDATE public."OutboxEvent" SET "publishedAt" = "publishedAt" - interval '2 hours')");
    EXPECT_EQ(run(relay.prune(10)), 1);
    EXPECT_EQ(db.sql(R"(SELECT version FROM public."OutboxEvent")"), "2");
}

TEST_F(RelayTable, WithoutVersionsIsRefusedWithAWayOut) {
    OutboxStream stream = prisma();
    stream.table->version = "sequence";
    const std::string text = problems(stream);
    EXPECT_NE(text.find("a time of creation is none"), std::string::npos) << text;
    EXPECT_NE(text.find("A table without versions"), std::string::npos) << text;
    stream.table->version = "createdAt";
    EXPECT_NE(problems(stream).find("it must be bigint"), std::string::npos) << problems(stream);
}

TEST_F(RelayTable, TheDocumentedWayAddsVersions) {
    db.sql(R"(DROP TABLE public."OutboxEvent";
        CREATE TABLE public."OutboxEvent" (id text PRIMARY KEY DEFAULT gen_random_uuid(),
            "aggregateType" text NOT NULL, "aggregateId" text NOT NULL, type text NOT NULL,
            payload jsonb NOT NULL DEFAULT '{}',
            "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "publishedAt" timestamp(3));
        INSERT INTO public."OutboxEvent" ("aggregateType", "aggregateId", type, "createdAt")
        SELECT 'Order', 'o-1', 'order.' || n, timestamp '2026-11-22' - n * interval '1 hour'
        FROM generate_series(1, 3) n)");
    std::ifstream file(BARID_DOCS "/commerce.md");
    const std::string docs{std::istreambuf_iterator<char>(file), {}};
    const std::size_t begin = docs.find("```sql\n", docs.find("### A table without versions")) + 7;
    ASSERT_NE(begin, std::string::npos + 7);
    db.sql(docs.substr(begin, docs.find("```", begin) - begin));
    db.sql(R"(INSERT INTO public."OutboxEvent" ("aggregateType", "aggregateId", type)
              VALUES ('Order', 'o-1', 'order.new'))");
    EXPECT_EQ(problems(prisma()), "");
    EXPECT_EQ(drain(relay_for(prisma())), 4);
    EXPECT_EQ(db.sql("SELECT string_agg(kind, ' ' ORDER BY id) FROM barid.job"),
              "order.3 order.2 order.1 order.new");
}

TEST_F(RelayTable, MistakesOfTheMappingAreAllNamed) {
    OutboxStream stream = prisma();
    stream.table->name = "outboxevent";
    EXPECT_NE(problems(stream).find("there is no table"), std::string::npos);
    stream = prisma();
    stream.table->type = "kind";
    stream.table->delivered_at = "createdAt";
    db.sql(R"(ALTER TABLE public."OutboxEvent"
              DROP CONSTRAINT "OutboxEvent_aggregateType_aggregateId_version_key")");
    const std::string text = problems(stream);
    EXPECT_NE(text.find("type_column = \"kind\": the table has no such column"), std::string::npos)
        << text;
    EXPECT_NE(text.find("\"createdAt\" is NOT NULL"), std::string::npos) << text;
    EXPECT_NE(text.find("CREATE UNIQUE INDEX"), std::string::npos) << text;
}

TEST_F(RelayTable, DeliveriesNeedAQueueThatBlocks) {
    OutboxStream stream = orders();
    stream.target = OutboxStream::Target::deliver;
    stream.endpoint = "erp";
    EXPECT_NE(problems(stream).find("on_ordering_failure"), std::string::npos);
    db.sql(
        "INSERT INTO barid.queue (name, on_ordering_failure) VALUES ('default', 'block') "
        "ON CONFLICT (name) DO UPDATE SET on_ordering_failure = 'block'");
    EXPECT_EQ(problems(stream), "");
}

}  // namespace
}  // namespace barid::commerce
