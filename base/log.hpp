// Structured logging without spdlog in any header but its own .cpp.
//
// A Logger is a small value: copy it, add fields with `with()`, pass it by value. A line is a
// constant message plus typed fields; never build a message from data. On a terminal lines are
// readable; otherwise they are one JSON object each: {"ts","level","msg",fields…}. A Secret
// prints as "***"; a string field is cut at `kMaxFieldBytes`. Thread-safe after `log::init`.
#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/secret.hpp"

namespace barid::log {

enum class Level { debug, info, warn, error, off };
enum class Format { automatic, json, text };

inline constexpr std::size_t kMaxFieldBytes = 2048;

struct Options {
    Level level = Level::info;
    Format format = Format::automatic;  ///< automatic: text on a terminal, JSON elsewhere
    int fd = 2;                         ///< where lines go; standard error by default
};

/// Sets the process-wide sink. Call once, before threads; logging before it goes to stderr.
void init(const Options& options);

/// A name and a value that is already rendered as JSON.
struct Field {
    std::string name;
    std::string json;

    Field(std::string_view field, std::string_view value);
    Field(std::string_view field, const char* value) : Field(field, std::string_view(value)) {}
    Field(std::string_view field, const std::string& value)
        : Field(field, std::string_view(value)) {}
    Field(std::string_view field, const Secret& value);
    Field(std::string_view field, bool value);
    Field(std::string_view field, double value);
    template <std::integral T>
        requires(!std::same_as<T, bool> && !std::same_as<T, char>)
    Field(std::string_view field, T value) : name(field), json(std::to_string(value)) {}
    template <class Rep, class Period>
    Field(std::string_view field, std::chrono::duration<Rep, Period> value)
        : Field(field, std::chrono::duration<double, std::milli>(value).count()) {
        name += "_ms";
    }
};

using Fields = std::initializer_list<Field>;

class Logger {
  public:
    Logger() = default;

    /// A logger whose lines carry these fields too.
    [[nodiscard]] Logger with(Fields fields) const;

    void debug(std::string_view message, Fields fields = {}) const;
    void info(std::string_view message, Fields fields = {}) const;
    void warn(std::string_view message, Fields fields = {}) const;
    void error(std::string_view message, Fields fields = {}) const;

  private:
    void write(Level level, std::string_view message, Fields fields) const;

    std::vector<Field> context_;
};

}  // namespace barid::log
