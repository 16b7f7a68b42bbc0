// A rebuild's steps, and what becomes of it when it is killed, cancelled, refused or asked twice.
#include "tests/integration/commerce_projection/projection_fixture.hpp"

namespace barid::commerce {
namespace {

class ProjectionRebuild : public support::ProjectionFixture {
  protected:
    /// A rebuild that was killed at `point` and goes on in the job's next attempt.
    RebuildStep killed_at(const std::string& point) {
        const JobClaim first = asked();
        bool is_killed = false;
        options.on_step = [&](std::string_view at) {
            if (is_killed || at != point) return;
            is_killed = true;
            throw Error(Error::Retry::transient, "killed");
        };
        EXPECT_THROW(run_rebuild(first), Error) << point;
        EXPECT_TRUE(is_killed);
        const JobClaim next = claim(std::to_string(first.id));
        const RebuildStep end = run_rebuild(next);
        options.on_step = {};
        settle(next);
        return end;
    }
};

TEST_F(ProjectionRebuild, BuildsAnewWhatReadersSeeAndKeepsWhatTheySaw) {
    fill_wishes(30);
    wish("noura", "ROSE");
    unwish("noura", "ROSE");
    deliver();
    options.batch = 7;
    const JobClaim job = asked();
    const RebuildStep end = run_rebuild(job);
    EXPECT_EQ(end.next, Next::done) << end.text;
    EXPECT_EQ(versions(), "active 2 kept 1");
    EXPECT_EQ(tables(), "1 2");
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(sql("SELECT count(*) FROM shop.wishlist_view"), "30");
    EXPECT_EQ(sql("SELECT version FROM shop.wishlist_version"), "2");
    // The one that was removed is known to be gone in the new version, too.
    EXPECT_EQ(sql("SELECT count(*) FROM shop.wishlist_items_v2 WHERE deleted"), "1");
    EXPECT_EQ(sql("SELECT live_rows || ' ' || new_rows FROM barid.projections"), "30 30");
    EXPECT_EQ(history(), "asked started swapped");
    EXPECT_EQ(sql("SELECT actor || ', ' || reason FROM barid.projection_history "
                  "WHERE action = 'swapped'"),
              "huda, اختبار");
}

TEST_F(ProjectionRebuild, KilledAtAnyPointItGoesOnWhereItWas) {
    fill_wishes(40);
    options.batch = 15;
    int version = 1;
    for (const char* point : {"begin", "begin:commit", "drain", "drain:commit", "fill",
                              "fill:commit", "verify", "verify:commit", "swap", "swap:commit"}) {
        SCOPED_TRACE(point);
        const RebuildStep end = killed_at(point);
        EXPECT_EQ(end.next, Next::done) << end.text;
        ++version;
        EXPECT_EQ(sql("SELECT active_version FROM barid.projection"), std::to_string(version));
        EXPECT_EQ(broken(), "");
        EXPECT_EQ(tables(), sql(fmt::format("SELECT string_agg(v, ' ' ORDER BY v COLLATE \"C\") "
                                            "FROM (VALUES ('{}'), ('{}')) x(v)",
                                            version - 1, version)));
    }
}

TEST_F(ProjectionRebuild, AnAnswerThatIsLostAfterTheSwapStartsNoSecondRebuild) {
    EXPECT_EQ(killed_at("swap:done").next, Next::done);
    EXPECT_EQ(versions(), "active 2 kept 1");
    EXPECT_EQ(history(), "asked started swapped");
}

TEST_F(ProjectionRebuild, OfALostClaimChangesNothing) {
    const JobClaim old = asked();
    claim(std::to_string(old.id));
    EXPECT_EQ(run_rebuild(old).next, Next::lost);
    EXPECT_EQ(tables(), "1");
    const JobClaim mine = claim(std::to_string(old.id));
    run_until(mine, "filling");
    claim(std::to_string(old.id));
    Rebuild rebuild(pool, options, mine, {});
    EXPECT_EQ(step(rebuild).next, Next::lost);
    EXPECT_EQ(state(), "filling");
    EXPECT_EQ(sql("SELECT rows_done FROM barid.projection"), "0");
}

TEST_F(ProjectionRebuild, CancelledAtAnyStepLeavesNothing) {
    fill_wishes(20);
    for (const char* at : {"draining", "filling", "verifying", "swapping"}) {
        SCOPED_TRACE(at);
        const JobClaim job = asked();
        options.batch = 5;
        run_until(job, at);
        EXPECT_EQ(sql("SELECT barid.projection_cancel('wishlist', 'huda', 'خطأ')"), "t");
        EXPECT_EQ(state(), "cancelling");
        const RebuildStep end = run_rebuild(job);
        EXPECT_EQ(end.next, Next::cancelled);
        EXPECT_EQ(end.text, "خطأ");
        EXPECT_EQ(tables(), "1");
        EXPECT_EQ(sql("SELECT active_version FROM barid.projection"), "1");
        EXPECT_EQ(state(), "idle");
        // Its attempt's answer was lost: the next one doesn't begin anew.
        EXPECT_EQ(run_rebuild(job).next, Next::cancelled);
        settle(job);
    }
    EXPECT_EQ(sql("SELECT barid.projection_cancel('wishlist', 'huda')"), "f");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionRebuild, CancelledBeforeItBeganNeverBegins) {
    const std::string id = sql("SELECT barid.projection_rebuild('wishlist', 'huda')");
    EXPECT_EQ(sql("SELECT barid.projection_cancel('wishlist', 'huda')"), "t");
    EXPECT_EQ(sql("SELECT state FROM barid.jobs WHERE id = " + id), "cancelled");
}

TEST_F(ProjectionRebuild, ADifferenceThatStaysFailsItAndReadersKeepWhatTheyHave) {
    fill_wishes(10);
    sql("UPDATE shop.wishlist_items_v1 SET price_seen_minor = 1 WHERE customer_id = 'c3'; "
        "DELETE FROM shop.wishlist_items_v1 WHERE customer_id = 'c4'");
    const JobClaim job = asked();
    const RebuildStep end = run_rebuild(job);
    EXPECT_EQ(end.next, Next::failed);
    EXPECT_TRUE(end.text.starts_with("the live version has 9 rows (hash ")) << end.text;
    EXPECT_NE(end.text.find(", the new one 10 (hash "), std::string::npos) << end.text;
    EXPECT_EQ(sql("SELECT tries FROM barid.projection"), "2");
    EXPECT_EQ(versions(), "active 1");
    EXPECT_EQ(tables(), "1");
    EXPECT_EQ(history(), "asked started failed");
    settle(job);
    // It is why one wants to rebuild, sometimes.
    EXPECT_EQ(run_rebuild(asked(", true"), true).next, Next::done);
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionRebuild, WaitsForTheEventsOfItsTimeBeforeItCompares) {
    fill_wishes(10);
    const JobClaim job = asked();
    run_until(job, "filling");
    // The filling sees it, the live version doesn't yet.
    wish("noura", "ROSE");
    Rebuild rebuild(pool, options, job, {});
    while (state() == "filling") step(rebuild);
    for (int i = 0; i < 4; ++i) {
        const RebuildStep waits = step(rebuild);
        EXPECT_EQ(waits.next, Next::wait);
        EXPECT_EQ(waits.text, "waiting for the events of the time of the filling");
    }
    EXPECT_EQ(state(), "verifying");
    deliver();
    EXPECT_EQ(io.run(steps(rebuild)).next, Next::done);
    EXPECT_EQ(sql("SELECT tries FROM barid.projection"), "1");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionRebuild, WaitsForTheEventsOfTheTablesThatAreMapped) {
    sql("CREATE TABLE shop.events (id bigint PRIMARY KEY, kind text NOT NULL, item text NOT NULL, "
        "version bigint NOT NULL, occurred_at timestamp, delivered_at timestamp); "
        "SELECT barid.outbox_configure('names', jsonb_build_object('shop_schema', 'barid_shop', "
        "'target', 'projection', 'projection', 'wishlist', 'queue', 'default', 'max_attempts', 1, "
        "'source', '{\"schema\": \"shop\", \"name\": \"events\", \"id\": \"id\", "
        "\"aggregate_type\": \"kind\", \"aggregate_id\": \"item\", "
        "\"version\": \"version\", \"occurred_at\": \"occurred_at\", "
        "\"delivered_at\": \"delivered_at\"}'::jsonb)); "
        "INSERT INTO shop.events VALUES (1, 'product', 'rose-box', 1, now() AT TIME ZONE 'UTC'), "
        "(2, 'product', 'oud', 1, (now() AT TIME ZONE 'UTC') + interval '1 hour')");
    options.tables = {"names"};
    const JobClaim job = asked();
    run_until(job, "verifying");
    Rebuild rebuild(pool, options, job, {});
    EXPECT_EQ(step(rebuild).text, "waiting for the events of the time of the filling");
    // Nobody waits for what somebody must decide about.
    sql("INSERT INTO barid.outbox_stuck (stream, aggregate_type, aggregate_id, event_id, "
        "aggregate_version, event_type, error, blocked_at) "
        "VALUES ('names', 'product', 'rose-box', '1', 1, 'x', 'x', now())");
    EXPECT_EQ(step(rebuild).text, "both versions agree");
}

TEST_F(ProjectionRebuild, WaitsForTransactionsThatAreOlderThanTheVersion) {
    // One that projects for itself: it found version 1 alone, and commits later.
    std::optional<pg::Transaction> writer;
    const auto write = [&]() -> awaitable<void> {
        writer.emplace(co_await pg::Transaction::begin(pool));
        co_await writer->execute("SELECT pg_current_xact_id()");
    };
    io.run(write());
    const JobClaim job = asked();
    Rebuild rebuild(pool, options, job, {});
    step(rebuild);
    step(rebuild);
    for (int i = 0; i < 3; ++i) {
        const RebuildStep waits = step(rebuild);
        EXPECT_EQ(waits.next, Next::wait);
        EXPECT_EQ(waits.text, "waiting for 1 transactions older than the version");
    }
    // A younger one finds the version: nobody waits for it.
    std::optional<pg::Transaction> younger;
    const auto write_later = [&]() -> awaitable<void> {
        younger.emplace(co_await pg::Transaction::begin(pool));
        co_await younger->execute("SELECT pg_current_xact_id()");
        co_await writer->commit();
    };
    io.run(write_later());
    EXPECT_EQ(io.run(steps(rebuild)).next, Next::done);
    io.run(younger->rollback());
}

TEST_F(ProjectionRebuild, TriesTheSwapAgainWhileALongReaderStandsInItsWay) {
    fill_wishes(5);
    std::optional<pg::Transaction> reader;
    const auto read = [&]() -> awaitable<void> {
        reader.emplace(co_await pg::Transaction::begin(pool));
        co_await reader->execute("SELECT set_config('role', 'none', true)");
        co_await reader->execute("SELECT count(*) FROM shop.wishlist_view");
    };
    sql("GRANT USAGE ON SCHEMA shop TO barid_worker; "
        "GRANT SELECT ON shop.wishlist_view TO barid_worker");
    io.run(read());
    const JobClaim job = asked();
    run_until(job, "swapping");
    Rebuild rebuild(pool, options, job, {});
    std::chrono::milliseconds before{0};
    for (int i = 0; i < 3; ++i) {
        const RebuildStep waits = step(rebuild);
        EXPECT_EQ(waits.next, Next::wait);
        EXPECT_NE(waits.text.find("lock timeout"), std::string::npos) << waits.text;
        EXPECT_GT(waits.pause, before);
        before = waits.pause;
        // In between, events go on and other readers read.
        wish("noura", "ROSE");
        unwish("noura", "ROSE");
        deliver();
        EXPECT_EQ(sql("SELECT count(*) FROM shop.wishlist_view"), "5");
    }
    io.run(reader->commit());
    EXPECT_EQ(step(rebuild).next, Next::done);
    EXPECT_EQ(versions(), "active 2 kept 1");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionRebuild, WhatHangsOnWhatReadersSeeStaysAsItIs) {
    fill_wishes(5);
    sql("CREATE VIEW shop.wishes_in_kuwait AS SELECT id FROM shop.wishlist_view "
        "WHERE location_id = 'KW'; "
        "GRANT SELECT ON shop.wishlist_view TO barid_readonly");
    const std::string who =
        "SELECT relowner::regrole || ' ' || relacl::text FROM pg_class "
        "WHERE oid = 'shop.wishlist_view'::regclass";
    const std::string before = sql(who);
    EXPECT_EQ(run_rebuild(asked()).next, Next::done);
    EXPECT_EQ(sql(who), before);
    EXPECT_EQ(sql("SELECT count(*) FROM shop.wishes_in_kuwait"),
              sql("SELECT count(*) FROM shop.wishlist_view WHERE location_id = 'KW'"));
    const auto made = [&](const std::string& version) {
        return sql("SELECT string_agg(replace(indexdef, '_v" + version +
                   "', ''), ';' ORDER BY replace(indexname, '_v" + version +
                   "', '')) FROM pg_indexes WHERE tablename ~ '^wishlist_[a-z]+_v" + version +
                   "$'");
    };
    EXPECT_EQ(made("2"), made("1"));
}

TEST_F(ProjectionRebuild, AShopThatReadsAnotherVersionThanBaridKnowsIsLeftAlone) {
    const JobClaim job = asked();
    run_until(job, "swapping");
    sql("UPDATE shop.wishlist_version SET version = 9");
    const RebuildStep end = run_rebuild(job);
    EXPECT_EQ(end.next, Next::failed);
    EXPECT_NE(end.text.find("answered NOT_READY"), std::string::npos) << end.text;
    EXPECT_EQ(tables(), "1");
    EXPECT_EQ(state(), "idle");
}

TEST_F(ProjectionRebuild, TwoAreNeverUnderWayAtOnce) {
    const std::string first = sql("SELECT barid.projection_rebuild('wishlist', 'huda')");
    EXPECT_EQ(sql("SELECT barid.projection_rebuild('wishlist', 'omar')"), first);
    const JobClaim job = claim(first);
    run_until(job, "filling");
    const JobClaim second =
        claim(sql(R"(SELECT barid.enqueue('projection.rebuild', '{"projection": "wishlist"}'))"));
    const RebuildStep end = run_rebuild(second);
    EXPECT_EQ(end.next, Next::failed);
    EXPECT_EQ(end.text, "wishlist is being rebuilt by job " + first);
    EXPECT_EQ(state(), "filling");
    EXPECT_EQ(run_rebuild(job).next, Next::done);
}

TEST_F(ProjectionRebuild, TakesOverFromOneWhoseJobIsGone) {
    const JobClaim dead = asked();
    run_until(dead, "filling");
    settle(dead);
    EXPECT_EQ(run_rebuild(asked()).next, Next::done);
    EXPECT_EQ(versions(), "active 3 kept 1");
    EXPECT_EQ(tables(), "1 3");
    EXPECT_EQ(history(), "asked started asked failed started swapped");
}

TEST_F(ProjectionRebuild, AnEventThatTheNewVersionCantTakeFailsItAndNotTheReaders) {
    const JobClaim job = asked();
    run_until(job, "filling");
    sql("ALTER TABLE shop.wishlist_items_v2 DROP COLUMN wants_back");
    wish("noura", "ROSE");
    deliver();
    EXPECT_EQ(seen(), "noura:ROSE");
    const RebuildStep end = run_rebuild(job);
    EXPECT_EQ(end.next, Next::failed);
    EXPECT_NE(end.text.find("wants_back"), std::string::npos) << end.text;
    EXPECT_EQ(tables(), "1");
}

TEST_F(ProjectionRebuild, RefusesWhatIsNoProjectionsName) {
    EXPECT_NE(refusal("SELECT barid.projection_rebuild('Wish list', 'huda')")
                  .find("'Wish list' is no projection's name"),
              std::string::npos)
        << refusal("SELECT barid.projection_rebuild('Wish list', 'huda')");
}

}  // namespace
}  // namespace barid::commerce
