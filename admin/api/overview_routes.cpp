#include "admin/api/call.hpp"

namespace barid::api {

void add_overview(Routes& /*routes*/) {}

}  // namespace barid::api
