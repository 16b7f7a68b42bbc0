// An event that can't be handed on stands in the way of its own aggregate only, and is seen.
#include "tests/integration/commerce_relay/relay_fixture.hpp"

namespace barid::commerce {
namespace {

class RelayPoison : public RelayFixture {
  protected:
    /// Too large for a job's payload.
    void emit_poison(const std::string& id) const {
        db.sql("SELECT shop.emit('order', '" + id +
               "', 'order.poison', jsonb_build_object('x', "
               "(SELECT string_agg(md5(g::text), '') FROM generate_series(1, 80000) g)))");
    }
    std::string blocked(const std::string& what) const {
        return db.sql("SELECT string_agg((" + what +
                      ")::text, ' ') FROM "
                      "barid.outbox_blocked('orders')");
    }
    std::string state(const std::string& what) const {
        return db.sql("SELECT " + what + " FROM barid.outbox_states() WHERE stream = 'orders'");
    }
    std::string skip(const std::string& event) const {
        return db.sql("SELECT barid.outbox_skip('orders', '" + event +
                      "', 'noura', 'too large for anybody')");
    }
    std::string retry(const std::string& event) const {
        return db.sql("SELECT barid.outbox_retry('orders', '" + event + "', 'noura', 'mended')");
    }
};

TEST_F(RelayPoison, BlocksItsAggregateAndNoOther) {
    emit("sick");
    emit_poison("sick");
    emit("sick");
    emit("well");
    const OutboxRelay relay = relay_for(orders());
    const OutboxStep first = step(relay);
    EXPECT_EQ(first.events, 2);
    EXPECT_EQ(first.blocked, 1);
    emit("well");
    emit("sick");
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(versions("sick"), "1");
    EXPECT_EQ(versions("well"), "1 2");
    EXPECT_EQ(blocked("aggregate_id || ':' || aggregate_version || ':' || event_type"),
              "sick:2:order.poison");
    EXPECT_NE(blocked("error").find("job_payload_check"), std::string::npos) << blocked("error");
    EXPECT_EQ(state("pending || ' ' || blocked"), "3 1");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayPoison, IsSkippedBySomebodyWhoSaysWhy) {
    emit_poison("sick");
    emit("sick");
    const OutboxRelay relay = relay_for(orders());
    drain(relay);
    const std::string event = blocked("event_id");
    EXPECT_THROW(db.sql("SELECT barid.outbox_skip('orders', '" + event + "', 'noura', ' ')"),
                 std::runtime_error);
    EXPECT_EQ(skip(event), "SKIPPED");
    EXPECT_EQ(skip(event), "NOT_BLOCKED");
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(versions("sick"), "2");
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(db.sql("SELECT actor || ': ' || reason || ' ' || aggregate_version "
                     "FROM shop.outbox_skip_log"),
              "noura: too large for anybody 1");
    EXPECT_EQ(db.sql("SELECT decision || ' ' || actor || ' ' || event_id "
                     "FROM barid.outbox_decision"),
              "skip noura " + event);
}

TEST_F(RelayPoison, IsTriedAgainWhenTheCauseIsMended) {
    emit("sick", "order.poison", R"({"size": "XL"})");
    db.sql("ALTER TABLE barid.job ADD CONSTRAINT no_poison CHECK (kind <> 'order.poison')");
    const OutboxRelay relay = relay_for(orders());
    drain(relay);
    const std::string event = blocked("event_id");
    EXPECT_EQ(retry(event), "RETRY");
    drain(relay);
    EXPECT_EQ(blocked("attempts"), "2") << "nothing had been mended";
    db.sql("ALTER TABLE barid.job DROP CONSTRAINT no_poison");
    EXPECT_EQ(retry(event), "RETRY");
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(blocked("event_id"), "");
    EXPECT_EQ(retry(event), "NOT_BLOCKED");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayPoison, AnEventWhoseTimeHasNotComeHoldsItsAggregate) {
    emit("later");
    emit("later");
    emit("now");
    const std::string event = db.sql("SELECT min(id) FROM shop.outbox");
    EXPECT_EQ(db.sql("SELECT barid_shop.outbox_fail('orders', '" + event +
                     "', 'not yet', now() + interval '1 hour')"),
              "RETRY");
    const OutboxRelay relay = relay_for(orders());
    EXPECT_EQ(drain(relay), 1);
    EXPECT_EQ(versions("later"), "");
    db.sql("UPDATE shop.outbox_stuck SET retry_at = now() - interval '1 second'");
    EXPECT_EQ(drain(relay), 2);
    EXPECT_EQ(versions("later"), "1 2");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.outbox_stuck"), "0");
}

TEST_F(RelayPoison, AMistakeOfTheShopBlocksNoEvent) {
    emit("o-1");
    const OutboxRelay relay = relay_for(orders());
    db.sql("DROP FUNCTION barid_shop.outbox_ack(text, text[])");
    EXPECT_THROW(step(relay), pg::Error);
    EXPECT_EQ(state("pending || ' ' || blocked"), "1 0");
}

TEST_F(RelayPoison, AnAnswerThatTheContractDoesNotKnowDecidesNothing) {
    emit_poison("sick");
    drain(relay_for(orders()));
    const std::string event = blocked("event_id");
    db.sql(
        "CREATE OR REPLACE FUNCTION barid_shop.outbox_skip(stream text, event_id text, actor text, "
        "reason text) RETURNS text LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog "
        "AS $$ SELECT 'DONE' $$");
    EXPECT_THROW(skip(event), std::runtime_error);
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.outbox_decision"), "0");
}

TEST_F(RelayPoison, ADeliveryThatFailedForGoodBlocksItsAggregateVisibly) {
    db.sql("INSERT INTO barid.queue (name, on_ordering_failure) VALUES ('events', 'block')");
    emit("o-1");
    emit("o-1");
    emit("o-2");
    OutboxStream stream = orders();
    stream.target = OutboxStream::Target::deliver;
    stream.endpoint = "erp";
    stream.queue = "events";
    EXPECT_EQ(drain(relay_for(stream)), 3);
    EXPECT_EQ(db.sql("SELECT payload->>'endpoint' || ' ' || (payload->>'type') || ' ' || "
                     "(payload#>>'{data,version}') FROM barid.job WHERE kind = 'http.deliver' "
                     "ORDER BY id LIMIT 1"),
              "erp order.paid 1");

    // Its worker claims the first one of each, and o-1's fails for good.
    db.sql(
        "INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state, "
        "priority, attempt, max_attempts, queue, kind, payload, ordering_key, errors) "
        "SELECT id, run_at, created_at, now(), gen_random_uuid(), 'failed', priority, 3, 25, "
        "queue, kind, payload, ordering_key, '[{\"error\": \"endpoint erp answered 489\"}]' "
        "FROM barid.job ORDER BY id LIMIT 1");
    db.sql(
        "INSERT INTO barid.ordering_slot SELECT ordering_key, id, true FROM barid.job "
        "ORDER BY id LIMIT 1");
    db.sql("DELETE FROM barid.job WHERE id = (SELECT min(id) FROM barid.job)");
    EXPECT_EQ(blocked("aggregate_id || ':' || aggregate_version || ':' || error"),
              "o-1:1:endpoint erp answered 489");
    EXPECT_EQ(state("pending || ' ' || blocked"), "0 1");
    // The job is the event's only copy: it isn't forgotten before somebody has decided.
    db.sql("UPDATE barid.job_history SET finished_at = now() - interval '100 days'");
    db.sql("SELECT barid.prune_history()");
    EXPECT_EQ(blocked("aggregate_id || ':' || aggregate_version"), "o-1:1");
    const std::string job = db.sql("SELECT job_id FROM barid.ordering_slot WHERE blocked");
    const auto is_needed = [&] {
        return db.sql("SELECT barid.history_needed(" + job + ", " + job + " + 1)");
    };
    EXPECT_EQ(is_needed(), "t");
    EXPECT_EQ(skip(blocked("event_id")), "SKIPPED");
    EXPECT_EQ(blocked("event_id"), "");
    EXPECT_EQ(is_needed(), "f");
    EXPECT_EQ(db.sql("SELECT reason FROM barid.outbox_decision"), "too large for anybody");
}

}  // namespace
}  // namespace barid::commerce
