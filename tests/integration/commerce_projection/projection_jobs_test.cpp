// The kinds projection.apply, projection.rebuild, projection.rollback and projection.prune, as a
// worker runs them.
#include "jobs/projection_apply.hpp"
#include "jobs/projection_rebuild.hpp"
#include "tests/integration/commerce_projection/projection_fixture.hpp"
#include "worker/worker.hpp"

namespace barid::commerce {
namespace {

class ProjectionJobs : public support::ProjectionFixture {
  protected:
    /// Runs a worker until no job waits.
    void work() {
        jobs::Registry registry;
        jobs::register_projection_apply(registry, pool, {{"wishlist", options.target}});
        jobs::ProjectionMap all = others;
        all.emplace("wishlist", options);
        jobs::register_projection_rebuild(registry, pool, clock, std::move(all));
        worker::WorkerOptions worker_options;
        worker_options.name = "test";
        worker_options.shutdown_grace = std::chrono::seconds(5);
        pg::Pool own(io.io, io.blocking, database.options(), 5, {});
        worker::Worker worker(io.io, io.blocking, own, registry, worker_options, {});
        const auto watch = [&]() -> awaitable<void> {
            while (sql("SELECT count(*) FROM barid.job") != "0") {
                co_await sleep_for(std::chrono::milliseconds(10));
            }
            worker.request_stop();
        };
        asio::co_spawn(io.io, watch(), asio::detached);
        EXPECT_TRUE(io.run(worker.run(), std::chrono::seconds(60)));
    }
    std::string end_of(const std::string& job) const {
        return sql(
            "SELECT concat_ws(' ', state, errors->-1->>'error', output) FROM barid.jobs "
            "WHERE id = " +
            job);
    }
    std::string rebuilt() {
        const std::string job = sql("SELECT barid.projection_rebuild('wishlist', 'huda')");
        work();
        return job;
    }

    SystemClock clock;
    jobs::ProjectionMap others;
};

TEST_F(ProjectionJobs, AnEventsJobAppliesItOnce) {
    const std::string payload =
        R"({"projection": "wishlist", "event_id": "e1", "aggregate_type": "product",
            "aggregate_id": "rose-box", "aggregate_version": 5, "event_type": "product.changed",
            "payload": {"name_en": "Rose", "name_ar": "ورد"}})";
    const std::string first = sql("SELECT barid.enqueue('projection.apply', '" + payload + "')");
    work();
    const std::string second = sql("SELECT barid.enqueue('projection.apply', '" + payload + "')");
    work();
    EXPECT_EQ(end_of(first), R"(completed {"outcome": "applied"})");
    EXPECT_EQ(end_of(second), R"(completed {"outcome": "duplicate"})");
    EXPECT_EQ(sql("SELECT name_ar FROM shop.wishlist_products_v1 WHERE id = 'rose-box'"), "ورد");
}

TEST_F(ProjectionJobs, AnEventThatCantBeAppliedFailsItsJobAndIsForgotten) {
    const std::string job = sql(R"(SELECT barid.enqueue('projection.apply',
        '{"projection": "wishlist", "event_id": "e1", "aggregate_type": "product",
          "aggregate_id": "rose-box", "aggregate_version": 5, "event_type": "product.changed",
          "payload": {}}'))");
    const std::string unknown = sql(R"(SELECT barid.enqueue('projection.apply',
        '{"projection": "other", "event_id": "e1", "aggregate_type": "product",
          "aggregate_id": "x", "aggregate_version": 5, "event_type": "product.changed",
          "payload": {}}'))");
    work();
    EXPECT_NE(end_of(job).find("violates check constraint"), std::string::npos) << end_of(job);
    EXPECT_EQ(end_of(unknown), "failed there is no [projection.other] in the configuration");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.projection_inbox WHERE event_id = 'e1'"), "0");
}

TEST_F(ProjectionJobs, ARebuildsJobEndsWithTheVersionThatReadersSee) {
    fill_wishes(25);
    const std::string job = rebuilt();
    EXPECT_EQ(end_of(job), R"(completed {"outcome": "readers see version 2"})");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionJobs, AFunctionOfTheShopThatRaisesFailsTheRebuildAndLeavesNothing) {
    sql("CREATE OR REPLACE FUNCTION barid_shop.projection_backfill(projection text, version int, "
        "after text, max_rows int, OUT next text, OUT done bigint) RETURNS SETOF record LANGUAGE "
        "plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$ BEGIN RAISE EXCEPTION "
        "'لا يوجد جدول' USING ERRCODE = '42P01'; END $$");
    const std::string job = rebuilt();
    EXPECT_EQ(end_of(job), "failed لا يوجد جدول");
    EXPECT_EQ(tables(), "1");
    EXPECT_EQ(state(), "idle");
    EXPECT_EQ(sql("SELECT error FROM barid.projections"), "لا يوجد جدول");
}

