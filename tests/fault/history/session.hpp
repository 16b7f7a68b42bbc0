// A blocking database session of one thread, for producers and admins of the history test: it
// connects when it must, and tells an error that leaves the outcome open from a refusal.
#pragma once

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/private_postgres.hpp"

namespace barid::history {

using Param = std::optional<std::string>;
using Row = std::vector<std::string>;  ///< NULL is ""

class Session {
  public:
    explicit Session(std::string url) : url_(std::move(url)) {}

    /// Throws support::SqlError; the session is closed when the connection broke.
    std::vector<Row> query(const std::string& sql, const std::vector<Param>& params = {});
    /// The first column of the first row.
    std::string value(const std::string& sql, const std::vector<Param>& params = {});
    void close() { connection_.reset(); }

  private:
    struct Finish {
        void operator()(PGconn* c) const { PQfinish(c); }
        void operator()(PGresult* r) const { PQclear(r); }
    };
    void connect();

    std::string url_;
    std::unique_ptr<PGconn, Finish> connection_;
};

/// The server did not answer or was told to end the session: the statement may have committed.
bool outcome_is_open(const support::SqlError& error);

}  // namespace barid::history
