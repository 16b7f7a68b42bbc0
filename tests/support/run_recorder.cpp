#include "tests/support/run_recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

#include "base/timeout.hpp"

namespace barid::support {
namespace {

using namespace std::chrono_literals;

std::int64_t now() {
    return std::chrono::steady_clock::now().time_since_epoch().count();
}

std::string text_of(const json::object& object, std::string_view key, std::string fallback) {
    const json::value* value = object.if_contains(key);
    return value != nullptr ? std::string(value->as_string()) : fallback;
}

int number_of(const json::object& object, std::string_view key, int fallback) {
    const json::value* value = object.if_contains(key);
    return value != nullptr ? value->to_number<int>() : fallback;
}

}  // namespace

RunRecorder::RunRecorder(std::string worker_name) : name_(std::move(worker_name)) {
    const char* path = std::getenv("BARID_HISTORY_FILE");
    if (path != nullptr) file_ = ::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

RunRecorder::~RunRecorder() {
    if (file_ >= 0) ::close(file_);
}

void RunRecorder::write(const std::string& line) const {
    if (file_ < 0) return;
    const auto written = ::write(file_, line.data(), line.size());
    if (written != static_cast<ssize_t>(line.size())) std::abort();  // the history is worthless
}

void RunRecorder::note_lease(const worker::Worker& worker) {
    const std::int64_t lease = worker.lease_id();
    const std::int64_t deadline = worker.lease_deadline().time_since_epoch().count();
    if (lease == 0 || (lease == lease_ && deadline == deadline_)) return;
    lease_ = lease;
    deadline_ = deadline;
    write(fmt::format("B {} {} {}\n", name_, lease, deadline));
}

awaitable<void> RunRecorder::follow(const worker::Worker& worker) {
    worker_ = &worker;
    do {
        note_lease(worker);
    } while (co_await sleep_for(20ms));
}

awaitable<queue::Outcome> RunRecorder::run(jobs::JobContext& context, const json::value& payload) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    const queue::Job& job = context.job;
    const json::object& object = payload.as_object();
    note_lease(*worker_);
    write(fmt::format("S {} {} {} {} {} {} {}\n", name_, queue::worker_of_claim(job.claim_id),
                      job.id, job.attempt, job.claim_id, text_of(object, "ref", "-"), now()));
    const auto until =
        std::chrono::steady_clock::now() + std::chrono::milliseconds(number_of(object, "ms", 0));
    while (!context.cancelled() && std::chrono::steady_clock::now() < until)
        co_await sleep_for(5ms);
    const std::string then = text_of(object, "then", "done");
    if (then == "kill" && !context.cancelled()) {
        write(fmt::format("K {} {}\n", name_, now()));
        std::raise(SIGKILL);
    }
    std::string how = "stopped";
    queue::Outcome result = queue::Done{};
    if (!context.cancelled()) {
        result = outcome(then, job.attempt, number_of(object, "times", 1), how);
    }
    write(fmt::format("E {} {} {} {} {}\n", name_, job.id, job.claim_id, how, now()));
    if (how == "stopped") throw boost::system::system_error(asio::error::operation_aborted);
    if (then == "throw" && how == "retry") throw std::runtime_error("the shop's server hung up");
    co_return result;
}

queue::Outcome RunRecorder::outcome(const std::string& then, int attempt, int times,
                                    std::string& how) {
    how = "retry";
    if ((then == "retry" || then == "throw") && attempt <= times) {
        return queue::Retry{.error = "not yet: لم يحن الوقت", .after = {}};
    }
    how = "failed";
    if (then == "fail") return queue::Fail{"never: مستحيل"};
    if (then == "nul") return queue::Done{R"({"text": "a\u0000b"})"};
    how = "snoozed";
    if (then == "snooze" && ++snoozes_ % 2 == 1) return queue::Snooze{30ms};
    how = "done";
    if (then == "output") return queue::Done{R"({"title": "شحنة رقم ١٢ وصلت"})"};
    return queue::Done{};
}

}  // namespace barid::support
