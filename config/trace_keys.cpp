// The keys of [trace].
#include <charconv>

#include "config/key_types.hpp"

// Ties a key to its member for reading (const) and writing alike.
#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {
namespace {

/// "0", "1", "0.05": digits and a point, nothing else.
bool is_ratio(std::string_view text) {
    double number = 0;
    const auto [end, error] =
        std::from_chars(text.data(), text.data() + text.size(), number, std::chars_format::fixed);
    return error == std::errc() && end == text.data() + text.size() && text.size() <= 20 &&
           text.front() != '-' && number >= 0 && number <= 1;
}

}  // namespace

std::vector<Key> trace_keys() {
    const TextKey endpoint = {.allowed =
                                  "an http or https URL without user, query or fragment, like "
                                  "\"http://collector:4318\"",
                              .valid = is_http_url,
                              .usual_variable = "OTEL_EXPORTER_OTLP_ENDPOINT"};
    const TextKey service = {.allowed = "a text of 1 to 255 bytes",
                             .valid = [](std::string_view text) { return text.size() <= 255; },
                             .usual_variable = "OTEL_SERVICE_NAME"};
    const SecretsKey headers = {
        .allowed =
            "a list of headers like \"Authorization: Bearer abc\", but not those of the message "
            "itself (Content-…, Host, webhook-…)",
        .valid = is_added_header};
    return {
        text_key("trace.endpoint", BARID_AT(trace.endpoint), endpoint),
        secrets_key("trace.headers", BARID_AT(trace.headers), headers),
        text_key("trace.service_name", BARID_AT(trace.service_name), service),
        text_key("trace.sample_ratio", BARID_AT(trace.sample_ratio),
                 {.allowed = "a number from 0 to 1 like \"0.05\"", .valid = is_ratio}),
    };
}

}  // namespace barid::config
