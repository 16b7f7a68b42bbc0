// A statement's rows, with typed access. Owns the PGresult; movable; rows refer to it.
//
// `get<T>` throws a permanent Error (22P02) when the value does not fit T, and 22004 when it is
// NULL and T is not an optional: both are bugs of the caller's SQL, not of the data.
#pragma once

#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "queue/pg/error.hpp"
#include "queue/pg/params.hpp"

struct pg_result;

namespace barid::pg {

struct ResultDeleter {
    void operator()(pg_result* result) const noexcept;
};
using ResultHandle = std::unique_ptr<pg_result, ResultDeleter>;

class Row {
  public:
    Row(const pg_result* result, int row) : result_(result), row_(row) {}

    [[nodiscard]] bool is_null(int column) const;
    /// The server's text; empty for NULL.
    [[nodiscard]] std::string_view text(int column) const;
    template <class T>
    [[nodiscard]] T get(int column) const;
    template <class T>
    [[nodiscard]] T get(const char* column) const {
        return get<T>(column_index(column));
    }

  private:
    [[nodiscard]] int column_index(const char* column) const;
    [[noreturn]] void bad_value(int column, const char* wanted) const;
    template <class T>
    [[nodiscard]] T convert(int column) const;

    const pg_result* result_;
    int row_;
};

class Result {
  public:
    Result() = default;
    explicit Result(ResultHandle handle) : handle_(std::move(handle)) {}

    [[nodiscard]] int size() const;
    [[nodiscard]] bool empty() const { return size() == 0; }
    [[nodiscard]] Row operator[](int row) const { return {handle_.get(), row}; }
    /// The only row; throws P0002 when there is none and P0003 when there are several.
    [[nodiscard]] Row one() const;
    /// Rows that INSERT, UPDATE, DELETE or COPY changed.
    [[nodiscard]] std::int64_t affected() const;
    /// The columns' names.
    [[nodiscard]] std::vector<std::string> columns() const;
    /// A column's type as PostgreSQL numbers it (pg_type.oid: 16 boolean, 20 bigint, …).
    [[nodiscard]] std::uint32_t type_oid(int column) const;
    /// The command's tag: "SELECT 1", "COMMIT", ….
    [[nodiscard]] std::string_view command() const;

    class Iterator {
      public:
        Iterator(const Result* result, int row) : result_(result), row_(row) {}
        Row operator*() const { return (*result_)[row_]; }
        Iterator& operator++() {
            ++row_;
            return *this;
        }
        bool operator!=(const Iterator& other) const { return row_ != other.row_; }

      private:
        const Result* result_;
        int row_;
    };
    [[nodiscard]] Iterator begin() const { return {this, 0}; }
    [[nodiscard]] Iterator end() const { return {this, size()}; }

  private:
    ResultHandle handle_;
};

namespace detail {
template <class T>
struct IsOptional : std::false_type {};
template <class T>
struct IsOptional<std::optional<T>> : std::true_type {
    using Value = T;
};
}  // namespace detail

template <class T>
T Row::get(int column) const {
    if constexpr (detail::IsOptional<T>::value) {
        if (is_null(column)) return std::nullopt;
        return convert<typename detail::IsOptional<T>::Value>(column);
    } else {
        if (is_null(column)) bad_value(column, "a value that is not NULL");
        return convert<T>(column);
    }
}

template <class T>
T Row::convert(int column) const {
    const std::string_view value = text(column);
    if constexpr (std::is_same_v<T, bool>) {
        if (value != "t" && value != "f") bad_value(column, "boolean");
        return value == "t";
    } else if constexpr (std::is_same_v<T, SystemTime>) {
        return parse_timestamp(value);
    } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::string_view>) {
        return T(value);
    } else {
        T number{};
        const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), number);
        if (ec != std::errc() || end != value.data() + value.size()) bad_value(column, "number");
        return number;
    }
}

/// A one-dimensional array in text format (`{1,2}`), elements as text; NULL elements are skipped.
std::vector<std::string> parse_array(std::string_view text);

}  // namespace barid::pg
