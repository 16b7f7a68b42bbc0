#include "bench/worker_role.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "base/log.hpp"
#include "base/timeout.hpp"
#include "queue/migrate.hpp"
#include "worker/worker.hpp"

namespace barid::bench {
namespace {

using namespace std::chrono_literals;

std::string peak_kilobytes() {
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        if (line.starts_with("VmHWM:")) {
            return std::to_string(std::strtol(line.c_str() + 6, nullptr, 10));
        }
    }
    return "0";
}

double cpu_so_far() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void wait_for_end_of_input() {
    char byte = 0;
    while (read(STDIN_FILENO, &byte, 1) > 0) {
    }
}

pg::ConnectOptions connect_to(const std::string& url) {
    pg::ConnectOptions options;
    options.conninfo = Secret(url);
    return options;
}

class MeasuredWorker {
  public:
    explicit MeasuredWorker(const Role& role)
        : role_(role), pool_(io_, blocking_, connect_to(role.url), 4, {}), last_(io_) {
        registry_.add_raw(
            {.kind = "bench.noop"},
            [this](jobs::JobContext&, const json::value& payload) { return handle(payload); });
        last_.expires_at(asio::steady_timer::time_point::max());
        worker_ = std::make_unique<worker::Worker>(
            io_, blocking_, pool_, registry_,
            worker::WorkerOptions{
                .name = "bench", .queues = role.queues, .concurrency = role.concurrency},
            log::Logger());
    }

    int run() {
        int code = 1;
        asio::co_spawn(io_, measure(), [](const std::exception_ptr& e) {
            if (e) std::rethrow_exception(e);
        });
        began_ = std::chrono::steady_clock::now();
        asio::co_spawn(io_, worker_->run(), [&](const std::exception_ptr& e, bool clean) {
            if (e) std::rethrow_exception(e);
            code = clean ? 0 : 1;
            io_.stop();
        });
        io_.run();
        blocking_.join();
        return code;
    }

  private:
    awaitable<queue::Outcome> handle(const json::value& payload) {
        ++handled_;
        if (role_.name == "hold") co_await sleep_for(1h);
        if (handled_ % kWindow == 0) windows_.push_back(std::chrono::steady_clock::now());
        if (role_.name == "latency") {
            starts_.emplace_back(payload.at("n").as_int64(),
                                 std::chrono::steady_clock::now().time_since_epoch().count());
        }
        if (handled_ == role_.jobs) last_.cancel();
        co_return queue::Done{};
    }

    awaitable<void> measure() {
        if (role_.name != "drain") {
            while (!worker_->ready()) co_await sleep_for(2ms);
            fmt::print("READY\n");
            std::fflush(stdout);
        }
        while (handled_ < role_.jobs) co_await last_.async_wait(use_tuple);
        if (role_.name == "latency") {
            for (const auto& [n, at] : starts_) fmt::print("{} {}\n", n, at);
            fmt::print("END\n");
        } else if (role_.name == "windows") {
            for (const SteadyTime at : windows_) {
                fmt::print("{} ", std::chrono::duration<double>(at - began_).count());
            }
            fmt::print("\n");
        } else {
            co_await empty_table();
            const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began_;
            fmt::print("RESULT {} {} {}\n", took.count(), peak_kilobytes(), cpu_so_far());
        }
        std::fflush(stdout);
        wait_for_end_of_input();
        worker_->request_stop();
    }

    awaitable<void> empty_table() {
        while (true) {
            const auto rows = co_await pool_.execute("SELECT EXISTS (SELECT FROM barid.job)");
            if (!rows.one().get<bool>(0)) co_return;
            co_await sleep_for(1ms);
        }
    }

    const Role& role_;
    asio::io_context io_{1};
    ThreadPool blocking_{2};
    pg::Pool pool_;
    jobs::Registry registry_;
    std::unique_ptr<worker::Worker> worker_;
    asio::steady_timer last_;
    SteadyTime began_;
    static constexpr std::size_t kWindow = 20'000;
    std::vector<SteadyTime> windows_;
    std::size_t handled_ = 0;
    std::vector<std::pair<std::int64_t, std::int64_t>> starts_;
};

}  // namespace

int run_role(const Role& role) {
    log::init({.level = log::Level::warn});
    return MeasuredWorker(role).run();
}

void migrate(const std::string& url) {
    log::init({.level = log::Level::warn});
    asio::io_context io{1};
    ThreadPool blocking{1};
    pg::Pool pool(io, blocking, connect_to(url), 2, {});
    std::exception_ptr failure;
    asio::co_spawn(io, queue::migrate(pool, {}), [&](const std::exception_ptr& e, int) {
        failure = e;
        io.stop();
    });
    io.run();
    blocking.join();
    if (failure) std::rethrow_exception(failure);
}

}  // namespace barid::bench
