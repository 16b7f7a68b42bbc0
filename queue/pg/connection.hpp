// One PostgreSQL session on libpq, driven by the io thread, always in pipeline mode.
//
// Any number of coroutines may `execute` on one connection at once: statements are sent at once
// and answered in order, each in its own implicit transaction (a Sync follows each one), so that
// an error of one leaves the others alone. For BEGIN … COMMIT nobody else may use the connection:
// take one of your own from the Pool (which must not have settings without session state).
//
// A statement that misses its deadline, or whose coroutine is cancelled, is cancelled on the
// server and the connection is broken for good: what it did is unknown. So is everything after a
// lost connection. Not thread-safe: create, use and destroy it on the io thread.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/asio.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "base/secret.hpp"
#include "queue/pg/params.hpp"
#include "queue/pg/result.hpp"
#include "queue/pg/statement_text.hpp"

namespace barid::pg {

struct ConnectOptions {
    /// What libpq takes: a URI or keywords; several hosts and `target_session_attrs` are honoured.
    Secret conninfo;
    std::string application_name = "barid";
    std::chrono::milliseconds host_timeout{5'000};  ///< for each address tried
    std::chrono::milliseconds statement_deadline{30'000};
    /// What the program's SQL calls `barid`: see statement_text.hpp.
    std::string schema{kDefaultSchema};
    /// Hold for every statement.
    std::vector<Setting> settings;
    /// Off behind a transaction-pooling PgBouncer, where each transaction may meet another session:
    /// nothing is prepared, and the settings go along with each statement, in its transaction.
    bool session_state = true;
};

struct Notification {
    std::string channel;
    std::string payload;
};

class Connection {
  public:
    /// Tries every host and address in order, then throws Error with what each one said.
    /// Name look-ups and cancel requests run on `blocking`.
    static awaitable<std::unique_ptr<Connection>> connect(ThreadPool& blocking,
                                                          ConnectOptions options,
                                                          log::Logger logger);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Runs one statement; it is prepared the first time, by its text. `sql` is copied.
    awaitable<Result> execute(std::string_view sql, Params params = {});
    awaitable<Result> execute(std::string_view sql, Params params,
                              std::chrono::milliseconds deadline);

    /// Changes one of the settings for all statements that follow.
    awaitable<void> set(std::string name, std::string value);

    /// Sends a statement now and ignores its answer and its error.
    void send_and_forget(std::string_view sql);

    /// Runs a script of several statements (migrations), without parameters, all in one implicit
    /// transaction unless it holds its own. Nobody else may use the connection meanwhile.
    awaitable<Result> execute_script(const std::string& sql, std::chrono::milliseconds deadline);

    /// False once the session is lost or a statement was abandoned.
    [[nodiscard]] bool usable() const;
    [[nodiscard]] int server_version() const;  ///< 150018 for 15.18
    [[nodiscard]] int backend_pid() const;
    /// Statements that were sent and not answered yet.
    [[nodiscard]] std::size_t in_flight() const;

    /// Called on the io thread for each NOTIFY that arrives.
    void on_notification(std::function<void(const Notification&)> callback);
    /// Called once, on the io thread, when the session is lost.
    void on_lost(std::function<void()> callback);

  private:
    struct Impl;
    explicit Connection(std::shared_ptr<Impl> impl);
    awaitable<void> apply_settings();
    std::shared_ptr<Impl> impl_;
};

}  // namespace barid::pg
