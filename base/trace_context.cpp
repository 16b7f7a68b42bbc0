#include "base/trace_context.hpp"

#include <algorithm>
#include <cstring>

#include "base/crypto.hpp"

namespace barid::trace {
namespace {

/// version "-" trace-id "-" parent-id "-" trace-flags (§3.2.1).
constexpr std::size_t kLength = 55;

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    return -1;
}

/// Lower case only: §3.2 has no other digits.
template <std::size_t Size>
std::optional<std::array<std::uint8_t, Size>> from_hex(std::string_view text) {
    std::array<std::uint8_t, Size> bytes{};
    if (text.size() != 2 * Size) return std::nullopt;
    for (std::size_t i = 0; i < Size; ++i) {
        const int high = hex_digit(text[2 * i]);
        const int low = hex_digit(text[2 * i + 1]);
        if (high < 0 || low < 0) return std::nullopt;
        bytes[i] = static_cast<std::uint8_t>(high * 16 + low);
    }
    return bytes;
}

template <std::size_t Size>
std::string hex_of(const std::array<std::uint8_t, Size>& bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * Size);
    for (const std::uint8_t byte : bytes) {
        text += kDigits[byte >> 4U];
        text += kDigits[byte & 15U];
    }
    return text;
}

template <std::size_t Size>
std::array<std::uint8_t, Size> random_id() {
    std::array<std::uint8_t, Size> id{};
    while (id == std::array<std::uint8_t, Size>{}) {
        const std::string bytes = random_bytes(Size);
        std::memcpy(id.data(), bytes.data(), Size);
    }
    return id;
}

}  // namespace

std::optional<SpanContext> parse_traceparent(std::string_view text) {
    if (text.size() < kLength || text[2] != '-' || text[35] != '-' || text[52] != '-') {
        return std::nullopt;
    }
    const auto version = from_hex<1>(text.substr(0, 2));
    if (!version || (*version)[0] == 0xff) return std::nullopt;
    const bool longer = text.size() > kLength;
    if (longer && ((*version)[0] == 0 || text[kLength] != '-')) return std::nullopt;
    const auto trace = from_hex<16>(text.substr(3, 32));
    const auto span = from_hex<8>(text.substr(36, 16));
    const auto flags = from_hex<1>(text.substr(53, 2));
    if (!trace || !span || !flags) return std::nullopt;
    const SpanContext context{*trace, *span, ((*flags)[0] & 1U) != 0};
    return context.valid() ? std::optional(context) : std::nullopt;
}

std::string format_traceparent(const SpanContext& context) {
    if (!context.valid()) return {};
    return "00-" + hex_of(context.trace_id) + '-' + hex_of(context.span_id) +
           (context.sampled ? "-01" : "-00");
}

std::string to_hex(const TraceId& id) {
    return hex_of(id);
}

std::string to_hex(const SpanId& id) {
    return hex_of(id);
}

TraceId new_trace_id() {
    return random_id<16>();
}

SpanId new_span_id() {
    return random_id<8>();
}

TraceId trace_id_of(std::string_view seed) {
    const Sha256Digest digest = sha256(seed);
    TraceId id{};
    std::copy_n(digest.begin(), id.size(), id.begin());
    return id;
}

bool is_sampled(const TraceId& id, double ratio) {
    if (ratio <= 0) return false;
    if (ratio >= 1) return true;
    std::uint64_t low = 0;
    for (std::size_t i = 9; i < id.size(); ++i) low = low << 8U | id[i];
    return static_cast<double>(low) < ratio * 0x1.0p56;
}

}  // namespace barid::trace
