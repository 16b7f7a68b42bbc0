// The job `outbox.relay`: shifts, turns, errors that must be mended.
#include "jobs/outbox_relay.hpp"
#include "tests/integration/commerce_relay/relay_fixture.hpp"

namespace barid::commerce {
namespace {

using namespace std::chrono_literals;

class RelayJob : public RelayFixture {
  protected:
    queue::Outcome work(OutboxStream stream, const std::string& asked = "orders") {
        return work_on(std::move(stream), json::object{{"stream", asked}});
    }
    queue::Outcome work_on(OutboxStream stream, const json::value& payload) {
        stream.poll_interval = 10ms;
        jobs::Registry registry;
        jobs::register_outbox_relay(
            registry,
            {.pool = pool, .clock = clock, .streams = {std::move(stream)}, .shift = 200ms});
        queue::Job job;
        job.id = 1;
        job.kind = "outbox.relay";
        jobs::JobContext context{.job = job,
                                 .log = log::Logger(),
                                 .deadline = clock.steady_now() + 60s,
                                 .progress = [](double, const std::string&) {},
                                 .cancelled = [] { return false; }};
        return run(registry.find("outbox.relay")->run(context, payload));
    }

    SystemClock clock;
};

TEST_F(RelayJob, DrainsAndGivesItselfBack) {
    db.sql(
        "SELECT count(shop.emit('order', 'o-' || a, 'order.changed', '{}')) "
        "FROM generate_series(1, 3) v, generate_series(1, 10) a");
    // On a machine that is busy a shift may end before everything is out.
    for (int shifts = 0; shifts < 8 && waiting() != "0"; ++shifts) {
        EXPECT_TRUE(std::holds_alternative<queue::Snooze>(work(orders(4))));
    }
    EXPECT_EQ(waiting(), "0");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.job"), "30");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayJob, IsAddedOnceByItsSchedule) {
    db.sql("SELECT barid.install_shop(false, '{orders}')");
    db.sql("SELECT barid.run_schedule('outbox-relay-orders')");
    db.sql("UPDATE barid.schedule SET last_fire_at = NULL");
    db.sql("DELETE FROM barid.schedule_run");
    db.sql("SELECT barid.run_schedule('outbox-relay-orders')");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.job WHERE kind = 'outbox.relay'"), "1");
    emit("o-1");
    const json::value payload =
        parse_json(db.sql("SELECT payload FROM barid.job WHERE kind = 'outbox.relay'"));
    EXPECT_TRUE(payload.as_object().contains("schedule"));
    EXPECT_TRUE(std::holds_alternative<queue::Snooze>(work_on(orders(), payload)));
    EXPECT_EQ(waiting(), "0");
}

TEST_F(RelayJob, PrunesInItsShift) {
    emit("o-1");
    OutboxStream stream = orders();
    stream.retention = 1h;
    work(stream);
    db.sql("UPDATE shop.outbox_delivered SET delivered_at = now() - interval '2 hours'");
    work(stream);
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.outbox_delivered"), "0");
}

TEST_F(RelayJob, AppliesEventsToAProjectionAndBlocksOnThoseThatDoNotFit) {
    support::stock_small_shop(db);
    OutboxStream stream{
        .name = "wishlist", .target = OutboxStream::Target::projection, .projection = "wishlist"};
    work(stream, "wishlist");
    const std::string wish = db.sql("SELECT shop.wish_add('noura', 'ROSE', 'KW')");
    db.sql("SELECT shop.emit('wishlist', 'sick', 'wishlist.changed', '{\"added_at\": \"غدًا\"}')");
    db.sql("SELECT shop.emit('wishlist', 'sick', 'wishlist.removed', '{}')");
    EXPECT_TRUE(std::holds_alternative<queue::Snooze>(work(stream, "wishlist")));
    EXPECT_EQ(db.sql("SELECT string_agg(customer_id || ' ' || variant_id, ',') "
                     "FROM shop.wishlist_view"),
              "noura ROSE");
    EXPECT_EQ(db.sql("SELECT string_agg(aggregate_id || ':' || aggregate_version, ' ') "
                     "FROM barid.outbox_blocked('wishlist')"),
              "sick:1");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.outbox WHERE stream = 'wishlist'"), "2");
    db.sql(
        "SELECT barid.outbox_skip('wishlist', (SELECT event_id FROM "
        "barid.outbox_blocked('wishlist')), 'huda', 'no such day')");
    work(stream, "wishlist");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.outbox WHERE stream = 'wishlist'"), "0");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayJob, EventsOfTwoStreamsWithTheSameIdReachAProjectionBoth) {
    support::stock_small_shop(db);
    db.sql(
        "CREATE TABLE shop.events (id bigint PRIMARY KEY, aggregate_type text NOT NULL, "
        "aggregate_id text NOT NULL, aggregate_version bigint NOT NULL, event_type text NOT NULL, "
        "payload jsonb NOT NULL, occurred_at timestamptz DEFAULT now(), delivered_at timestamptz, "
        "UNIQUE (aggregate_type, aggregate_id, aggregate_version)); "
        "SELECT shop.wish_add('noura', 'ROSE', 'KW'); "
        "INSERT INTO shop.events SELECT o.id, 'product', 'rose-box', 1000, 'product.changed', "
        "'{\"name_en\": \"Roses\", \"name_ar\": \"ورد\"}' FROM shop.outbox o "
        "WHERE o.stream = 'wishlist'");
    OutboxStream stream{
        .name = "wishlist", .target = OutboxStream::Target::projection, .projection = "wishlist"};
    work(stream, "wishlist");
    stream.name = "names";
    stream.table = OutboxTable{.schema = "shop", .name = "events"};
    work(stream, "names");
    EXPECT_EQ(db.sql("SELECT name_ar FROM shop.wishlist_view"), "ورد");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.events WHERE delivered_at IS NULL"), "0");
    // Within a stream an id is one event's.
    db.sql(
        "UPDATE shop.events SET delivered_at = NULL, aggregate_version = 1001, "
        "payload = '{\"name_en\": \"x\", \"name_ar\": \"y\"}'");
    work(stream, "names");
    EXPECT_EQ(db.sql("SELECT name_ar FROM shop.wishlist_view"), "ورد");
}

TEST_F(RelayJob, LargeEventsOfAProjectionComeAFewAtATime) {
    db.sql(
        "ALTER TABLE shop.outbox ALTER payload SET STORAGE EXTERNAL; "
        "ALTER TABLE shop.outbox_delivered ALTER payload SET STORAGE EXTERNAL; "
        "SELECT count(shop.emit('product', 'p-' || n, 'product.changed', blob || "
        "'{\"name_en\": \"x\", \"name_ar\": \"y\"}')) FROM generate_series(1, 3) n, "
        "(SELECT jsonb_build_object('blob', string_agg(md5(g::text), '')) AS blob "
        "FROM generate_series(1, 75000) g) large");
    const OutboxRelay relay = relay_for(
        {.name = "product", .target = OutboxStream::Target::projection, .projection = "wishlist"});
    for (int i = 0; i < 3; ++i) {
        const OutboxStep one = step(relay);
        EXPECT_EQ(one.events, 1);
        EXPECT_EQ(one.full, i < 2);
    }
    EXPECT_EQ(waiting(), "0");
    EXPECT_EQ(broken(), "");
}

TEST_F(RelayJob, AProjectorThatIsMissingBlocksNoEvent) {
    support::stock_small_shop(db);
    OutboxStream stream{
        .name = "wishlist", .target = OutboxStream::Target::projection, .projection = "wishlist"};
    db.sql("SELECT shop.wish_add('noura', 'ROSE', 'KW')");
    const std::string function =
        "ALTER FUNCTION barid_shop.projection_apply(text, int, text, text, text, bigint, text, "
        "jsonb) ";
    for (const char* wrong : {"OWNER TO barid_readonly", "OWNER TO CURRENT_USER"}) {
        db.sql(function + wrong);
        const queue::Outcome outcome = work(stream, "wishlist");
        const bool is_mended = wrong == std::string("OWNER TO CURRENT_USER");
        EXPECT_EQ(std::holds_alternative<queue::Snooze>(outcome), is_mended);
        EXPECT_EQ(db.sql("SELECT blocked FROM barid.outbox_states()"), "0");
    }
    EXPECT_EQ(db.sql("SELECT customer_id FROM shop.wishlist_view"), "noura");
}

TEST_F(RelayJob, WaitsForSomebodyToMendWhatIsWrong) {
    emit("o-1");
    db.sql("ALTER FUNCTION barid_shop.outbox_claim(text, int) RENAME TO outbox_claims");
    const queue::Outcome outcome = work(orders());
    const auto* retry = std::get_if<queue::Retry>(&outcome);
    ASSERT_NE(retry, nullptr);
    EXPECT_FALSE(retry->spend_attempt);
    EXPECT_EQ(retry->after, 30s);
    EXPECT_NE(retry->error.find("barid_shop.outbox_claim is missing"), std::string::npos)
        << retry->error;
    db.sql("ALTER FUNCTION barid_shop.outbox_claims(text, int) RENAME TO outbox_claim");
    EXPECT_TRUE(std::holds_alternative<queue::Snooze>(work(orders())));
    EXPECT_EQ(waiting(), "0");
}

TEST_F(RelayJob, NeedsNoMoreThanAWorkersRights) {
    emit("o-1");
    pg::ConnectOptions options = db.options();
    options.settings.push_back({"role", "barid_worker"});
    pg::Pool workers(io, blocking, options, 2, {});
    OutboxStream stream = orders();
    stream.retention = 1h;
    const OutboxRelay relay(workers, stream);
    EXPECT_TRUE(run(check_outbox(workers, stream)).empty());
    run(relay.configure());
    EXPECT_EQ(step(relay).events, 1);
    EXPECT_EQ(run(relay.prune(10)), 0);
}

TEST_F(RelayJob, NamesTheStreamsThatItKnows) {
    const queue::Outcome outcome = work(orders(), "wishlist");
    const auto* retry = std::get_if<queue::Retry>(&outcome);
    ASSERT_NE(retry, nullptr);
    EXPECT_EQ(retry->error, "this worker has no [outbox.wishlist]; it knows: orders");
}

}  // namespace
}  // namespace barid::commerce
