// The primary dies, its synchronous standby is promoted, and workers and producers that know both
// addresses go on by themselves.
#include <poll.h>

#include <atomic>
#include <mutex>
#include <thread>

#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;
using support::PrivatePostgres;
using support::query;
using support::SqlError;

/// A shop that enqueues until it is told to stop, and keeps the ids that were acknowledged.
class Shop {
  public:
    explicit Shop(std::string url)
        : thread_([this, url = std::move(url)] {
              while (!stop_) {
                  try {
                      const std::string id = query(
                          url,
                          "SELECT barid.enqueue('effect', '{\"ms\": 5}', max_attempts => 100)");
                      const std::lock_guard lock(mutex_);
                      acknowledged_.push_back(id);
                  } catch (const SqlError&) {
                      ::poll(nullptr, 0, 20);  // a shop tries again
                  }
              }
          }) {}
    ~Shop() { finish(); }
    std::vector<std::string> finish() {
        stop_ = true;
        if (thread_.joinable()) thread_.join();
        return acknowledged_;
    }
    std::size_t acknowledged() {
        const std::lock_guard lock(mutex_);
        return acknowledged_.size();
    }

  private:
    std::atomic<bool> stop_{false};
    std::mutex mutex_;
    std::vector<std::string> acknowledged_;
    std::thread thread_;
};

TEST(Failover, WorkersGoOnAtThePromotedStandbyAndNothingCommittedIsLost) {
    PrivatePostgres primary;
    PrivatePostgres standby(PrivatePostgres::StandbyOf{primary});
    query(primary.url(), "ALTER SYSTEM SET synchronous_standby_names = '*'");
    query(primary.url(), "SELECT pg_reload_conf()");
    ASSERT_TRUE(wait_until(
        [&] {
            return query(primary.url(), "SELECT sync_state FROM pg_stat_replication") == "sync";
        },
        20s));
    const std::string both = "postgresql://postgres@127.0.0.1:" + std::to_string(primary.port()) +
                             ",127.0.0.1:" + std::to_string(standby.port()) +
                             "/postgres?target_session_attrs=read-write";
    Fleet fleet(both, {.concurrency = 8});
    for (int i = 0; i < 2; ++i) fleet.start();
    const int holds = 6;
    fleet.sql(
        "SELECT count(barid.enqueue('hold', '{\"ms\": 6000}', max_attempts => 100)) "
        "FROM generate_series(1, " +
        std::to_string(holds) + ")");
    // Claims are written asynchronously: these long ones have reached the standby.
    ASSERT_TRUE(wait_until(
        [&] {
            return query(standby.url(),
                         "SELECT count(*) FROM barid.job WHERE kind = 'hold' "
                         "AND state = 'running'") == std::to_string(holds);
        },
        20s));
    Shop shop(both);
    ASSERT_TRUE(wait_until([&] { return shop.acknowledged() >= 100; }, 30s));

    primary.crash();
    query(standby.url(), "SELECT pg_promote()");
    const std::size_t before = shop.acknowledged();
    ASSERT_TRUE(wait_until([&] { return shop.acknowledged() >= before + 100; }, 30s))
        << "the shop cannot enqueue at the new primary";
    const auto acknowledged = shop.finish();

    ASSERT_TRUE(fleet.wait_for_live(0, 60s)) << fleet.live_jobs() << " jobs are left";
    std::string ids;
    for (const std::string& id : acknowledged) ids += (ids.empty() ? "" : ",") + id;
    EXPECT_EQ(fleet.count("SELECT count(*) FROM barid.job_history WHERE state = 'completed' "
                          "AND id = ANY ('{" +
                          ids + "}')"),
              static_cast<long>(acknowledged.size()))
        << "a job whose enqueue was acknowledged is lost";
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT job_id) FROM public.effect WHERE job_id = "
                          "ANY ('{" +
                          ids + "}')"),
              static_cast<long>(acknowledged.size()));
    EXPECT_EQ(fleet.count("SELECT count(DISTINCT job_id) FROM public.run"), holds);
    fleet.expect_no_overlap();
    for (std::size_t i = 0; i < fleet.size(); ++i) EXPECT_TRUE(fleet.alive(i)) << fleet.name(i);
    ASSERT_TRUE(
        wait_until([&] { return fleet.count("SELECT count(*) FROM barid.worker") == 2; }, 20s));
    fleet.stop_all();
    fleet.expect_nothing_left();
}

}  // namespace
}  // namespace barid::fault
