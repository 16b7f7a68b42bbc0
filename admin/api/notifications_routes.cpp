#include "admin/api/call.hpp"

namespace barid::api {

void add_notifications(Routes& /*routes*/) {}

}  // namespace barid::api
