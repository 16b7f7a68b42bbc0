// Typed statement parameters, sent in text format; the server infers types, so cast in the SQL
// (`$1::bigint[]`). Text that PostgreSQL can't store (NUL, invalid UTF-8) is refused here, with
// the SQLSTATE that the server would use, before anything is sent.
#pragma once

#include <chrono>
#include <concepts>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace barid::pg {

/// Builds a text-format array literal: `{1,2,NULL,"a b"}`.
class ArrayBuilder {
  public:
    void add(std::int64_t value);
    void add(std::string_view value);
    void add_null();
    void reserve(std::size_t bytes) { text_.reserve(bytes); }
    [[nodiscard]] std::string finish() &&;

  private:
    void comma();
    std::string text_ = "{";
};

class Params {
  public:
    Params() = default;
    template <class... Ts>
        requires(sizeof...(Ts) > 0)
    explicit Params(const Ts&... values) {
        values_.reserve(sizeof...(Ts));
        (add(values), ...);
    }

    void add(std::nullptr_t) { values_.emplace_back(); }
    void add(std::nullopt_t) { values_.emplace_back(); }
    void add(bool value) { values_.emplace_back(value ? "true" : "false"); }
    template <std::integral T>
        requires(!std::same_as<T, bool> && !std::same_as<T, char>)
    void add(T value) { values_.emplace_back(std::to_string(value)); }
    void add(double value);
    /// Throws Error 22021 on NUL or invalid UTF-8.
    void add(std::string_view value);
    void add(const std::string& value) { add(std::string_view(value)); }
    void add(const char* value) { add(std::string_view(value)); }
    /// As timestamptz, UTC, microseconds.
    void add(SystemTime value);
    /// As interval.
    void add(std::chrono::microseconds value);
    template <class T>
    void add(const std::optional<T>& value) {
        if (value) add(*value);
        else values_.emplace_back();
    }
    void add(std::span<const std::int64_t> values);
    void add(const std::vector<std::int64_t>& values) { add(std::span(values)); }
    void add(std::span<const std::string> values);
    void add(const std::vector<std::string>& values) { add(std::span(values)); }
    void add(ArrayBuilder array) { values_.emplace_back(std::move(array).finish()); }

    [[nodiscard]] std::size_t size() const { return values_.size(); }
    /// nullptr for NULL. Valid as long as this object is.
    [[nodiscard]] const char* c_str(std::size_t i) const {
        return values_[i] ? values_[i]->c_str() : nullptr;
    }

  private:
    std::vector<std::optional<std::string>> values_;
};

/// `2026-11-21 10:00:00.123456+00`, what timestamptz reads.
std::string format_timestamp(SystemTime time);
/// Reads timestamptz's ISO output in any zone offset; throws a permanent Error on other text.
SystemTime parse_timestamp(std::string_view text);

}  // namespace barid::pg
