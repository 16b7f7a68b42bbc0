// The keys of [admin]: the API and the dashboard.
#include "config/key_types.hpp"

#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {

using namespace std::chrono_literals;

std::vector<Key> admin_keys() {
    return {
        boolean_key("admin.enabled", BARID_AT(admin.enabled)),
        integer_key("admin.connections", BARID_AT(admin.connections), 1, 100),
        duration_key("admin.statement_timeout", BARID_AT(admin.statement_timeout), 100ms, 1min),
    };
}

}  // namespace barid::config
