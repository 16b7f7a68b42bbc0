// A PostgreSQL server of a test's own, on a free TCP port, that can be crashed and started again.
//
// The data directory is temporary and goes with the object; the postmaster is a child of the test
// and dies with it. Run by root, the server runs as an unprivileged user. The database `postgres`
// is migrated. Use it from the thread that made it.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "queue/pg/connection.hpp"
#include "tests/support/child_process.hpp"

namespace barid::support {

class PrivatePostgres {
  public:
    /// `settings` go to the server as `-c name=value`, after the defaults (no fsync).
    explicit PrivatePostgres(std::vector<std::string> settings = {});
    /// A streaming standby of `primary`, made by pg_basebackup.
    struct StandbyOf {
        const PrivatePostgres& primary;
    };
    explicit PrivatePostgres(StandbyOf of);
    ~PrivatePostgres();
    PrivatePostgres(const PrivatePostgres&) = delete;
    PrivatePostgres& operator=(const PrivatePostgres&) = delete;

    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// A superuser's connection string, through `port` (a gate's) or the server's own.
    [[nodiscard]] std::string url(std::uint16_t port = 0) const;

    /// What `pg_ctl stop -m immediate` does: every session ends at once, nothing is flushed.
    void crash();
    /// SIGKILL to the postmaster alone, as the out-of-memory killer does it: its children find out
    /// and leave by themselves.
    void kill_postmaster();
    /// SIGKILL to the postmaster and all its children, at once: nothing more is flushed.
    void kill_everything();
    /// Starts the server again and waits until it takes connections.
    void start();

  private:
    std::vector<std::string> settings_;
    std::filesystem::path directory_;
    std::uint16_t port_ = 0;
    std::unique_ptr<ChildProcess> server_;
};

/// Runs SQL on a blocking connection of its own and returns the first column of the first row (""
/// for no row or NULL). Throws SqlError.
std::string query(const std::string& url, const std::string& sql);

class SqlError : public std::runtime_error {
  public:
    SqlError(std::string sqlstate, const std::string& message)
        : std::runtime_error(message), sqlstate_(std::move(sqlstate)) {}
    /// Empty when there was no connection.
    [[nodiscard]] const std::string& sqlstate() const { return sqlstate_; }

  private:
    std::string sqlstate_;
};

}  // namespace barid::support
