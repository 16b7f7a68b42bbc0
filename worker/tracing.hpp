// A process's tracer and what it sends to, made from [trace]. Off without an endpoint: then there
// is no client, no queue and no service, and spans pass contexts on.
//
// One for the process, whatever the number of its databases; it outlives what traces. Io thread
// only.
#pragma once

#include <memory>
#include <optional>

#include "base/clock.hpp"
#include "base/http_curl.hpp"
#include "base/otlp_exporter.hpp"
#include "base/trace.hpp"
#include "config/settings.hpp"

namespace barid::worker {

class Tracing {
  public:
    Tracing(asio::io_context& io, const config::Settings& settings, log::Logger logger);

    [[nodiscard]] const trace::Tracer& tracer() const { return tracer_; }
    /// Begins to send; once, on the io thread.
    void start();
    /// Sends what is left, for at most a few seconds. Call it when the work has ended.
    awaitable<void> stop();
    /// Nothing when it is off.
    [[nodiscard]] std::optional<trace::ExporterFigures> figures() const;

  private:
    asio::io_context& io_;
    SystemClock clock_;
    std::unique_ptr<http::CurlHttpClient> http_;
    std::unique_ptr<trace::OtlpExporter> exporter_;
    trace::Tracer tracer_;
};

}  // namespace barid::worker
