// Sends ended spans to a collector: OTLP over HTTP, JSON, one request at a time, beside the work
// and never in its way.
//
// What can't be sent is dropped and counted: beyond the queue's bound the oldest spans, after
// `max_tries` a batch, at once a batch that the collector calls bad. A collector that is away is
// asked again with growing pauses. The log says when it begins to fail and when it is back, not
// each time. Owns its queue; the client and the clock must outlive it. Io thread only.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/log.hpp"
#include "base/otlp_batch.hpp"
#include "base/otlp_json.hpp"
#include "base/trace.hpp"

namespace barid::trace {

struct ExporterOptions {
    std::string url = {};  ///< whole, "http://collector:4318/v1/traces"
    std::vector<http::Header> headers = {};
    Resource resource = {};
    BatchLimits limits = {};
    std::chrono::milliseconds request_timeout{10'000};
    int max_tries = 5;  ///< of one batch
};

struct ExporterFigures {
    std::uint64_t exported = 0;
    std::uint64_t dropped_queue = 0;     ///< no room
    std::uint64_t dropped_rejected = 0;  ///< the collector refused them
    std::uint64_t dropped_failed = 0;  ///< it didn't take them in all the tries, or before the end
    std::uint64_t requests_failed = 0;
    std::size_t queued = 0;
};

class OtlpExporter final : public Sink {
  public:
    OtlpExporter(asio::io_context& io, http::HttpClient& client, const Clock& clock,
                 ExporterOptions options, log::Logger logger);

    void add(SpanData span) override;

    /// The service that sends; runs until cancelled or until `shut_down` is done.
    awaitable<void> run();
    /// Sends what there is, each batch tried once, for at most `limit`; what is left is dropped.
    /// Call it when nothing ends spans any more. `run` returns.
    awaitable<void> shut_down(std::chrono::milliseconds limit);

    [[nodiscard]] ExporterFigures figures() const;

  private:
    enum class Verdict { taken, again, refused };
    struct Answer {
        Verdict verdict;
        std::optional<std::chrono::seconds> retry_after;
        std::uint64_t rejected = 0;
        std::string problem = {};
    };

    awaitable<Answer> post(const std::string& body, std::chrono::milliseconds limit);
    awaitable<void> deliver(std::vector<SpanData> batch);
    void note(const Answer& answer);
    void settle(const Answer& answer, std::size_t spans);
    awaitable<void> flush(SteadyTime until);

    http::HttpClient& client_;
    const Clock& clock_;
    ExporterOptions options_;
    log::Logger log_;
    SpanBatcher batcher_;
    ExporterFigures figures_;
    asio::steady_timer wake_;
    asio::steady_timer ended_;
    bool running_ = false;
    bool stopping_ = false;
    bool failing_ = false;
};

}  // namespace barid::trace
