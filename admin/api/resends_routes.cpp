#include "admin/api/call.hpp"

namespace barid::api {

void add_resends(Routes& /*routes*/) {}

}  // namespace barid::api
