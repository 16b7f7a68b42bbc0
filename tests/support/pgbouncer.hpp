// A real PgBouncer of a test's own in front of a test server, on a free port.
//
// Its sessions take turns (`server_round_robin`), so that in transaction mode two statements of one
// client rarely meet the same session: what relies on a session's state fails at once. It is a
// child of the test and dies with it. Use it from the thread that made it.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

#include "tests/support/child_process.hpp"

namespace barid::support {

class PgBouncer {
  public:
    enum class Mode { session, transaction, statement };

    /// In front of the server of `url`, with at most `sessions` sessions to each database.
    PgBouncer(const std::string& url, Mode mode, int sessions = 4);
    ~PgBouncer();
    PgBouncer(const PgBouncer&) = delete;
    PgBouncer& operator=(const PgBouncer&) = delete;

    /// The same database through the bouncer.
    [[nodiscard]] const std::string& url() const { return url_; }

  private:
    std::filesystem::path directory_;
    std::string url_;
    std::unique_ptr<ChildProcess> process_;
};

}  // namespace barid::support
