#include "worker/meter_metrics.hpp"

namespace barid::worker {
namespace {

using enum MetricType;

void add_calls(Families& out, const char* label,
               const std::map<std::string, CallMeter, std::less<>>& meters) {
    for (const auto& [name, meter] : meters) {
        for (std::size_t i = 0; i < CallMeter::kClasses.size(); ++i) {
            out.value(static_cast<double>(meter.answers[i]),
                      {{label, name}, {"class", CallMeter::kClasses[i]}});
        }
    }
}

void add_durations(Families& out, const char* label,
                   const std::map<std::string, CallMeter, std::less<>>& meters) {
    for (const auto& [name, meter] : meters) out.value(meter.duration, {{label, name}});
}

}  // namespace

void add_meters(Families& out, const ProcessMeters& meters) {
    out.family("barid_http_client_requests_total",
               "Requests to others, by what they are for and the class of the answer.", Counter);
    add_calls(out, "client", meters.http);
    out.family("barid_http_client_duration_seconds", "How long requests to others take.",
               MetricType::Histogram);
    add_durations(out, "client", meters.http);
    out.family("barid_notification_sends_total", "Messages to devices and addresses, by outcome.",
               Counter);
    for (const auto& [channel, counts] : meters.sends) {
        for (std::size_t i = 0; i < counts.size(); ++i) {
            const auto outcome = notify::to_string(static_cast<notify::SendClass>(i));
            out.value(static_cast<double>(counts[i]),
                      {{"channel", channel}, {"outcome", std::string(outcome)}});
        }
    }
    if (!meters.endpoints) return;
    out.family("barid_deliver_breaker_open",
               "1 while http.deliver leaves the endpoint's host alone.", Gauge);
    for (const EndpointHealth& endpoint : meters.endpoints()) {
        out.value(endpoint.left_alone ? 1 : 0, {{"endpoint", endpoint.name}});
    }
}

void add_admin(Families& out, const AdminMeter& admin) {
    out.family("barid_http_server_requests_total",
               "Requests that the admin's server answered, by group of routes and class of answer.",
               Counter);
    add_calls(out, "group", admin.requests);
    out.family("barid_http_server_duration_seconds", "How long they took.", MetricType::Histogram);
    add_durations(out, "group", admin.requests);
    out.single("barid_admin_event_streams", "Open streams of live events.", Gauge,
               admin.event_clients);
    out.single("barid_admin_event_streams_opened_total", "Streams of live events that were opened.",
               Counter, admin.event_clients_total);
    out.family("barid_admin_sign_ins_total", "Tries to sign in, by outcome.", Counter);
    out.value(static_cast<double>(admin.sign_ins), {{"outcome", "succeeded"}});
    out.value(static_cast<double>(admin.sign_in_failures), {{"outcome", "failed"}});
    out.value(static_cast<double>(admin.lock_outs), {{"outcome", "locked_out"}});
    out.single("barid_admin_rate_limited_total", "Requests that were answered with 429.", Counter,
               admin.rate_limited);
}

void add_traces(Families& out, const trace::ExporterFigures& traces) {
    out.single("barid_trace_spans_exported_total", "Spans that the collector took.", Counter,
               traces.exported);
    out.family("barid_trace_spans_dropped_total", "Spans that were lost, by reason.", Counter);
    out.value(static_cast<double>(traces.dropped_queue), {{"reason", "queue_full"}});
    out.value(static_cast<double>(traces.dropped_rejected), {{"reason", "rejected"}});
    out.value(static_cast<double>(traces.dropped_failed), {{"reason", "failed"}});
    out.single("barid_trace_requests_failed_total", "Exports that the collector didn't take.",
               Counter, traces.requests_failed);
    out.single("barid_trace_spans_queued", "Spans that wait for their export.", Gauge,
               traces.queued);
}

}  // namespace barid::worker
