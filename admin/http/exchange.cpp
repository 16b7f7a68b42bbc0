#include "admin/http/exchange.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <exception>
#include <utility>

#include "admin/http/event_stream.hpp"
#include "admin/http/response_head.hpp"
#include "base/crypto.hpp"
#include "media/store.hpp"
#include "media/stores/signed_url.hpp"

namespace barid::web {
namespace {

constexpr std::string_view kMediaPath = "/media/";
constexpr std::string_view kMethods = "GET, HEAD, POST, PUT, PATCH, DELETE";

bool is_application_method(std::string_view method) {
    static constexpr std::array<std::string_view, 6> kAll = {"GET", "HEAD",  "POST",
                                                             "PUT", "PATCH", "DELETE"};
    return std::ranges::find(kAll, method) != kAll.end();
}

std::string what_of(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const std::exception& error) {
        return error.what();
    } catch (...) {
        return "not an exception";
    }
}

}  // namespace

awaitable<bool> Exchange::run(bool last) {
    const bool whole = co_await read_head();
    if (!whole) {
        if (refusal_.status != 0) co_await refuse(std::exchange(refusal_, {}));
        co_return false;
    }
    keep_ = wants_keep_alive(request_.head) && !last && !place_.stopping();
    if (const auto* application = site_.application_of(request_.path)) {
        as_problem_ = true;
        co_return co_await serve_application(*application);
    }
    co_return co_await serve_route();
}

awaitable<bool> Exchange::read_head() {
    auto& in = connection_.in;
    HeadScanner scanner(site_.options.max_header_bytes);
    auto by = Clock::now() + site_.options.head_timeout;
    place_.set_idle(true);
    if (in.empty()) {
        const auto read = co_await connection_.fill(Clock::now() + site_.options.idle_timeout);
        if (read != Connection::Read::some) co_return false;
        by = Clock::now() + site_.options.head_timeout;
    }
    auto state = scanner.scan(in);
    while (state == HeadScanner::State::more) {
        if (co_await connection_.fill(by) != Connection::Read::some) co_return false;
        state = scanner.scan(in);
    }
    place_.set_idle(false);
    id_ = random_uuid();
    if (state == HeadScanner::State::complete) {
        auto head =
            parse_head(std::string_view(in).substr(0, scanner.size()), site_.options.max_headers);
        if (head) {
            in.erase(0, scanner.size());
            take_head(*std::move(head));
            co_return true;
        }
        refusal_ = head.error();
    } else {
        refusal_ = scanner.refusal();
    }
    as_problem_ = site_.is_application(guessed_target(in));
    co_return false;
}

void Exchange::take_head(GuardedHead head) {
    request_.head = std::move(head.head);
    request_.path = std::move(head.path);
    framing_ = head.framing;
    const auto wanted = request_.head.header("X-Request-Id");
    if (is_request_id(wanted)) id_ = wanted;
    request_.id = id_;
    auto client = site_.proxies.client_of(connection_.peer(), request_.head, connection_.is_tls());
    request_.client_address = std::move(client.address);
    request_.secure = client.secure;
    head_only_ = request_.head.method == "HEAD";
    version_ = request_.head.version;
}

awaitable<bool> Exchange::serve_application(const Application& application) {
    if (!is_application_method(request_.head.method)) {
        co_return co_await refuse({.status = 405,
                                   .reason = fmt::format("use one of {}", kMethods),
                                   .code = "method_not_allowed"});
    }
    if (request_.head.count("Content-Encoding") != 0 &&
        !same_name(request_.head.header("Content-Encoding"), "identity")) {
        co_return co_await refuse({.status = 415,
                                   .reason = "send the body without a Content-Encoding",
                                   .code = "unsupported_encoding"});
    }
    Response response;
    std::exception_ptr failure;
    try {
        auto admission = co_await application.admit(request_);
        if (admission.refusal) {
            // What follows is never read as a request: the body isn't either.
            if (has_body()) keep_ = false;
            response = *std::move(admission.refusal);
        } else if (!co_await read_body(admission.max_body_bytes)) {
            if (refusal_.status == 0) co_return false;
            co_return co_await refuse(std::exchange(refusal_, {}));
        } else {
            response =
                co_await application.answer(std::move(request_), std::move(admission.context));
        }
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        site_.log.error("an HTTP handler failed",
                        {{"request_id", id_}, {"error", what_of(failure)}});
        co_return co_await refuse({.status = 500,
                                   .reason = "the request couldn't be served; the log says why",
                                   .code = "internal"});
    }
    if (place_.stopping()) keep_ = false;
    if (response.stream && !head_only_) co_return co_await stream(std::move(response));
    co_return co_await send(response);
}

