#include "worker/tracing.hpp"

#include <fmt/format.h>

#include <charconv>

#include "worker/platform.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

constexpr std::chrono::milliseconds kFlush{5'000};

/// The configuration has checked that it is a number from 0 to 1.
double ratio(const std::string& text) {
    double number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

/// As OpenTelemetry has it: the endpoint is a base, the signal's path is added to it.
std::string traces_url(std::string endpoint) {
    while (endpoint.ends_with('/')) endpoint.pop_back();
    return endpoint.ends_with("/v1/traces") ? endpoint : endpoint + "/v1/traces";
}

}  // namespace

Tracing::Tracing(asio::io_context& io, const config::Settings& settings, log::Logger logger)
    : io_(io) {
    if (settings.trace.endpoint.empty()) return;
    http_ = std::make_unique<http::CurlHttpClient>(
        io, http::ClientOptions{.user_agent = fmt::format("barid/{}", kVersion)});
    trace::ExporterOptions options{.url = traces_url(settings.trace.endpoint)};
    for (const Secret& header : settings.trace.headers) {
        const std::string& text = header.reveal();
        const std::size_t colon = text.find(':');
        const std::size_t value = text.find_first_not_of(" \t", colon + 1);
        options.headers.push_back({text.substr(0, colon), text.substr(value)});
    }
    options.resource = {.service_name = settings.trace.service_name,
                        .service_version = std::string(kVersion),
                        .instance_id = worker_name(settings)};
    exporter_ = std::make_unique<trace::OtlpExporter>(io, *http_, clock_, std::move(options),
                                                      std::move(logger));
    tracer_ = trace::Tracer(clock_, *exporter_, ratio(settings.trace.sample_ratio));
}

void Tracing::start() {
    if (exporter_) asio::co_spawn(io_, exporter_->run(), asio::detached);
}

awaitable<void> Tracing::stop() {
    if (exporter_) co_await exporter_->shut_down(kFlush);
}

std::optional<trace::ExporterFigures> Tracing::figures() const {
    return exporter_ ? std::optional(exporter_->figures()) : std::nullopt;
}

}  // namespace barid::worker
