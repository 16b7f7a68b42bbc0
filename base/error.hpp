// The root of every exception that Barid throws.
//
// Rule: throw when the operation could not be carried out; return a value when the caller must
// branch on an ordinary outcome. Subsystems derive one class each (`pg::Error`, `http::Error`,
// `media::Error`); `transient()` tells whether doing the same thing again later can succeed.
// Exceptions are caught in three places only: the executor, `TaskGroup` and `main`.
#pragma once

#include <stdexcept>
#include <string>

namespace barid {

class Error : public std::runtime_error {
  public:
    enum class Retry { transient, permanent };

    Error(Retry retry, const std::string& message)
        : std::runtime_error(message), transient_(retry == Retry::transient) {}

    /// True when a later attempt of the same operation can succeed.
    [[nodiscard]] bool transient() const noexcept { return transient_; }

  private:
    bool transient_;
};

/// A deadline passed before the operation ended; transient.
class TimeoutError : public Error {
  public:
    explicit TimeoutError(const std::string& message) : Error(Retry::transient, message) {}
};

}  // namespace barid
