// A stub server with a certificate of its own, a client that trusts it, and an io_context to run
// them on. Each test has its own server process, client and temporary directory.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "tests/support/child_process.hpp"

namespace barid::support {

class HttpTest : public ::testing::Test {
  protected:
    HttpTest();
    ~HttpTest() override;

    /// Runs a coroutine to its end and rethrows what it threw.
    template <class T>
    T run(awaitable<T> work);

    http::Response send(http::Request request) { return run(client->send(std::move(request))); }
    /// The Error that `send` throws; fails the test when it throws none.
    http::Error send_error(http::Request request);

    /// An answer's body as JSON.
    static json::value body_of(const http::Response& response) { return parse_json(response.body); }
    std::int64_t seen(const std::string& id);
    std::int64_t connections(const std::string& server);
    void replace_client(http::ClientOptions options);
    /// Runs the io_context until `finished`; throws when that takes too long.
    void run_until(const bool& finished);

    std::filesystem::path directory;
    std::string plain;  ///< "http://127.0.0.1:port", HTTP/1.1
    std::string tls1;   ///< "https://…", HTTP/1.1 only
    std::string tls2;   ///< "https://…", HTTP/2
    asio::io_context io{1};
    std::unique_ptr<http::CurlHttpClient> client;

  private:
    void make_certificate();

    std::unique_ptr<ChildProcess> server_;
};

template <class T>
T HttpTest::run(awaitable<T> work) {
    std::exception_ptr error;
    std::optional<T> result;
    bool finished = false;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
        error = e;
        if (!e) result.emplace(std::move(value));
        finished = true;
    });
    run_until(finished);
    if (error) std::rethrow_exception(error);
    return std::move(*result);
}

}  // namespace barid::support
