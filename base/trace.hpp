// Spans: what happened, from when to when, as a part of which trace.
//
//     trace::Span span = tracer.start({.name = "GET /jobs", .kind = trace::Kind::server}, parent);
//     span.set("http.response.status_code", 200);
//     span.end();
//
// `parent` is what the caller sent (parse_traceparent), or a default SpanContext: then a trace
// begins here. A span ends when `end()` is called, at most once; one that is destroyed before is
// lost, on purpose: nothing pretends to know how it ended. What is outside or below it gets
// `span.context()`.
// A Tracer without a sink is off: its spans hold nothing, do nothing, and their context is the
// parent's, so that a trace passes through unchanged. Names, keys and texts are bounded here; they
// must hold no secrets. Not thread-safe: spans and tracer belong to the io thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/clock.hpp"
#include "base/trace_context.hpp"

namespace barid::trace {

/// As OTLP numbers them.
enum class Kind { internal = 1, server = 2, client = 3, producer = 4, consumer = 5 };
enum class Status { unset = 0, ok = 1, error = 2 };

using AttributeValue = std::variant<std::string, std::int64_t, double, bool>;
struct Attribute {
    std::string key;
    AttributeValue value;
};

inline constexpr std::size_t kMaxAttributes = 32;
inline constexpr std::size_t kMaxTextBytes = 256;

/// A span that has ended.
struct SpanData {
    SpanContext context = {};
    SpanId parent = {};  ///< all zero: none
    std::string name = {};
    Kind kind = Kind::internal;
    SystemTime start{};
    std::chrono::nanoseconds duration{0};
    std::vector<Attribute> attributes = {};
    Status status = Status::unset;
    std::string description = {};
};

/// Where ended spans go.
class Sink {
  public:
    virtual ~Sink() = default;
    /// Must be quick, and must not throw for want of room.
    virtual void add(SpanData span) = 0;
};

class Span {
  public:
    Span() = default;
    /// A span that only passes a context on.
    explicit Span(const SpanContext& context) : context_(context) {}
    Span(Span&&) = default;
    Span& operator=(Span&&) = default;

    /// What goes into a `traceparent` below it; not valid when there is no trace.
    [[nodiscard]] const SpanContext& context() const { return context_; }
    /// False when nothing is kept: leave out work that is only for the span.
    [[nodiscard]] bool recording() const { return data_ != nullptr; }

    void set(std::string_view key, std::string_view text);
    void set(std::string_view key, const char* text) { set(key, std::string_view(text)); }
    void set(std::string_view key, std::int64_t number);
    void set(std::string_view key, int number) { set(key, std::int64_t{number}); }
    void set(std::string_view key, double number);
    void set(std::string_view key, bool value);
    /// `type` is a short word of a bounded set ("timeout"), kept as `error.type`; the description
    /// is a constant sentence, never a message made of data.
    void fail(std::string_view type, std::string_view description = {});
    /// Hands the span to the sink; later calls do nothing.
    void end();

  private:
    friend class Tracer;
    struct Recording {
        SpanData data;
        SteadyTime started;
        const Clock& clock;
        Sink& sink;
    };
    void add(std::string_view key, AttributeValue value);

    SpanContext context_;
    std::unique_ptr<Recording> data_;
};

struct SpanStart {
    std::string_view name;
    Kind kind = Kind::internal;
    /// Of a trace that begins here; all zero: a random one.
    TraceId trace_id = {};
};

class Tracer {
  public:
    /// Off.
    Tracer() = default;
    static const Tracer& off();
    /// `sample_ratio` is for traces that begin here; the flag of a caller's is honoured. Clock and
    /// sink must outlive the tracer and its spans.
    Tracer(const Clock& clock, Sink& sink, double sample_ratio)
        : clock_(&clock), sink_(&sink), sample_ratio_(sample_ratio) {}

    [[nodiscard]] bool on() const { return sink_ != nullptr; }
    [[nodiscard]] Span start(const SpanStart& start, const SpanContext& parent = {}) const;

  private:
    const Clock* clock_ = nullptr;
    Sink* sink_ = nullptr;
    double sample_ratio_ = 0;
};

}  // namespace barid::trace
