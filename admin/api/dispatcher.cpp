#include "admin/api/dispatcher.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "admin/api/call.hpp"
#include "admin/api/failure.hpp"
#include "admin/api/idempotency.hpp"
#include "admin/api/query.hpp"

namespace barid::api {
namespace {

constexpr std::string_view kJson = "application/json";

Problem problem_of(const access::Denial& denial) {
    Problem problem(denial.status, denial.code, denial.detail);
    problem.retry_after = denial.retry_after;
    return problem;
}

void require_json(const web::Request& request) {
    auto type = request.head.header("Content-Type");
    type = type.substr(0, type.find(';'));
    if (!web::same_name(web::trimmed(type), kJson)) {
        throw Problem(415, "not_json", "send a JSON body with Content-Type: application/json");
    }
}

json::value parse_body(const Route& route, const web::Request& request) {
    if (request.body.empty()) {
        if (route.body.empty()) return json::object();
        throw Problem(422, "invalid", "the body is missing",
                      {{"", "must be a JSON object: " + route.body}});
    }
    require_json(request);
    json::value body;
    try {
        body = parse_json(request.body);
    } catch (const Error& error) {
        throw Problem(400, "bad_json", error.what());
    }
    if (!body.is_object()) {
        throw Problem(422, "invalid", "the body must be a JSON object",
                      {{"", "must be an object"}});
    }
    return body;
}

/// A 304 would take the answer away from who has just changed something, and RFC 9110 §13.1.2 has
/// the change not happen at all.
void require_no_condition(const web::Request& request) {
    if (request.head.count("If-None-Match") == 0) return;
    throw Problem(400, "bad_condition",
                  "If-None-Match is for GET and HEAD: If-Match makes a change conditional");
}

/// A representation that the client has already isn't sent again (RFC 9110 §13.1.2).
web::Response with_validators(const web::Request& request, web::Response response) {
    if (response.status != 200 || response.stream || response.content_type != kJson) {
        response.headers.emplace_back("Cache-Control", "no-store");
        return response;
    }
    const auto etag = etag_of(response.body);
    response.headers.emplace_back("Cache-Control", "private, no-cache");
    response.headers.emplace_back("ETag", etag);
    if (web::matches_etag(request.head.header("If-None-Match"), etag)) {
        response.status = 304;
        response.body.clear();
    }
    return response;
}

/// How the door was tried: by password at /session, by token everywhere.
void count_door(AdminMeter& meter, const Route* route, int status) {
    const bool signs_in = route != nullptr && route->path == "/session" && route->method == "POST";
    if (signs_in && status < 300) ++meter.sign_ins;
    if (status == 401) ++meter.sign_in_failures;
    if (status == 429) ++(signs_in ? meter.lock_outs : meter.rate_limited);
}

}  // namespace

struct Dispatcher::Admitted {
    const Route* route = nullptr;
    access::Principal who;
    Values parameters;
    std::chrono::steady_clock::time_point since;
    trace::Span span;
};

Dispatcher::Dispatcher(const Routes& routes, access::Gatekeeper& gatekeeper, Databases databases,
                       Watchers watchers, log::Logger logger)
    : routes_(routes),
      gatekeeper_(gatekeeper),
      databases_(databases),
      watchers_(watchers),
      log_(std::move(logger)) {}

web::Application Dispatcher::application() {
    return {.admit = [this](const web::Request& request) { return admit(request); },
            .answer = [this](web::Request request,
                             std::shared_ptr<void> context) -> awaitable<web::Response> {
                const auto admitted = std::static_pointer_cast<Admitted>(context);
                auto response = co_await answer(request, *admitted);
                note(*admitted, request, response.status);
                if (response.stream && watchers_.meter != nullptr) count_stream(response);
                co_return response;
            }};
}

awaitable<web::Admission> Dispatcher::admit(const web::Request& request) {
    auto admitted = std::make_shared<Admitted>();
    admitted->since = std::chrono::steady_clock::now();
    admitted->span = start_span(request);
    std::optional<Problem> problem;
    std::vector<std::string> allowed;
    try {
        auto path = std::string_view(request.path);
        if (path.starts_with(kPrefix)) path.remove_prefix(kPrefix.size());
        auto match = routes_.match(request.head.method, path);
        if (match.route == nullptr) {
            allowed = std::move(match.allowed);
            if (allowed.empty()) throw Problem(404, "no_such_path", "there is nothing here");
            throw Problem(405, "no_such_method",
                          fmt::format("only {} is served here", fmt::join(allowed, ", ")));
        }
        const Route& route = *match.route;
        admitted->route = &route;
        if (route.open != Route::Open::to_all) {
            auto entry = co_await gatekeeper_.admit(request);
            if (const auto* denial = std::get_if<access::Denial>(&entry)) {
                throw problem_of(*denial);
            }
            admitted->who = std::get<access::Principal>(std::move(entry));
            if (route.open == Route::Open::to_permitted &&
                !admitted->who.grants.allows(route.permission)) {
                throw Problem(
                    403, "forbidden",
                    fmt::format("this needs the permission {}", access::name_of(route.permission)));
            }
        } else {
            admitted->who = {
                .id = "anonymous", .name = "anonymous", .grants = {}, .expires_at = {}};
        }
        std::vector<Violation> violations;
        admitted->parameters =
            check_parameters(route, match.path, web::query_of(request.head.target), violations);
        if (!violations.empty()) {
            throw Problem(422, "invalid", "a parameter is wrong", std::move(violations));
        }
    } catch (const std::exception& error) {
        problem = as_problem(error, log_, request.id);
    }
    web::Admission admission;
    if (problem) {
        admission.refusal = problem_response(*problem, request.id);
        admission.refusal->headers.emplace_back("Cache-Control", "no-store");
        if (!allowed.empty()) {
            admission.refusal->headers.emplace_back("Allow",
                                                    fmt::format("{}", fmt::join(allowed, ", ")));
        }
        if (problem->status() == 401) {
            admission.refusal->headers.emplace_back("WWW-Authenticate", "Bearer realm=\"barid\"");
        }
        note(*admitted, request, problem->status());
    } else {
        admission.max_body_bytes = request.head.method == "GET" || request.head.method == "HEAD"
                                       ? 0
                                       : admitted->route->max_body_bytes;
    }
    admission.context = std::move(admitted);
    co_return admission;
}

awaitable<web::Response> Dispatcher::answer(const web::Request& request, const Admitted& admitted) {
    std::optional<Problem> problem;
    try {
        co_return with_validators(request, co_await run(request, admitted));
    } catch (const std::exception& error) {
        problem = as_problem(error, log_, request.id);
    }
    auto response = problem_response(*problem, request.id);
    response.headers.emplace_back("Cache-Control", "no-store");
    co_return response;
}

awaitable<web::Response> Dispatcher::run(const web::Request& request, const Admitted& admitted) {
    const auto* cursors = co_await cursor_key();
    const Route& route = *admitted.route;
    const bool has_body = route.method != "GET" && route.method != "HEAD";
    if (has_body) require_no_condition(request);
    json::value body = has_body ? parse_body(route, request) : json::value(json::object());
    if (route.changes) co_return co_await run_changing(request, admitted, std::move(body));
    Call call(request, route, admitted.who, databases_.reads, *cursors);
    call.set_parameters(admitted.parameters);
    call.set_body(std::move(body));
    co_return co_await route.handler(call);
}

/// The effect, its audit line and the answer for a repetition are committed together or not at all.
awaitable<web::Response> Dispatcher::run_changing(const web::Request& request,
                                                  const Admitted& admitted, json::value body) {
    const Route& route = *admitted.route;
    // Who isn't known can't be told apart from others who aren't.
    const auto key = route.open == Route::Open::to_all ? std::nullopt
                                                       : idempotency_key(request, admitted.who.id);
    auto transaction = co_await pg::Transaction::begin(databases_.writes);
    co_await transaction.execute(
        "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $1, true)",
        pg::Params(std::to_string(databases_.statement_timeout.count())));
    if (key) {
        if (auto kept = co_await kept_answer(transaction, *key)) {
            co_await transaction.rollback();
            co_return std::move(*kept);
        }
    }
    Call call(request, route, admitted.who, databases_.reads, cursors_);
    call.set_parameters(admitted.parameters);
    call.set_body(std::move(body));
    call.set_transaction(&transaction);
    auto response = co_await route.handler(call);
    if (!call.audited() && response.status < 400) {
        throw std::logic_error(route.operation + " left no line in the audit log");
    }
    if (key) co_await keep_answer(transaction, *key, response, route.keeps_answer);
    co_await transaction.commit();
    co_return response;
}

awaitable<const CursorKey*> Dispatcher::cursor_key() {
    if (cursors_.empty()) {
        const auto result = co_await databases_.reads.execute(
            "SELECT encode(value, 'hex') FROM barid.admin_key WHERE name = 'cursor'");
        cursors_ = CursorKey(result.one().get<std::string>(0));
    }
    co_return &cursors_;
}

/// An open page is counted for as long as it listens.
void Dispatcher::count_stream(web::Response& response) const {
    response.stream = [meter = watchers_.meter, listen = std::move(response.stream)](
                          web::EventSink& sink) -> awaitable<void> {
        struct Listening {
            explicit Listening(AdminMeter* counts) : meter(counts) {
                ++meter->event_clients;
                ++meter->event_clients_total;
            }
            ~Listening() { --meter->event_clients; }
            Listening(const Listening&) = delete;
            AdminMeter* meter;
        };
        const Listening listening(meter);
        co_await listen(sink);
    };
}

/// As OpenTelemetry's conventions name a server's span; what the client sent stays out of it.
trace::Span Dispatcher::start_span(const web::Request& request) const {
    if (watchers_.tracer == nullptr) return {};
    const auto parent = trace::parse_traceparent(request.head.header("traceparent"));
    auto span = watchers_.tracer->start({.name = request.head.method, .kind = trace::Kind::server},
                                        parent.value_or(trace::SpanContext()));
    span.set("http.request.method", request.head.method);
    return span;
}

void Dispatcher::note(Admitted& admitted, const web::Request& request, int status) const {
    const auto took = std::chrono::steady_clock::now() - admitted.since;
    const Route* route = admitted.route;
    if (watchers_.meter != nullptr) {
        watchers_.meter->request(route != nullptr ? std::string_view(route->tag) : "refused",
                                 status, took);
        count_door(*watchers_.meter, route, status);
    }
    if (route != nullptr) admitted.span.set("http.route", std::string(kPrefix) + route->path);
    admitted.span.set("http.response.status_code", status);
    if (status >= 500) admitted.span.fail(std::to_string(status));
    admitted.span.end();
    log_.debug("an API request", {{"request_id", request.id},
                                  {"method", request.head.method},
                                  {"operation", route != nullptr ? route->operation : ""},
                                  {"status", status},
                                  {"who", admitted.who.id},
                                  {"took", took}});
}

}  // namespace barid::api
