#include "worker/job_span.hpp"

#include <fmt/format.h>

namespace barid::worker {

trace::Span begin_job_span(const trace::Tracer& tracer, const queue::Job& job, bool known) {
    trace::SpanContext parent;
    if (!job.traceparent.empty()) {
        parent = trace::parse_traceparent(job.traceparent).value_or(trace::SpanContext{});
    }
    if (!tracer.on()) return trace::Span(parent);
    trace::SpanStart start{.name = {}, .kind = trace::Kind::consumer};
    // An unknown kind is what a producer wrote: it would make names without end.
    const std::string name = fmt::format("process {}", known ? job.kind : "(unknown kind)");
    start.name = name;
    if (!parent.valid()) {
        start.trace_id = trace::trace_id_of(
            fmt::format("barid job {} {}", job.id, job.created_at.time_since_epoch().count()));
    }
    trace::Span span = tracer.start(start, parent);
    if (!span.recording()) return span;
    span.set("messaging.system", "barid");
    span.set("messaging.operation.type", "process");
    span.set("messaging.operation.name", "process");
    span.set("messaging.destination.name", job.queue);
    span.set("messaging.message.id", fmt::format("{}", job.id));
    span.set("barid.job.id", job.id);
    span.set("barid.job.kind", job.kind);
    span.set("barid.job.attempt", job.attempt);
    span.set("barid.job.max_attempts", job.max_attempts);
    return span;
}

void end_job_span(trace::Span& span, const queue::Settlement& settlement,
                  std::string_view stopped_by) {
    if (!span.recording()) return;
    span.set("barid.job.outcome", queue::to_string(settlement.action));
    const bool failed = settlement.action == queue::Action::fail;
    if (failed || settlement.action == queue::Action::retry) {
        const std::string_view outcome = failed ? "failed" : "retried";
        span.fail(stopped_by.empty() ? outcome : stopped_by,
                  failed ? "the job failed for good" : "the attempt failed");
    } else if (!stopped_by.empty()) {
        span.set("barid.job.stopped_by", stopped_by);
    }
    span.end();
}

}  // namespace barid::worker
