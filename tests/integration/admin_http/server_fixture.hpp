// A server on a thread of its own, for tests that talk to it over real sockets.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <boost/asio/executor_work_guard.hpp>
#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "admin/http/server.hpp"
#include "tests/integration/admin_http/raw_client.hpp"

namespace barid::web {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

/// A server on a thread of its own, over a directory with two pictures.
class AdminHttp : public testing::Test {
  protected:
    AdminHttp() {
        auto pattern = (fs::temp_directory_path() / "barid-test.XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no directory");
        root = pattern;
        files = std::make_shared<const media::LocalDirectory>((root / "media").string());
        files->write("ab/640.webp", kPicture);
    }
    ~AdminHttp() override {
        if (server) stop();
        blocking.join();
        fs::remove_all(root);
    }

    void start(ServerOptions options = {}, std::function<Readiness()> ready = {}) {
        options.port = 0;
        options.version = "1.2.3";
        server = std::make_unique<HttpServer>(io, blocking, options, log::Logger());
        server->serve_media(files, secret);
        server->on_ready(std::move(ready));
        server->route("/extra", [] { return Answer{.status = 200, .body = "extra\n"}; });
        if (arrange) arrange(*server);
        server->start();
        port = server->port();
        thread = std::jthread([this] { io.run(); });
    }
    void stop() {
        std::promise<void> stopped;
        asio::co_spawn(io, server->stop(), [&](std::exception_ptr) { stopped.set_value(); });
        const auto state = stopped.get_future().wait_for(std::chrono::seconds(10));
        EXPECT_EQ(state, std::future_status::ready) << "stop() hangs";
        work.reset();
        if (state != std::future_status::ready) io.stop();
        thread.join();
        server.reset();
    }
    std::string get(const std::string& target, const std::string& more = {},
                    const std::string& method = "GET") {
        return talk(port, method + " " + target + " HTTP/1.1\r\nHost: a\r\n" + more +
                              "Connection: close\r\n\r\n");
    }

    /// Asks until there is a place, for at most 10 s.
    int status_once_not_503() {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
        int status = 503;
        // A connection that is turned away may also see a reset instead of the 503.
        while ((status == 503 || status == 0) && std::chrono::steady_clock::now() < deadline) {
            status = status_of(get("/livez"));
        }
        return status;
    }

    inline static const std::string kPicture = std::string(200'000, 'p') + std::string(1, '\0');

    fs::path root;
    std::shared_ptr<const media::LocalDirectory> files;
    asio::io_context io{1};
    asio::executor_work_guard<asio::io_context::executor_type> work{io.get_executor()};
    ThreadPool blocking{2};
    std::unique_ptr<HttpServer> server;
    std::uint16_t port = 0;
    std::jthread thread;
    Secret secret;                             ///< of a private store
    std::function<void(HttpServer&)> arrange;  ///< called before the server starts
};

inline std::string body_of(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
}

}  // namespace barid::web
