#include "worker/database_worker.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr std::chrono::milliseconds kFirstPause = 500ms;
constexpr std::chrono::milliseconds kLongestPause = 15s;

log::Logger logger_for(const std::string& name) {
    const log::Logger logger;
    return name.empty() ? logger : logger.with({{"database", name}});
}

}  // namespace

DatabaseWorker::DatabaseWorker(asio::io_context& io, ThreadPool& blocking,
                               const config::Settings& settings, const trace::Tracer& tracer)
    : io_(io),
      blocking_(blocking),
      name_(settings.database.name),
      log_(logger_for(name_)),
      platform_(io, blocking, settings, log_, tracer),
      options_(worker_options(settings)),
      pause_(io) {
    options_.tracer = &tracer;
    options_.before_work = [this] { return platform_.check_shop(); };
}

awaitable<bool> DatabaseWorker::run() {
    auto pause = kFirstPause;
    while (stops_ == 0) {
        try {
            // Among several, one that is away is asked once: nobody waits for it at the end.
            if (!name_.empty()) co_await platform_.pool().acquire(0ms);
            if (stops_ > 0) break;
            worker_ = std::make_unique<Worker>(io_, blocking_, platform_.pool(),
                                               platform_.registry(), options_, log_);
            failure_.clear();
            co_return co_await worker_->run();
        } catch (const Error& e) {
            if (name_.empty()) throw;
            failure_ = e.what();
        }
        worker_.reset();
        log_.error("no work on this database for now", {{"error", failure_}, {"retry_in", pause}});
        co_await wait(pause);
        pause = std::min(pause * 2, kLongestPause);
    }
    co_return true;
}

awaitable<void> DatabaseWorker::wait(std::chrono::milliseconds pause) {
    if (stops_ > 0) co_return;
    pause_.expires_after(pause);
    co_await pause_.async_wait(use_tuple);
}

void DatabaseWorker::request_stop() {
    ++stops_;
    pause_.cancel();
    if (worker_) worker_->request_stop();
}

std::string DatabaseWorker::problem() const {
    if (worker_ && worker_->ready()) return {};
    const std::string what = failure_.empty() ? "the lease is not held" : failure_;
    return name_.empty() ? what : fmt::format("database {}: {}", name_, what);
}

}  // namespace barid::worker
