// A migrated database with what the tests of the SQL functions share. Each Session is one
// connection, so that two can race; errors come back as text.
#pragma once

#include <gmock/gmock.h>
#include <libpq-fe.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/database.hpp"

namespace barid::support {

/// The first column of the first row, or the error.
class Session {
  public:
    explicit Session(const std::string& url) : connection_(PQconnectdb(url.c_str()), PQfinish) {}

    std::string operator()(const std::string& text) {
        const std::unique_ptr<PGresult, decltype(&PQclear)> result(
            PQexec(connection_.get(), text.c_str()), PQclear);
        if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR) {
            return PQresultErrorMessage(result.get());
        }
        return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
    }
    [[nodiscard]] int pid() const { return PQbackendPID(connection_.get()); }

  private:
    std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class DecisionTest : public testing::Test {
  protected:
    std::string sql(const std::string& text) const { return database.sql(text); }
    /// The error that `text` raises; "" when it raises none.
    std::string error_of(const std::string& text) const {
        try {
            sql(text);
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
    /// Until `session` waits for another's lock; false when it doesn't within ten seconds.
    bool waits_for_lock(const Session& session) const {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        while (std::chrono::steady_clock::now() < deadline) {
            if (sql("SELECT cardinality(pg_blocking_pids(" + std::to_string(session.pid()) +
                    ")) > 0") == "t") {
                return true;
            }
            std::this_thread::yield();
        }
        return false;
    }
    /// An English notification; the SQL of the call.
    static std::string notify(const std::string& user, const std::string& more = "") {
        return "SELECT barid.notify('" + user +
               R"(', title => '{"en": "Hello"}', body => '{"en": "There"}')" + more + ")";
    }
    TestDatabase database;
};

}  // namespace barid::support
