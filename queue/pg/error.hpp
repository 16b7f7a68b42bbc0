// What PostgreSQL, or the way to it, said when an operation could not be done.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"

namespace barid::pg {

class Error : public barid::Error {
  public:
    /// `sqlstate` is five characters (PostgreSQL, appendix A), or empty when the server was not
    /// reached or the connection broke. The message never holds the connection string.
    Error(std::string sqlstate, const std::string& message);

    [[nodiscard]] const std::string& sqlstate() const noexcept { return sqlstate_; }
    [[nodiscard]] bool is(std::string_view state) const noexcept { return sqlstate_ == state; }
    /// The connection is gone: whether the statement took effect is unknown.
    [[nodiscard]] bool connection_lost() const noexcept { return sqlstate_.empty(); }

  private:
    std::string sqlstate_;
};

/// Classes 08, 40, 53, 55, 57 and 58 pass; all others need a changed statement or database.
bool is_transient_sqlstate(std::string_view sqlstate);

}  // namespace barid::pg
