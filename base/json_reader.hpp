// Reads a JSON object into a typed value and collects every violation instead of stopping at the
// first: people mend a payload once. Pure; not thread-safe.
//
//     JsonReader in(payload);
//     Payload p{.user = in.text("user", {.max_bytes = 128}), .ttl = in.integer("ttl", {.min = 0})};
//     in.finish();   // throws PayloadError with all violations, unknown keys among them
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace barid {

/// `at` is a JSON pointer ("/title/en"); `problem` says what is wrong and what would be right.
struct Violation {
    std::string at;
    std::string problem;
};

/// Permanent: the same payload can never work. what() names every violation.
class PayloadError : public Error {
  public:
    explicit PayloadError(std::vector<Violation> violations);
    [[nodiscard]] const std::vector<Violation>& violations() const { return violations_; }

  private:
    std::vector<Violation> violations_;
};

struct TextRule {
    std::size_t min_bytes = 1;
    std::size_t max_bytes = 4096;
    std::vector<std::string> one_of = {};  ///< empty: any text
};

struct IntegerRule {
    std::int64_t min = std::numeric_limits<std::int64_t>::min();
    std::int64_t max = std::numeric_limits<std::int64_t>::max();
};

class JsonReader {
  public:
    /// `value` must outlive the reader and its children; anything but an object is a violation.
    explicit JsonReader(const json::value& value);

    // Required fields return an empty value after noting a violation.
    std::string text(std::string_view key, const TextRule& rule = {});
    std::int64_t integer(std::string_view key, const IntegerRule& rule = {});
    std::optional<std::string> optional_text(std::string_view key, const TextRule& rule = {});
    std::optional<std::int64_t> optional_integer(std::string_view key,
                                                 const IntegerRule& rule = {});
    std::optional<bool> optional_boolean(std::string_view key);
    /// A list of texts; missing gives an empty list.
    std::vector<std::string> optional_texts(std::string_view key, std::size_t max_items,
                                            const TextRule& rule = {});
    /// The raw value, or nullptr when missing (null counts as missing); marks the key as known.
    const json::value* optional_value(std::string_view key);
    const json::object* optional_object(std::string_view key);
    const json::object* object(std::string_view key);

    /// Notes a violation of the caller's own; `at` is relative to this object ("/title/en").
    void violate(std::string_view at, std::string problem);
    [[nodiscard]] bool ok() const { return violations_.empty(); }

    /// Notes unknown keys and throws PayloadError when there is any violation.
    void finish();

  private:
    const json::value* find(std::string_view key, bool required);

    const json::object* object_ = nullptr;
    std::set<std::string, std::less<>> known_;
    std::vector<Violation> violations_;
};

}  // namespace barid
