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

TEST_F(RelayTable, APayloadThatIsNoJsonBlocksItsAggregateAndNoOther) {
    db.sql(R"(ALTER TABLE public."OutboxEvent" ALTER COLUMN payload TYPE text)");
    write("sick", 1);
    write("sick", 2);
    write("well", 1);
    db.sql(R"(UPDATE public."OutboxEvent" SET payload = '{half'
              WHERE "aggregateId" = 'sick' AND version = 1)");
    EXPECT_EQ(problems(prisma()), "");
    const OutboxRelay relay = relay_for(prisma());
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(versions("well"), "1");
    const auto blocked = [&](const std::string& what) {
        return db.sql("SELECT " + what + " FROM barid.outbox_blocked('prisma')");
    };
    EXPECT_EQ(blocked("aggregate_id || ' ' || aggregate_version"), "sick 1");
    EXPECT_NE(blocked("error").find("invalid input syntax for type json"), std::string::npos)
        << blocked("error");
    db.sql(R"(UPDATE public."OutboxEvent" SET payload = '{"whole": 1}' WHERE payload = '{half')");
    db.sql("SELECT barid.outbox_retry('prisma', '" + blocked("event_id") + "', 'sam', 'mended')");
    EXPECT_EQ(drain(relay), 2);
    EXPECT_EQ(versions("sick"), "1 2");
    EXPECT_EQ(db.sql("SELECT payload#>>'{data,whole}' FROM barid.job WHERE payload->>'version' = "
                     "'1' AND payload->>'aggregate_id' = 'sick'"),
              "1");
}

TEST_F(RelayTable, APayloadThatIsNoJsonBlocksItsAggregateOfAProjection) {
    db.sql(R"(ALTER TABLE public."OutboxEvent" ALTER COLUMN payload TYPE text)");
    write("sick", 1);
    write("well", 1);
    db.sql(R"(UPDATE public."OutboxEvent" SET payload = '{half' WHERE "aggregateId" = 'sick')");
    OutboxStream stream = prisma();
    stream.target = OutboxStream::Target::projection;
    stream.projection = "wishlist";
    EXPECT_EQ(drain(relay_for(stream)), 1);
    EXPECT_EQ(db.sql("SELECT aggregate_id FROM barid.outbox_blocked('prisma')"), "sick");
}

TEST_F(RelayTable, IdsOfAFixedLengthTypesOfAnEnumAndNamesLikeThatAreNoMatter) {
    db.sql(R"(CREATE SCHEMA "My ""Shop";
        CREATE TYPE "My ""Shop"."Kind %s" AS ENUM ('Order', 'Item');
        CREATE TABLE "My ""Shop"."Out'box %I" ("ID" character(26) PRIMARY KEY,
            "a.type" "My ""Shop"."Kind %s" NOT NULL, "aggregate id" uuid NOT NULL,
            "order" smallint NOT NULL, "select" varchar(40) NOT NULL, "$1" json NOT NULL,
            "at" timestamp, "done" timestamptz, UNIQUE ("aggregate id", "a.type", "order"));
        INSERT INTO "My ""Shop"."Out'box %I"
            ("ID", "a.type", "aggregate id", "order", "select", "$1")
        SELECT '01JD' || lpad(n::text, 22, '0'), 'Item', md5((n % 2)::text)::uuid, n / 2,
               'item.new', '{}' FROM generate_series(1, 6) n)");
    OutboxStream stream = prisma(2);
    stream.table = OutboxTable{.schema = "My \"Shop",
                               .name = "Out'box %I",
                               .id = "ID",
                               .aggregate_type = "a.type",
                               .aggregate_id = "aggregate id",
                               .version = "order",
                               .type = "select",
                               .payload = "$1",
                               .occurred_at = "at",
                               .delivered_at = "done"};
    EXPECT_EQ(problems(stream), "");
    const OutboxRelay relay = relay_for(stream);
    EXPECT_EQ(drain(relay), 6);
    EXPECT_EQ(db.sql("SELECT string_agg(v, ',') FROM (SELECT string_agg(payload->>'version', ' ' "
                     "ORDER BY id) AS v FROM barid.job GROUP BY ordering_key ORDER BY 1) j"),
              "0 1 2,1 2 3");
    EXPECT_EQ(db.sql("SELECT problem FROM barid.outbox_states()"), "");
    EXPECT_EQ(run(relay.prune(10)), 0);
}

TEST_F(RelayTable, WhatWaitsInAnotherPartitionIsNotPruned) {
    db.sql(R"(DROP TABLE public."OutboxEvent";
        CREATE TABLE public."OutboxEvent" (
            id text NOT NULL, "aggregateType" text NOT NULL, "aggregateId" text NOT NULL,
            version integer NOT NULL, type text NOT NULL, payload jsonb NOT NULL,
            "createdAt" timestamp(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
            "publishedAt" timestamp(3), PRIMARY KEY (id, "aggregateType"),
            UNIQUE ("aggregateType", "aggregateId", version)) PARTITION BY LIST ("aggregateType");
        CREATE TABLE public.orders_events PARTITION OF public."OutboxEvent" FOR VALUES IN ('Order');
        CREATE TABLE public.other_events PARTITION OF public."OutboxEvent" DEFAULT)");
    write("o-1", 1);
    const OutboxRelay relay = relay_for(prisma());
    EXPECT_EQ(drain(relay), 1);
    db.sql(R"(UPDATE public."OutboxEvent" SET "publishedAt" = now() - interval '1 day';
        INSERT INTO public."OutboxEvent" (id, "aggregateType", "aggregateId", version, type,
                                          payload)
        SELECT 'i-' || n, 'Item', 'i', n, 'item.new', '{}' FROM generate_series(1, 5) n)");
    EXPECT_EQ(run(relay.prune(10)), 1);
    EXPECT_EQ(drain(relay), 5);
    EXPECT_EQ(versions("i"), "1 2 3 4 5");
}

TEST_F(RelayTable, WhatIsTakenBackWhileItIsPrunedStays) {
    write("o-1", 1);
    const OutboxRelay relay = relay_for(prisma());
    EXPECT_EQ(drain(relay), 1);
    db.sql(R"(UPDATE public."OutboxEvent" SET "publishedAt" = "publishedAt" - interval '1 day')");
    // Somebody has it delivered again, and commits while the pruning waits for the row.
    const auto operator_ = begin();
    run(operator_->execute(R"(UPDATE public."OutboxEvent" SET "publishedAt" = NULL)"));
    std::optional<int> pruned;
    asio::co_spawn(
        io, [&]() -> awaitable<void> { pruned = co_await relay.prune(10); }, asio::detached);
    run([&]() -> awaitable<void> {
        for (;;) {
            const pg::Result waits = co_await pool.execute(
                "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock')");
            if (waits.one().get<bool>(0)) break;
        }
        co_await operator_->commit();
        while (!pruned) co_await pool.execute("SELECT");
    }());
    EXPECT_EQ(*pruned, 0);
    EXPECT_EQ(drain(relay), 1);
}

TEST_F(RelayTable, WhatNoAggregateCanBeToldOfIsRefused) {
    db.sql(R"(ALTER TABLE public."OutboxEvent" ALTER COLUMN "aggregateId" DROP NOT NULL,
              ALTER COLUMN version DROP NOT NULL)");
    const std::string text = problems(prisma());
    EXPECT_NE(text.find(R"("aggregateId" may be NULL)"), std::string::npos) << text;
    EXPECT_NE(text.find(R"("version" may be NULL)"), std::string::npos) << text;
    EXPECT_EQ(text.find(R"("type" may be NULL)"), std::string::npos) << text;
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
