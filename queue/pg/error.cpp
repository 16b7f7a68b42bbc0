#include "queue/pg/error.hpp"

#include <array>

namespace barid::pg {

bool is_transient_sqlstate(std::string_view sqlstate) {
    static constexpr std::array<std::string_view, 6> kClasses{"08", "40", "53", "55", "57", "58"};
    if (sqlstate.empty()) return true;
    for (const std::string_view prefix : kClasses) {
        if (sqlstate.starts_with(prefix)) return true;
    }
    return false;
}

Error::Error(std::string sqlstate, const std::string& message)
    : barid::Error(is_transient_sqlstate(sqlstate) ? Retry::transient : Retry::permanent, message),
      sqlstate_(std::move(sqlstate)) {}

}  // namespace barid::pg
