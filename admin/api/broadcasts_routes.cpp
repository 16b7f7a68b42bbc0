#include "admin/api/call.hpp"

namespace barid::api {

void add_broadcasts(Routes& /*routes*/) {}

}  // namespace barid::api
