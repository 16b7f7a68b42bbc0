// From an HTTP request to a route's handler and back: who asks, whether they may, what they sent,
// one transaction with the audit line and the idempotency key, and every failure as a problem.
//
// The fourth place where exceptions are caught: nothing that a handler throws leaves it. Io thread
// only; everything it is given must outlive it.
#pragma once

#include <chrono>
#include <memory>

#include "admin/access/gatekeeper.hpp"
#include "admin/api/cursor.hpp"
#include "admin/api/problem.hpp"
#include "admin/api/route.hpp"
#include "admin/http/message.hpp"
#include "base/log.hpp"
#include "base/meter.hpp"
#include "base/trace.hpp"
#include "queue/pg/pool.hpp"

namespace barid::api {

inline constexpr std::string_view kPrefix = "/api/v1";

/// Connections of the admin's own, so that no query of a page waits for, or delays, a worker's.
struct Databases {
    pg::Pool& reads;   ///< its settings bound every statement's time
    pg::Pool& writes;  ///< for transactions
    std::chrono::milliseconds statement_timeout{5'000};
};

/// What is told of requests to those who watch the server; both may be left out.
struct Watchers {
    AdminMeter* meter = nullptr;
    const trace::Tracer* tracer = nullptr;
};

class Dispatcher {
  public:
    Dispatcher(const Routes& routes, access::Gatekeeper& gatekeeper, Databases databases,
               Watchers watchers, log::Logger logger);

    /// For HttpServer::mount(kPrefix, …).
    web::Application application();

  private:
    struct Admitted;

    awaitable<web::Admission> admit(const web::Request& request);
    awaitable<web::Response> answer(const web::Request& request, const Admitted& admitted);
    awaitable<web::Response> run(const web::Request& request, const Admitted& admitted);
    awaitable<web::Response> run_changing(const web::Request& request, const Admitted& admitted,
                                          json::value body);
    awaitable<const CursorKey*> cursor_key();
    void count_stream(web::Response& response) const;
    trace::Span start_span(const web::Request& request) const;
    void note(Admitted& admitted, const web::Request& request, int status) const;

    const Routes& routes_;
    access::Gatekeeper& gatekeeper_;
    Databases databases_;
    Watchers watchers_;
    log::Logger log_;
    CursorKey cursors_;
};

}  // namespace barid::api
