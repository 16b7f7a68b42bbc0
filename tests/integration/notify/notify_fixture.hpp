// A migrated database and the kind `notify.send`, run as the executor would run it, on a channel
// of the test's choice.
#pragma once

#include <gmock/gmock.h>

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "jobs/notify_broadcast.hpp"
#include "jobs/notify_send.hpp"
#include "tests/support/database.hpp"

namespace barid::support {

/// Answers as it is told; everything is accepted otherwise.
class FakeChannel final : public notify::NotificationChannel {
  public:
    explicit FakeChannel(asio::io_context& io) : io_(io) {}

    awaitable<notify::SendResult> send(const notify::Target& target,
                                       const notify::PushMessage& message) override;
    [[nodiscard]] std::size_t max_concurrency() const override { return 8; }

    [[nodiscard]] int sends_to(const std::string& target) const;

    std::vector<std::pair<notify::Target, notify::PushMessage>> sent;
    /// By target's text; consulted at each send.
    std::map<std::string, std::function<notify::SendResult()>> answers;
    int in_flight = 0;
    int max_in_flight = 0;

  private:
    asio::io_context& io_;
};

class NotifyTest : public ::testing::Test {
  protected:
    NotifyTest();

    struct Run {
        int attempt = 1;
        int max_attempts = 5;
        std::string claim = {};  ///< empty: a fresh one
        std::string kind = "notify.send";
    };
    /// One attempt of job `id`; a thrown Error becomes Fail or Retry, as in the executor.
    queue::Outcome run_job(std::int64_t id, const std::string& payload) {
        return run_job(id, payload, Run{});
    }
    queue::Outcome run_job(std::int64_t id, const std::string& payload, const Run& run);
    awaitable<queue::Outcome> attempt(std::int64_t id, std::string payload, Run run);
    /// Runs what is due in the queue, one after the other, at most `limit` times; returns how
    /// often.
    int run_due_jobs(int limit = 1000);
    queue::Outcome last_outcome = queue::Done{};
    /// Uses another channel from here on.
    void use(notify::NotificationChannel& other);

    std::string sql(const std::string& text) const { return database.sql(text); }
    void register_device(const std::string& user, const std::string& target,
                         const std::string& more = "");

    /// "state:reason" of the only delivery to `target`.
    std::string delivery_of(const std::string& target) const;
    std::string device_state(const std::string& target) const;

    TestDatabase database;
    IoFixture io;
    pg::Pool pool{io.io, io.blocking, database.options(), 8, {}};
    SystemClock clock;
    FakeChannel channel{io.io};
    std::function<bool()> cancelled = [] { return false; };

  private:
    std::unique_ptr<jobs::Registry> registry_;
};

template <class T>
bool is(const queue::Outcome& outcome) {
    return std::holds_alternative<T>(outcome);
}

/// The outcome's error or output, for messages and matching.
std::string text_of(const queue::Outcome& outcome);

}  // namespace barid::support
