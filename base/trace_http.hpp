// An HttpClient that gives each request a span of its own and tells the other side about it.
//
// A client span (OpenTelemetry's HTTP conventions: method, host, port, status; never a path, a
// query, a header or a body) below the span that the calling coroutine works for (trace_scope.hpp),
// and its `traceparent`. Outside any span requests go out as they are. It also counts, by class
// of answer, whether traced or not. Io thread only; the tracer must outlive it.
#pragma once

#include <memory>

#include "base/http_client.hpp"
#include "base/meter.hpp"
#include "base/trace.hpp"

namespace barid::trace {

class TracedHttp final : public http::HttpClient {
  public:
    /// `meter` may be nullptr. One client can be behind several.
    TracedHttp(std::shared_ptr<http::HttpClient> client, const Tracer& tracer,
               CallMeter* meter = nullptr)
        : client_(std::move(client)), tracer_(tracer), meter_(meter) {}

    awaitable<http::Response> send(http::Request request) override;

  private:
    std::shared_ptr<http::HttpClient> client_;
    const Tracer& tracer_;
    CallMeter* meter_;
};

}  // namespace barid::trace
