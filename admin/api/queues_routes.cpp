#include "admin/api/call.hpp"

namespace barid::api {

void add_queues(Routes& /*routes*/) {}

}  // namespace barid::api
