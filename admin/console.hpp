// The admin's side of a process: its own connections, who may come in, the API and the dashboard.
//
// Made by `barid admin`, `barid work` and `barid dev`, and mounted into their HTTP server, which it
// must outlive. What it queries is bounded and runs on connections of its own: no page can take a
// worker's. Io thread only.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "admin/access/database_gatekeeper.hpp"
#include "admin/access/sign_in.hpp"
#include "admin/api/dispatcher.hpp"
#include "admin/api/media_routes.hpp"
#include "admin/api/webhooks_routes.hpp"
#include "admin/http/server.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "base/run_on.hpp"
#include "queue/pg/pool.hpp"

namespace barid::admin {

struct ConsoleOptions {
    pg::ConnectOptions database;
    std::size_t connections = 4;  ///< for reading; half of it, at least one, for changes
    std::chrono::milliseconds statement_timeout{5'000};
    access::GatekeeperOptions access = {};
    access::SignInOptions sign_in = {};
    api::MediaParts media = {};
    api::WebhookParts webhooks = {};
    std::vector<std::string> projections = {};
    std::string version;
};

class Console {
  public:
    /// `meter` and `tracer` may be null.
    Console(asio::io_context& io, ThreadPool& blocking, const Clock& clock, ConsoleOptions options,
            api::Watchers watchers, log::Logger logger);
    ~Console();
    Console(const Console&) = delete;
    Console& operator=(const Console&) = delete;

    /// Adds /api/v1 and, when the program has one, the dashboard under /admin/. Before the server
    /// starts.
    void mount(web::HttpServer& server);

  private:
    class Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace barid::admin
