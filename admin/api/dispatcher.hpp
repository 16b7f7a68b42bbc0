// From an HTTP request to a route's handler and back: who asks, whether they may, what they sent,
// one transaction with the audit line and the idempotency key, and every failure as a problem.
//
// The fourth place where exceptions are caught: nothing that a handler throws leaves it. Io thread
// only; everything it is given must outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "admin/access/gatekeeper.hpp"
#include "admin/api/cursor.hpp"
#include "admin/api/problem.hpp"
#include "admin/api/route.hpp"
#include "admin/http/message.hpp"
#include "base/log.hpp"
#include "queue/pg/pool.hpp"

namespace barid::api {

inline constexpr std::string_view kPrefix = "/api/v1";

/// Connections of the admin's own, so that no query of a page waits for, or delays, a worker's.
struct Databases {
    pg::Pool& reads;   ///< its settings bound every statement's time
    pg::Pool& writes;  ///< for transactions
    std::chrono::milliseconds statement_timeout{5'000};
};

/// One request as it ended, for metrics and traces.
struct Served {
    std::string_view operation;  ///< the route's, or "" when there was none
    std::string_view method;
    int status = 0;
    std::chrono::steady_clock::duration took{};
};

class Dispatcher {
  public:
    Dispatcher(const Routes& routes, access::Gatekeeper& gatekeeper, Databases databases,
               log::Logger logger);

    /// For HttpServer::mount(kPrefix, …).
    web::Application application();
    /// Called after each request.
    void on_served(std::function<void(const Served&)> callback) { served_ = std::move(callback); }

  private:
    struct Admitted;
    struct Kept;

    awaitable<web::Admission> admit(const web::Request& request);
    awaitable<web::Response> answer(const web::Request& request, const Admitted& admitted);
    awaitable<web::Response> run(const web::Request& request, const Admitted& admitted);
    awaitable<web::Response> run_changing(const web::Request& request, const Admitted& admitted,
                                          json::value body);
    awaitable<const CursorKey*> cursor_key();
    void note(const Admitted& admitted, const web::Request& request, int status) const;

    const Routes& routes_;
    access::Gatekeeper& gatekeeper_;
    Databases databases_;
    log::Logger log_;
    CursorKey cursors_;
    std::function<void(const Served&)> served_;
};

}  // namespace barid::api
