#include "base/otlp_json.hpp"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "base/error.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::trace {
namespace {

std::string json_of(const AttributeValue& value) {
    if (const auto* text = std::get_if<std::string>(&value)) {
        return fmt::format(R"({{"stringValue":{}}})", json_quote(*text));
    }
    if (const auto* number = std::get_if<std::int64_t>(&value)) {
        return fmt::format(R"({{"intValue":"{}"}})", *number);
    }
    if (const auto* flag = std::get_if<bool>(&value)) {
        return fmt::format(R"({{"boolValue":{}}})", *flag);
    }
    const double number = std::get<double>(value);
    // Protobuf's JSON has words for what JSON has no number for.
    if (std::isnan(number)) return R"({"doubleValue":"NaN"})";
    if (std::isinf(number)) {
        return fmt::format(R"({{"doubleValue":"{}Infinity"}})", number < 0 ? "-" : "");
    }
    return fmt::format(R"({{"doubleValue":{}}})", number);
}

void add_attribute(std::string& out, std::string_view key, const AttributeValue& value) {
    if (!out.empty()) out += ',';
    out += fmt::format(R"({{"key":{},"value":{}}})", json_quote(key), json_of(value));
}

std::string attributes_of(const std::vector<Attribute>& attributes) {
    std::string out;
    for (const Attribute& each : attributes) add_attribute(out, each.key, each.value);
    return out;
}

std::string json_of(const SpanData& span) {
    const auto start =
        std::chrono::duration_cast<std::chrono::nanoseconds>(span.start.time_since_epoch());
    std::string out = fmt::format(R"({{"traceId":"{}","spanId":"{}",)",
                                  to_hex(span.context.trace_id), to_hex(span.context.span_id));
    if (span.parent != SpanId{}) {
        out += fmt::format(R"("parentSpanId":"{}",)", to_hex(span.parent));
    }
    // The low byte of `flags` is the traceparent's.
    out += fmt::format(
        R"("flags":1,"name":{},"kind":{},"startTimeUnixNano":"{}","endTimeUnixNano":"{}",)",
        json_quote(span.name), static_cast<int>(span.kind), start.count(),
        (start + span.duration).count());
    out += fmt::format(R"("attributes":[{}],"status":{{)", attributes_of(span.attributes));
    if (span.status != Status::unset) {
        out += fmt::format(R"("code":{})", static_cast<int>(span.status));
        if (!span.description.empty()) {
            out += fmt::format(R"(,"message":{})", json_quote(span.description));
        }
    }
    out += "}}";
    return out;
}

}  // namespace

std::string otlp_request(const Resource& resource, const std::vector<SpanData>& spans) {
    std::string about;
    add_attribute(about, "service.name", resource.service_name);
    if (!resource.service_version.empty()) {
        add_attribute(about, "service.version", resource.service_version);
    }
    if (!resource.instance_id.empty()) {
        add_attribute(about, "service.instance.id", resource.instance_id);
    }
    std::string list;
    for (const SpanData& span : spans) {
        if (!list.empty()) list += ',';
        list += json_of(span);
    }
    return fmt::format(R"({{"resourceSpans":[{{"resource":{{"attributes":[{}]}},)"
                       R"("scopeSpans":[{{"scope":{{"name":"barid","version":{}}},)"
                       R"("spans":[{}]}}]}}]}})",
                       about, json_quote(resource.service_version), list);
}

std::uint64_t otlp_rejected(std::string_view answer) {
    try {
        const json::value root = parse_json(answer);
        const json::value* count =
            root.is_object() ? root.as_object().if_contains("partialSuccess") : nullptr;
        if (count != nullptr && count->is_object()) {
            count = count->as_object().if_contains("rejectedSpans");
        }
        if (count == nullptr) return 0;
        if (const auto* number = count->if_int64()) {
            return *number > 0 ? static_cast<std::uint64_t>(*number) : 0;
        }
        const json::string* text = count->if_string();
        std::uint64_t parsed = 0;
        if (text != nullptr) std::from_chars(text->data(), text->data() + text->size(), parsed);
        return parsed;
    } catch (const Error&) {
        return 0;
    }
}

}  // namespace barid::trace
