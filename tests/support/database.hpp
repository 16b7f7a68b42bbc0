// A database of its own for each test: cloned from a template that holds the migrated schema
// (0.06 s), dropped when the test ends.
//
// With BARID_TEST_SCHEMA set, everything is in that schema; tests go on to write `barid`.
//
// The server is the one that BARID_TEST_DATABASE_URL names (a superuser's connection string;
// `scripts/test` starts it). Without the variable the first use in the process starts a private
// server in a temporary directory, as an unprivileged user when run by root, and stops it at exit.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/asio.hpp"
#include "base/run_on.hpp"
#include "queue/pg/pool.hpp"

namespace barid::support {

enum class Schema { migrated, empty };

class TestDatabase {
  public:
    explicit TestDatabase(Schema schema = Schema::migrated);
    /// As `prepare` left a migrated one that all processes share. `made_of` is everything that
    /// this depends on: with other text it is made anew.
    TestDatabase(const std::string& made_of,
                 const std::function<void(const TestDatabase&)>& prepare);
    ~TestDatabase();
    TestDatabase(const TestDatabase&) = delete;

    /// A libpq connection string to this test's database, as a superuser.
    [[nodiscard]] const std::string& url() const { return url_; }
    [[nodiscard]] pg::ConnectOptions options() const;

    /// Runs SQL on a blocking connection of its own and returns the first column of the first row
    /// ("" for no row or NULL). For arranging and asserting; throws std::runtime_error.
    std::string sql(const std::string& text) const;

  private:
    void clone(const std::string& source);

    std::string name_;
    std::string url_;
};

/// An io_context with a blocking pool; `run(coroutine)` runs it to its end, with a deadline of
/// `limit`, and rethrows what it threw.
class IoFixture {
  public:
    IoFixture();
    ~IoFixture();

    template <class T>
    T run(awaitable<T> work, std::chrono::seconds limit = std::chrono::seconds(30));

    asio::io_context io{1};
    ThreadPool blocking{2};
};

template <class T>
T IoFixture::run(awaitable<T> work, std::chrono::seconds limit) {
    std::exception_ptr error;
    bool finished = false;
    io.restart();
    const auto stop_when_done = [&](std::exception_ptr e) {
        error = e;
        finished = true;
        io.stop();
    };
    if constexpr (std::is_void_v<T>) {
        asio::co_spawn(io, std::move(work), stop_when_done);
        io.run_for(limit);
        if (!finished) throw std::runtime_error("the coroutine did not finish in time");
        if (error) std::rethrow_exception(error);
    } else {
        std::optional<T> result;
        asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
            if (!e) result.emplace(std::move(value));
            stop_when_done(e);
        });
        io.run_for(limit);
        if (!finished) throw std::runtime_error("the coroutine did not finish in time");
        if (error) std::rethrow_exception(error);
        return std::move(*result);
    }
}

}  // namespace barid::support
