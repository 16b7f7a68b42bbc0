#include "worker/demo.hpp"

#include <fmt/format.h>

#include <chrono>
#include <ranges>

#include "base/timeout.hpp"
#include "worker/demo_report.hpp"
#include "worker/demo_shop.hpp"
#include "worker/demo_work.hpp"
#include "worker/dev_worker.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

/// For all of the work; what is left of three minutes is for looking at it.
constexpr auto kWorkLimit = 160s;
constexpr const char* kDoomed = "doomed-worker";

struct Counts {
    std::int64_t ended = 0;
    std::int64_t running = 0;
    std::int64_t waiting = 0;
    std::int64_t rescued = 0;
    [[nodiscard]] std::int64_t open() const { return running + waiting; }
};

class Demo {
  public:
    explicit Demo(DemoParts parts)
        : parts_(std::move(parts)), pool_(parts_.platform.pool()), out_(parts_.out) {}

    awaitable<bool> run();

  private:
    awaitable<bool> until(std::string what, std::string sql, pg::Params params);
    awaitable<bool> kill_a_worker();
    awaitable<Counts> count();
    awaitable<bool> watch();
    [[nodiscard]] bool over() const { return std::chrono::steady_clock::now() > deadline_; }

    DemoParts parts_;
    pg::Pool& pool_;
    DemoOutput& out_;
    DemoFacts facts_;
    std::chrono::steady_clock::time_point deadline_ = std::chrono::steady_clock::now() + kWorkLimit;
};

/// Waits for a query's answer to turn true.
awaitable<bool> Demo::until(std::string what, std::string sql, pg::Params params) {
    while (!parts_.stopped()) {
        const pg::Result answer = co_await pool_.execute(sql, params);
        if (answer.one().get<bool>(0)) co_return true;
        if (over()) {
            out_.milestone("gave up waiting until " + what);
            co_return false;
        }
        co_await sleep_for(20ms);
    }
    co_return false;
}

/// The other process takes the slow jobs, and dies with them in its hands.
awaitable<bool> Demo::kill_a_worker() {
    WorkerProcess doomed(parts_.settings, kDoomed, kSlowQueue, parts_.directory.log(kDoomed));
    facts_.slow_jobs = co_await enqueue_slow(pool_, facts_.run);
    if (!co_await until("the second worker process runs its jobs",
                        R"(SELECT count(*) = cardinality($1::bigint[]) FROM barid.job
                           WHERE id = ANY ($1) AND state = 'running')",
                        pg::Params(facts_.slow_jobs))) {
        co_return false;
    }
    out_.milestone(fmt::format("a second worker process (pid {}) runs {} slow jobs", doomed.pid(),
                               facts_.slow_jobs.size()));
    parts_.start_worker();
    co_await enqueue_work(pool_, facts_.run, facts_.pictures);
    co_await trade_in_demo_shop(pool_, facts_.run);
    out_.milestone(
        fmt::format("enqueued by SQL: notifications, translations, {} pictures, a job "
                    "that fails twice, one that never works; two orders and some wishes",
                    facts_.pictures.size()));
    if (!co_await until("this process's worker is ready",
                        "SELECT count(*) > 0 FROM barid.worker WHERE name <> $1",
                        pg::Params(kDoomed))) {
        co_return false;
    }
    facts_.killed_at =
        std::chrono::time_point_cast<SystemTime::duration>(std::chrono::system_clock::now());
    facts_.killed = doomed.kill();
    out_.milestone(
        fmt::format("SIGKILL to the second worker process (pid {}) in mid-job", doomed.pid()));
    co_return true;
}

awaitable<Counts> Demo::count() {
    const pg::Result result = co_await pool_.execute(
        R"(SELECT count(*) FILTER (WHERE j.finished_at IS NOT NULL),
                  count(*) FILTER (WHERE j.state = 'running'),
                  count(*) FILTER (WHERE j.state IN ('waiting', 'parked')),
                  (SELECT count(DISTINCT l.job_id) FROM barid.rescue_log l
                   WHERE l.job_id = ANY ($2::bigint[]))
           FROM barid.jobs j WHERE j.request_id = $1)",
        pg::Params(facts_.run.request_id, facts_.slow_jobs));
    const pg::Row row = result.one();
    co_return Counts{.ended = row.get<std::int64_t>(0),
                     .running = row.get<std::int64_t>(1),
                     .waiting = row.get<std::int64_t>(2),
                     .rescued = row.get<std::int64_t>(3)};
}

/// True when every job has ended in time.
awaitable<bool> Demo::watch() {
    bool rescue_shown = false;
    while (!parts_.stopped()) {
        const Counts counts = co_await count();
        if (!rescue_shown && counts.rescued > 0) {
            rescue_shown = true;
            const std::chrono::duration<double> since =
                std::chrono::system_clock::now() - facts_.killed_at;
            out_.milestone(
                fmt::format("{} jobs of the killed process were taken back {:.1f} s "
                            "after its death (its lease lasted {} s)",
                            counts.rescued, since.count(), facts_.lease_ttl.count() / 1000));
        }
        if (counts.open() == 0) {
            out_.milestone(fmt::format("all {} jobs have ended", counts.ended));
            co_return true;
        }
        if (over()) {
            out_.milestone(fmt::format("out of time with {} jobs still open", counts.open()));
            co_return false;
        }
        out_.counts(fmt::format("{} of {} jobs ended, {} running, {} waiting", counts.ended,
                                counts.ended + counts.open(), counts.running, counts.waiting));
        co_await sleep_for(250ms);
    }
    co_return false;
}

awaitable<bool> Demo::run() {
    facts_.run = co_await begin_demo_run(pool_);
    facts_.lease_ttl = parts_.settings.worker.lease_ttl;
    facts_.widths = parts_.settings.media.widths;
    facts_.formats = parts_.settings.media.formats;
    facts_.pictures = find_shared_pictures();
    const bool shared = !facts_.pictures.empty();
    if (!shared) facts_.pictures = draw_pictures(parts_.directory.pictures());
    co_await set_up_shop(pool_, facts_.run);
    co_await open_demo_shop(pool_, facts_.run);
    out_.milestone(fmt::format("a small shop: 5 users, 6 devices, EN and AR; {} pictures {}",
                               facts_.pictures.size(),
                               shared ? "of shared/images" : "drawn for the occasion"));
    if (co_await kill_a_worker()) facts_.in_time = co_await watch();
    if (parts_.stopped()) {
        out_.milestone("stopped before the end");
        co_return false;
    }
    co_return co_await report_demo(parts_.platform, facts_, out_);
}

}  // namespace

awaitable<bool> run_demo(DemoParts parts) {
    Demo demo(std::move(parts));
    co_return co_await demo.run();
}

}  // namespace barid::worker
