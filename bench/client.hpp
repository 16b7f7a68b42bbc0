// A blocking PostgreSQL session for producers, yardsticks and set-up; one thread at a time.
//
// Blocking on purpose: what a producer feels is measured without an event loop in between.
#pragma once

#include <memory>
#include <string>
#include <vector>

struct pg_conn;

namespace barid::bench {

class Client {
  public:
    /// Throws std::runtime_error, as everything here does.
    explicit Client(const std::string& url);
    ~Client();
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    using Rows = std::vector<std::vector<std::string>>;  ///< "" for NULL
    /// Several statements, each its own transaction only when sent apart; the last one's rows.
    Rows script(const std::string& sql);
    /// One value, "" when there is none.
    std::string value(const std::string& sql);
    void prepare(const std::string& name, const std::string& sql);
    Rows run(const std::string& name, const std::vector<std::string>& params = {});

  private:
    struct Finish {
        void operator()(pg_conn* conn) const noexcept;
    };
    std::unique_ptr<pg_conn, Finish> conn_;
};

/// The same server's other database.
std::string with_database(const std::string& url, const std::string& database);

}  // namespace barid::bench
