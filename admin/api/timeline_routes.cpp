#include "admin/api/call.hpp"

namespace barid::api {

void add_timeline(Routes& /*routes*/) {}

}  // namespace barid::api
