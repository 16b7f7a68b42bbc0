// The scalar values of a configuration: how they are written, read and shown again. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/settings.hpp"

namespace barid::config {

using Texts = std::vector<std::string>;
using Integers = std::vector<std::int64_t>;

/// A value after TOML or the environment, before it has a meaning.
using Value = std::variant<std::string, std::int64_t, bool, Texts, Integers>;

/// What a key takes. Durations, sizes, addresses and choices are written as text.
enum class Shape { text, integer, boolean, texts, integers };

/// "250ms", "30s", "5m", "1h": a whole number and its unit, at most ten years.
std::optional<Duration> parse_duration(std::string_view text);
/// The shortest exact form that `parse_duration` reads.
std::string show_duration(Duration duration);

/// "512B", "64KiB", "8MiB", "1GiB".
std::optional<std::uint64_t> parse_size(std::string_view text);
std::string show_size(std::uint64_t bytes);

/// "127.0.0.1:8787", "[::1]:8787", or "" or "off" for none; an address, not a name.
std::optional<Bind> parse_bind(std::string_view text);
std::string show_bind(const Bind& bind);

/// An absolute http or https URL with a host and without user, query or fragment.
bool is_http_url(std::string_view text);

/// A host name or an address as DNS and `inet_pton` know them: no port, no brackets, no wildcard.
bool is_host(std::string_view text);

/// What a variable says, in the shape its key wants; lists are separated by commas.
std::optional<Value> parse_variable(Shape shape, std::string_view text);

/// As a TOML value.
std::string show_value(const Value& value);

/// The candidate that `word` was most likely meant to be, or nothing when none is close.
std::optional<std::string> nearest(std::string_view word, const Texts& candidates);

}  // namespace barid::config
