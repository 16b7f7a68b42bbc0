// How an idle worker learns that there is work, without a NOTIFY for every commit.
//
// While idle, the worker holds a shared advisory lock ("flag") for each of its queues on a session
// that LISTENs; producers NOTIFY only when they find a flag held (see barid.wake). After raising
// the flags it must look once more, in a statement that begins after a transaction id of its own
// was drawn: producers older than that id may have looked before the flag was up, and as long as
// one runs, sleeping is not safe and the worker polls (checked as a spin model).
// In `poll` mode (behind a transaction-pooling PgBouncer) there is no session to listen on.
// The session pings itself: a half-open connection is found within 10 s. Io thread only.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/log.hpp"
#include "queue/claim_cursor.hpp"
#include "queue/pg/connection.hpp"

namespace barid::queue {

enum class WakeupMode { listen, poll };

class Wakeup {
  public:
    Wakeup(asio::io_context& io, ThreadPool& blocking, pg::ConnectOptions options, WakeupMode mode,
           log::Logger logger);

    /// The service: keeps the listening session alive until cancelled. Returns at once in poll
    /// mode.
    awaitable<void> run();

    struct Look {
        bool listening = false;  ///< a session listens; without it nothing else is known
        bool due = false;        ///< there is work: claim again
        bool quiet = false;      ///< flags are up and nobody older runs: sleeping is safe
        std::optional<std::chrono::milliseconds> next_due;
    };
    /// Raises the flags of these rows' queues and looks. Without a session: not quiet.
    awaitable<Look> prepare(const std::vector<CursorRow>& rows);

    /// Lowers the flags: this worker is busy and need not be told. Cheap, doesn't wait.
    void lower();

    /// Sleeps until a notification or `limit`; true when notified (also when it came before).
    awaitable<bool> wait(std::chrono::milliseconds limit);
    /// Wakes the sleeper from inside the process (a slot became free, shutdown).
    void poke();

    /// Told (io thread) the id of a running job that somebody wants cancelled.
    std::function<void(std::int64_t job_id)> on_cancel;
    /// Told (io thread) that schedules were changed, or may have been.
    std::function<void()> on_schedule;

  private:
    awaitable<void> raise(pg::Connection& connection, const std::vector<CursorRow>& rows);
    void heard(const pg::Notification& notification);

    ThreadPool& blocking_;
    pg::ConnectOptions options_;
    WakeupMode mode_;
    log::Logger log_;
    std::shared_ptr<pg::Connection> connection_;  ///< shared with a look that is under way
    std::vector<std::string> raised_;             ///< queues whose flags this session holds
    std::string barrier_;                         ///< the xid drawn after they were raised
    bool passed_ = false;                         ///< nobody older than the barrier runs any more
    bool signalled_ = false;
    asio::steady_timer sleeper_;
};

}  // namespace barid::queue
