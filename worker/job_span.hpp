// An attempt as a span: OpenTelemetry's messaging conventions, a consumer that processes one
// message. Pure but for the tracer.
//
// Nothing of the job's content goes in: no payload, no output, and no error text, which may hold
// personal data; how it ended is one of a few words.
#pragma once

#include "base/trace.hpp"
#include "queue/job.hpp"
#include "queue/settlement.hpp"

namespace barid::worker {

/// Below the job's own traceparent, or at the root of the job's own trace, which all its attempts
/// share. `known`: this program has a handler for the kind.
trace::Span begin_job_span(const trace::Tracer& tracer, const queue::Job& job, bool known);

/// `stopped_by` is empty, or why the handler was stopped: "timeout", "cancelled", ….
void end_job_span(trace::Span& span, const queue::Settlement& settlement,
                  std::string_view stopped_by);

}  // namespace barid::worker
