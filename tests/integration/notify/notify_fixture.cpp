#include "tests/integration/notify/notify_fixture.hpp"

#include <algorithm>

#include "base/crypto.hpp"

namespace barid::support {

awaitable<notify::SendResult> FakeChannel::send(const notify::Target& target,
                                                const notify::PushMessage& message) {
    sent.emplace_back(target, message);
    max_in_flight = std::max(max_in_flight, ++in_flight);
    co_await asio::post(io_, asio::use_awaitable);
    --in_flight;
    if (const auto answer = answers.find(target.target); answer != answers.end()) {
        co_return answer->second();
    }
    co_return notify::SendResult{.kind = notify::SendClass::accepted, .provider_id = "fake"};
}

int FakeChannel::sends_to(const std::string& target) const {
    return static_cast<int>(std::ranges::count_if(
        sent, [&](const auto& entry) { return entry.first.target == target; }));
}

NotifyTest::NotifyTest() {
    use(channel);
}

void NotifyTest::use(notify::NotificationChannel& other) {
    registry_ = std::make_unique<jobs::Registry>();
    jobs::NotifySendOptions options;
    options.worker = "test-worker";
    jobs::register_notify_send(*registry_, {pool, other, clock, options});
    jobs::register_notify_broadcast(*registry_, pool, clock, {.chunk_size = 10});
}

awaitable<queue::Outcome> NotifyTest::attempt(std::int64_t id, std::string payload, Run run) {
    queue::Job job;
    job.id = id;
    job.kind = run.kind;
    job.payload = std::move(payload);
    job.attempt = run.attempt;
    job.max_attempts = run.max_attempts;
    job.claim_id = run.claim.empty() ? random_uuid() : run.claim;
    jobs::JobContext context{.job = job,
                             .log = {},
                             .deadline = SteadyTime::clock::now() + std::chrono::minutes(1),
                             .progress = {},
                             .cancelled = cancelled};
    try {
        const json::value value = parse_json(job.payload);
        co_return co_await registry_->find(job.kind)->run(context, value);
    } catch (const Error& error) {
        if (!error.transient()) co_return queue::Fail{error.what()};
        queue::Retry retry;
        retry.error = error.what();
        co_return retry;
    }
}

queue::Outcome NotifyTest::run_job(std::int64_t id, const std::string& payload, const Run& run) {
    return io.run(attempt(id, payload, run), std::chrono::seconds(60));
}

int NotifyTest::run_due_jobs(int limit) {
    int runs = 0;
    for (; runs < limit; ++runs) {
        const std::string row =
            sql("SELECT id || ' ' || kind || ' ' || payload FROM barid.job "
                "WHERE run_at <= now() ORDER BY priority, id LIMIT 1");
        if (row.empty()) break;
        const std::size_t first = row.find(' ');
        const std::size_t second = row.find(' ', first + 1);
        const std::int64_t id = std::stoll(row.substr(0, first));
        last_outcome = run_job(id, row.substr(second + 1),
                               {.kind = row.substr(first + 1, second - first - 1)});
        const std::string where = " WHERE id = " + std::to_string(id);
        if (const auto* later = std::get_if<queue::Snooze>(&last_outcome)) {
            sql("UPDATE barid.job SET run_at = now() + interval '" +
                std::to_string(later->delay.count()) + " ms'" + where);
        } else if (std::get_if<queue::Retry>(&last_outcome) != nullptr) {
            sql("UPDATE barid.job SET run_at = now() + interval '1 minute'" + where);
        } else {
            sql("DELETE FROM barid.job" + where);
        }
    }
    return runs;
}

void NotifyTest::register_device(const std::string& user, const std::string& target,
                                 const std::string& more) {
    sql("SELECT barid.register_device('" + user + "', '" + target + "', 'android'" + more + ")");
}

std::string NotifyTest::delivery_of(const std::string& target) const {
    return sql(
        "SELECT d.state || ':' || coalesce(d.reason, '') FROM barid.delivery d "
        "JOIN barid.device v ON v.id = d.device_id WHERE v.target = '" +
        target + "'");
}

std::string NotifyTest::device_state(const std::string& target) const {
    return sql("SELECT state FROM barid.device WHERE target = '" + target + "'");
}

std::string text_of(const queue::Outcome& outcome) {
    if (const auto* done = std::get_if<queue::Done>(&outcome)) return done->output;
    if (const auto* retry = std::get_if<queue::Retry>(&outcome)) return retry->error;
    if (const auto* fail = std::get_if<queue::Fail>(&outcome)) return fail->error;
    return "another outcome";
}

}  // namespace barid::support
