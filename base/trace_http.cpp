#include "base/trace_http.hpp"

#include <chrono>
#include <exception>

#include "base/http_url.hpp"
#include "base/trace_scope.hpp"

namespace barid::trace {
namespace {

/// A request's span starts with what is known before it is sent. The URL is parsed for the host
/// alone; one that can't be parsed is the client's to refuse.
Span begin(const Tracer& tracer, const http::Request& request, const SpanContext& parent) {
    Span span = tracer.start({.name = request.method, .kind = Kind::client}, parent);
    if (!span.recording()) return span;
    span.set("http.request.method", request.method);
    try {
        const http::Url url = http::parse_url(request.url);
        span.set("server.address", url.host);
        span.set("server.port", url.port);
        span.set("url.scheme", url.scheme);
    } catch (const http::Error&) {
        span.set("server.address", "(unreadable)");
    }
    return span;
}

void replace_traceparent(http::Request& request, const SpanContext& context) {
    std::erase_if(request.headers, [](const http::Header& header) {
        return http::equals_no_case(header.name, "traceparent");
    });
    request.headers.push_back({"traceparent", format_traceparent(context)});
}

void conclude(Span& span, const http::Response& response) {
    span.set("http.response.status_code", response.status);
    if (response.http_version > 0) {
        span.set("network.protocol.version", response.http_version == 20   ? "2"
                                             : response.http_version == 10 ? "1.0"
                                                                           : "1.1");
    }
    // By the conventions a client's span fails from 400 on, and says no more than the status.
    if (response.status >= 400) span.fail(std::to_string(response.status));
}

}  // namespace

awaitable<http::Response> TracedHttp::send(http::Request request) {
    const SpanContext parent = span_of(co_await asio::this_coro::executor);
    const auto started = std::chrono::steady_clock::now();
    Span span;
    if (parent.valid()) {
        span = begin(tracer_, request, parent);
        replace_traceparent(request, span.context());
    }
    http::Response response;
    std::exception_ptr failure;
    try {
        response = co_await client_->send(std::move(request));
    } catch (const http::Error& error) {
        span.fail(error.code());
        failure = std::current_exception();
    } catch (...) {
        span.fail("cancelled");
        failure = std::current_exception();
    }
    if (meter_ != nullptr) {
        meter_->add(failure ? 0 : response.status, std::chrono::steady_clock::now() - started);
    }
    if (!failure) conclude(span, response);
    span.end();
    if (failure) std::rethrow_exception(failure);
    co_return response;
}

}  // namespace barid::trace
