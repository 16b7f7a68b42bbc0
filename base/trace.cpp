#include "base/trace.hpp"

#include "base/text.hpp"

namespace barid::trace {

void Span::add(std::string_view key, AttributeValue value) {
    auto& attributes = data_->data.attributes;
    for (Attribute& attribute : attributes) {
        if (attribute.key != key) continue;
        attribute.value = std::move(value);
        return;
    }
    if (attributes.size() < kMaxAttributes)
        attributes.push_back({std::string(key), std::move(value)});
}

void Span::set(std::string_view key, std::string_view text) {
    if (data_) add(key, truncate_utf8(scrub_utf8(text), kMaxTextBytes));
}

void Span::set(std::string_view key, std::int64_t number) {
    if (data_) add(key, number);
}

void Span::set(std::string_view key, double number) {
    if (data_) add(key, number);
}

void Span::set(std::string_view key, bool value) {
    if (data_) add(key, value);
}

void Span::fail(std::string_view type, std::string_view description) {
    if (!data_) return;
    set("error.type", type);
    data_->data.status = Status::error;
    data_->data.description = truncate_utf8(scrub_utf8(description), kMaxTextBytes);
}

void Span::end() {
    if (!data_) return;
    const auto recording = std::move(data_);
    recording->data.duration = recording->clock.steady_now() - recording->started;
    recording->sink.add(std::move(recording->data));
}

const Tracer& Tracer::off() {
    static const Tracer tracer;
    return tracer;
}

Span Tracer::start(const SpanStart& start, const SpanContext& parent) const {
    if (!on()) return Span(parent);
    SpanContext context;
    if (parent.valid()) {
        context.trace_id = parent.trace_id;
        context.sampled = parent.sampled;
    } else {
        context.trace_id = start.trace_id == TraceId{} ? new_trace_id() : start.trace_id;
        context.sampled = is_sampled(context.trace_id, sample_ratio_);
    }
    context.span_id = new_span_id();
    Span span(context);
    if (!context.sampled) return span;
    span.data_ = std::make_unique<Span::Recording>(
        Span::Recording{.data = {.context = context,
                                 .parent = parent.valid() ? parent.span_id : SpanId{},
                                 .name = truncate_utf8(scrub_utf8(start.name), kMaxTextBytes),
                                 .kind = start.kind,
                                 .start = clock_->system_now()},
                        .started = clock_->steady_now(),
                        .clock = *clock_,
                        .sink = *sink_});
    return span;
}

}  // namespace barid::trace
