// Where in a distributed trace something happens: W3C Trace Context Level 1, the `traceparent`
// header (§3.2), as text and as a value.
//
// Parsing is strict, because what is accepted here goes into headers, spans and SQL: a text that
// isn't valid is treated as if there were none (§3.2.2.3 and §4.3). `tracestate` is not carried:
// the queue stores no room for it, and §3.3 lets a participant drop it. Pure and thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace barid::trace {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

/// One span's place. All-zero ids mean that there is none.
struct SpanContext {
    TraceId trace_id{};
    SpanId span_id{};
    bool sampled = false;  ///< flag 01 (§3.2.2.5): whoever made it may have recorded it

    [[nodiscard]] bool valid() const { return trace_id != TraceId{} && span_id != SpanId{}; }
    friend bool operator==(const SpanContext&, const SpanContext&) = default;
};

/// Nothing for every text that §3.2 calls invalid: version ff, all-zero ids, upper-case letters,
/// another length. Of a version above 00 the known part is read, if what follows it begins with a
/// dash (§4.3); of its flags only `sampled` is.
std::optional<SpanContext> parse_traceparent(std::string_view text);

/// Version 00, with the flag `sampled` alone; empty for a context that isn't valid.
std::string format_traceparent(const SpanContext& context);

/// Lower-case hexadecimal, as in the header and in OTLP's JSON.
std::string to_hex(const TraceId& id);
std::string to_hex(const SpanId& id);

/// Random, never all zero (§3.2.2.3, §3.2.2.4).
TraceId new_trace_id();
SpanId new_span_id();

/// The id of a trace that begins with `seed`: whoever knows the seed gets the same one.
TraceId trace_id_of(std::string_view seed);

/// Whether a trace that begins here is recorded. It goes by the last 56 bits of the id, so that
/// everybody with the same ratio decides the same; 0 is never, 1 is always.
bool is_sampled(const TraceId& id, double ratio);

}  // namespace barid::trace
