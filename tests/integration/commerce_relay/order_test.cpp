// What is in the outbox goes out once, in the order of each aggregate, whoever commits when.
#include "tests/integration/commerce_relay/relay_fixture.hpp"

namespace barid::commerce {
namespace {

using RelayOrder = RelayFixture;

TEST_F(RelayOrder, EachEventBecomesAJobThatSaysWhatHappened) {
    emit("o-1", "order.paid", R"({"customer": "نورة", "total": 12500})", "{order:o-1}");
    const OutboxRelay relay = relay_for(orders());
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(db.sql("SELECT kind FROM barid.job"), "order.paid");
    EXPECT_EQ(db.sql("SELECT tags FROM barid.job"), "{order:o-1}");
    EXPECT_EQ(db.sql("SELECT payload - 'occurred_at' - 'event_id' FROM barid.job"),
              R"({"data": {"total": 12500, "customer": "نورة"}, "type": "order.paid", )"
              R"("stream": "orders", "version": 1, "aggregate_id": "o-1", )"
              R"("aggregate_type": "order"})");
    EXPECT_EQ(waiting(), "0");
}

TEST_F(RelayOrder, AKindOfTheStreamTakesAllTypes) {
    emit("o-1");
    OutboxStream stream = orders();
    stream.kind = "shop.event";
    stream.queue = "events";
    stream.max_attempts = 7;
    EXPECT_EQ(drain(relay_for(stream)), 1);
    EXPECT_EQ(db.sql("SELECT kind || ' ' || queue || ' ' || max_attempts FROM barid.job"),
              "shop.event events 7");
}

TEST_F(RelayOrder, ManyAggregatesKeepTheirOrderInSmallBatches) {
    db.sql(
        "SELECT count(shop.emit('order', 'o-' || a, 'order.changed', '{}')) "
        "FROM generate_series(1, 20) v, generate_series(1, 50) a");
    EXPECT_EQ(drain(relay_for(orders(7))), 1000);
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(db.sql("SELECT count(*) FROM (SELECT (payload->>'version')::int <> "
                     "row_number() OVER (PARTITION BY ordering_key ORDER BY id) AS wrong "
                     "FROM barid.job) j WHERE wrong"),
              "0");
    EXPECT_EQ(db.sql("SELECT count(DISTINCT payload->>'event_id') FROM barid.job"), "1000");
}

TEST_F(RelayOrder, AWriterThatCommitsLateHoldsUpItsOwnEventsOnly) {
    const OutboxRelay relay = relay_for(orders());
    emit("slow");
    EXPECT_EQ(drain(relay), 1);

    // It has drawn its version and its place in the table before all others.
    const auto writer = begin();
    run(writer->execute("SELECT shop.emit('order', 'slow', 'order.late', '{}')"));
    emit("quick");
    emit("quick");
    EXPECT_EQ(drain(relay), 2);
    EXPECT_EQ(versions("quick"), "1 2");
    EXPECT_EQ(versions("slow"), "1");

    run(writer->commit());
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(versions("slow"), "1 2");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, AWriterThatRollsBackLeavesNoGap) {
    const OutboxRelay relay = relay_for(orders());
    {
        const auto writer = begin();
        run(writer->execute("SELECT shop.emit('order', 'o-1', 'order.never', '{}')"));
        run(writer->rollback());
    }
    emit("o-1");
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(versions("o-1"), "1");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, ABusyAggregateDoesNotStarveTheOthers) {
    db.sql(
        "SELECT count(shop.emit('order', 'busy', 'order.changed', '{}')) "
        "FROM generate_series(1, 100)");
    emit("zz");
    const OutboxRelay relay = relay_for(orders(10));
    step(relay);
    step(relay);
    EXPECT_EQ(versions("zz"), "1") << "the second batch goes on after the busy one";
    EXPECT_EQ(drain(relay), 81);
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, ABatchThatIsTooMuchForItsTimeGoesInSmallerOnes) {
    db.sql(
        "ALTER FUNCTION barid_shop.outbox_claim(text, int) RENAME TO claim_quickly; "
        "CREATE FUNCTION barid_shop.outbox_claim(stream text, max_events int) RETURNS TABLE "
        "(event_id text, aggregate_type text, aggregate_id text, aggregate_version bigint, "
        "event_type text, payload jsonb, occurred_at timestamptz, tags text[]) "
        "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN "
        "IF max_events > (SELECT most FROM shop.patience) THEN RAISE query_canceled; END IF; "
        "RETURN QUERY SELECT * FROM barid_shop.claim_quickly($1, $2); END $$; "
        "CREATE TABLE shop.patience AS SELECT 7 AS most; "
        "SELECT count(shop.emit('order', 'o-' || a % 4, 'order.changed', '{}')) "
        "FROM generate_series(1, 30) a");
    const OutboxRelay relay = relay_for(orders(1000));
    EXPECT_EQ(drain(relay), 30);
    EXPECT_EQ(broken(), "");
    db.sql("UPDATE shop.patience SET most = 0");
    emit("o-1");
    EXPECT_THROW(step(relay), pg::Error) << "less than one there isn't";
    db.sql("UPDATE shop.patience SET most = 1000");
    db.sql(
        "SELECT count(shop.emit('order', 'o-' || a % 4, 'order.changed', '{}')) "
        "FROM generate_series(1, 63) a");
    EXPECT_EQ(drain(relay), 64);
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, AnIdMayBeAnyText) {
    const std::vector<std::string> ids{R"(E'a\tb\n"''\\ %s {,} $1')",
                                       "E'\\x1f'",
                                       "'outbox:orders:order:x'",
                                       "'عطر \u202e'",
                                       "repeat('ع', 128)",
                                       "' '"};
    for (const std::string& id : ids) {
        db.sql("SELECT shop.emit('order', " + id +
               ", 'order.changed', '{}') "
               "FROM generate_series(1, 3)");
    }
    const OutboxRelay relay = relay_for(orders(4));
    EXPECT_EQ(drain(relay), 18);
    for (const std::string& id : ids) {
        EXPECT_EQ(db.sql("SELECT string_agg(payload->>'version', ' ' ORDER BY id) FROM barid.job "
                         "WHERE ordering_key = 'outbox:orders:order:' || " +
                         id),
                  "1 2 3")
            << id;
    }
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, TwoRelaysTakeTurns) {
    for (const char* id : {"a", "b", "c"}) emit(id);
    const OutboxRelay first = relay_for(orders());
    const OutboxRelay second = relay_for(orders());

    // One that has claimed and not yet committed.
    const auto open = begin();
    EXPECT_EQ(
        run(open->execute("SELECT events FROM barid.outbox_step('orders', 2)")).one().get<int>(0),
        2);
    EXPECT_TRUE(step(second).busy);
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.job"), "0");
    run(open->commit());
    EXPECT_EQ(drain(second), 1);
    EXPECT_EQ(drain(first), 0);
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.job"), "3");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, ARelayKilledBeforeItsCommitHasDoneNothing) {
    emit("a");
    emit("a");
    const OutboxRelay relay = relay_for(orders());
    {
        const auto open = begin();
        const pg::Result pid =
            run(open->execute("SELECT pg_backend_pid() FROM barid.outbox_step('orders', 100)"));
        db.sql("SELECT pg_terminate_backend(" + std::string(pid.one().text(0)) + ", 10000)");
        EXPECT_THROW(run(open->commit()), pg::Error);
    }
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.job"), "0");
    EXPECT_EQ(drain(relay), 2);
    EXPECT_EQ(versions("a"), "1 2");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, DeliveredEventsAreKeptForAsLongAsTheStreamSays) {
    for (int i = 0; i < 5; ++i) emit("o-1");
    OutboxStream stream = orders();
    stream.retention = std::chrono::hours(1);
    const OutboxRelay relay = relay_for(stream);
    EXPECT_EQ(drain(relay), 5);
    EXPECT_EQ(run(relay.prune(100)), 0);
    db.sql(
        "UPDATE shop.outbox_delivered SET delivered_at = now() - interval '2 hours' "
        "WHERE aggregate_version <= 3");
    EXPECT_EQ(run(relay.prune(2)), 2);
    EXPECT_EQ(run(relay.prune(2)), 1);
    EXPECT_EQ(db.sql("SELECT string_agg(aggregate_version::text, ' ') FROM shop.outbox_delivered"),
              "4 5");
    EXPECT_EQ(broken(), "");
    emit("o-1");
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayOrder, TheOracleSeesWhatIsOutOfOrderOrMissing) {
    for (int i = 0; i < 3; ++i) emit("o-1");
    EXPECT_EQ(drain(relay_for(orders())), 3);
    EXPECT_EQ(broken(), "");
    db.sql(
        "UPDATE shop.outbox_delivered SET aggregate_version = 5 - aggregate_version "
        "WHERE aggregate_version IN (2, 3)");
    EXPECT_NE(broken().find("version 3 was delivered after 1"), std::string::npos) << broken();
    db.sql("DELETE FROM shop.outbox_delivered WHERE aggregate_version = 3");
    EXPECT_NE(broken(), "");
}

TEST_F(RelayOrder, AShopsFunctionMustNotRunWithBaridsRights) {
    emit("o-1");
    const OutboxRelay relay = relay_for(orders());
    db.sql("ALTER FUNCTION barid_shop.outbox_claim(text, int) SECURITY INVOKER");
    try {
        step(relay);
        ADD_FAILURE() << "it ran";
    } catch (const pg::Error& error) {
        EXPECT_TRUE(error.is("42501")) << error.what();
    }
    EXPECT_EQ(waiting(), "1");
}

}  // namespace
}  // namespace barid::commerce
