#include "admin/api/call.hpp"

namespace barid::api {

void add_schedules(Routes& /*routes*/) {}

}  // namespace barid::api