awaitable<bool> Exchange::serve_route() {
    const auto& head = request_.head;
    if (head.method != "GET" && !head_only_) {
        co_return co_await refuse({.status = has_body() ? 413 : 405,
                                   .reason = "only GET and HEAD are served here",
                                   .code = "method_not_allowed"});
    }
    if (has_body()) {
        co_return co_await refuse(
            {.status = 413, .reason = "requests here have no body", .code = "too_large"});
    }
    const auto path = path_of(head.target);
    if (site_.assets && site_.assets->owns(request_.path)) {
        const auto reply = site_.assets->answer(head, request_.path);
        if (reply.body.empty()) co_return co_await send(reply.response);
        co_return co_await send(reply.response, reply.body);
    }
    Response response = plain_text(404, "not found\n");
    if (path.starts_with(kMediaPath) && site_.media) {
        // Keys need no percent-encoding, so nothing is decoded: what isn't a key isn't there.
        const auto key = path.substr(kMediaPath.size());
        const bool known = !media::key_problem(key);
        if (known && media::may_read(site_.media_secret, key, query_of(head.target))) {
            co_return co_await serve_media_file(std::string(key));
        }
        if (known) response = plain_text(403, "not signed, or too late\n");
    } else if (const auto route = site_.routes.find(path); route != site_.routes.end()) {
        auto answer = co_await route->second();
        response = {.status = answer.status,
                    .body = std::move(answer.body),
                    .content_type = std::move(answer.content_type)};
    } else if (path == "/livez") {
        response = plain_text(200, "ok\n");
    } else if (path == "/readyz") {
        response = site_.readiness();
    } else if (path == "/") {
        response = site_.info();
        if (site_.assets && wants_html(head)) {
            response = plain_text(302, "the dashboard is at " + site_.assets->prefix() + "\n");
            response.headers.emplace_back("Location", site_.assets->prefix());
        }
        if (site_.assets) response.headers.emplace_back("Vary", "Accept");
    }
    co_return co_await send(response);
}

awaitable<bool> Exchange::refuse(Refusal refusal) {
    keep_ = false;
    auto response =
        as_problem_ ? problem_of(refusal, id_) : plain_text(refusal.status, refusal.reason + "\n");
    if (refusal.status == 405) {
        response.headers.emplace_back("Allow", as_problem_ ? std::string(kMethods) : "GET, HEAD");
    }
    co_return co_await send(response);
}

awaitable<bool> Exchange::send(const Response& response) {
    return send(response, response.body);
}

awaitable<bool> Exchange::send(const Response& response, std::string_view body) {
    auto head =
        response_head(response, {.request_id = id_, .length = body.size(), .keep_alive = keep_});
    if (!head) {
        site_.log.error("an HTTP handler's answer can't be sent",
                        {{"request_id", id_}, {"problem", head.error()}});
        co_return co_await refuse({.status = 500,
                                   .reason = "the request couldn't be answered; the log says why",
                                   .code = "internal"});
    }
    const bool bodiless = head_only_ || response.status == 204 || response.status == 304;
    // One write for most answers; a long body isn't copied.
    constexpr std::size_t kTogether = 16U << 10U;
    if (bodiless) body = {};
    if (body.size() <= kTogether) {
        head->append(body);
        body = {};
    }
    const auto each = site_.options.write_timeout;
    co_return co_await connection_.write(*head, each) &&
        (body.empty() || co_await connection_.write(body, each)) && keep_;
}

awaitable<bool> Exchange::stream(Response response) {
    keep_ = false;
    response.headers.emplace_back("X-Accel-Buffering", "no");
    const bool chunked = version_ == 11;
    const auto head = response_head(
        response,
        {.request_id = id_, .length = std::nullopt, .chunked = chunked, .keep_alive = false});
    if (!head) {
        response.stream = {};
        co_return co_await send(response);
    }
    if (!co_await connection_.write(*head, site_.options.write_timeout)) co_return false;
    EventStream events(site_.io, connection_, place_, site_.options, chunked);
    std::exception_ptr failure;
    try {
        co_await events.run(response.stream);
    } catch (...) {
        failure = std::current_exception();
    }
    if (failure) {
        site_.log.error("an HTTP event stream failed",
                        {{"request_id", id_}, {"error", what_of(failure)}});
        connection_.close();
    }
    co_return false;
}

}  // namespace barid::web
