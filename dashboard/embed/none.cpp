// DASHBOARD=OFF: no page.
#include "dashboard/embedded.hpp"

namespace barid::dashboard {

std::span<const web::Asset> assets() {
    return {};
}

}  // namespace barid::dashboard