TEST_F(ProjectionJobs, ARollbackShowsTheKeptVersionWithAllThatHappenedSince) {
    wish("noura", "ROSE");
    deliver();
    rebuilt();
    wish("sam", "OUD");
    unwish("noura", "ROSE");
    deliver();
    const std::string job = sql("SELECT barid.projection_rollback('wishlist', 'huda', 'بطيء')");
    work();
    EXPECT_EQ(end_of(job), R"(completed {"active_version": 1})");
    EXPECT_EQ(versions(), "active 1 kept 2");
    EXPECT_EQ(seen(), "sam:OUD");
    // And forward again.
    wish("noura", "DATES");
    deliver();
    sql("SELECT barid.projection_rollback('wishlist', 'huda')");
    work();
    EXPECT_EQ(versions(), "active 2 kept 1");
    EXPECT_EQ(seen(), "noura:DATES sam:OUD");
    EXPECT_EQ(broken(), "");
    EXPECT_EQ(history(), "asked started swapped asked rolled_back asked rolled_back");
}

TEST_F(ProjectionJobs, ARollbackIsRefusedWithoutAKeptVersionAndDuringARebuild) {
    EXPECT_NE(refusal("SELECT barid.projection_rollback('wishlist', 'huda')")
                  .find("wishlist has no version to go back to"),
              std::string::npos);
    rebuilt();
    run_until(asked(), "filling");
    EXPECT_NE(refusal("SELECT barid.projection_rollback('wishlist', 'huda')")
                  .find("wishlist is being rebuilt by job"),
              std::string::npos);
}

TEST_F(ProjectionJobs, PruningForgetsOldEventsAndDropsWhatWasKeptLongEnough) {
    wish("noura", "ROSE");
    deliver();
    rebuilt();
    const std::string keys = sql("SELECT count(*) FROM barid.projection_inbox");
    sql("SELECT barid.enqueue('projection.prune')");
    work();
    EXPECT_EQ(sql("SELECT count(*) FROM barid.projection_inbox"), keys);
    EXPECT_EQ(tables(), "1 2");
    sql("UPDATE barid.projection SET kept_until = now() - interval '1 s'; "
        "UPDATE barid.projection_inbox SET applied_at = now() - interval '31 days' "
        "WHERE event_id IN (SELECT event_id FROM barid.projection_inbox LIMIT 5)");
    const std::string job = sql("SELECT barid.enqueue('projection.prune')");
    work();
    EXPECT_EQ(end_of(job),
              R"(completed {"wishlist": {"events": 5, "cleared": false, "dropped": true}})");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.projection_inbox"),
              std::to_string(std::stoi(keys) - 5));
    EXPECT_EQ(tables(), "2");
    EXPECT_EQ(versions(), "active 2");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionJobs, PruningGoesOnAfterAProjectionThatCanNotBePruned) {
    rebuilt();
    others["alerts"] = options;
    others["alerts"].target.name = "alerts";  // the shop has none of that name
    sql("INSERT INTO barid.projection (name, active_version, kept_version) VALUES ('alerts', 2, "
        "1); "
        "UPDATE barid.projection SET kept_until = now() - interval '1 s'");
    const std::string job = sql("SELECT barid.enqueue('projection.prune')");
    work();
    EXPECT_NE(end_of(job).find("failed alerts: "), std::string::npos) << end_of(job);
    EXPECT_NE(end_of(job).find("this shop has no projection"), std::string::npos) << end_of(job);
    EXPECT_EQ(tables(), "2");
}

TEST_F(ProjectionJobs, PruningClearsARebuildWhoseJobIsGone) {
    const JobClaim dead = asked();
    run_until(dead, "filling");
    settle(dead);
    sql("SELECT barid.projection_cancel('wishlist', 'huda', 'نسيناه')");
    work();
    EXPECT_EQ(state(), "idle");
    EXPECT_EQ(tables(), "1");
    EXPECT_EQ(sql("SELECT error FROM barid.projections"), "cancelled: نسيناه");
}

}  // namespace
}  // namespace barid::commerce
