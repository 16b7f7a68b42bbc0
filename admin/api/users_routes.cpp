#include "admin/api/call.hpp"

namespace barid::api {

void add_users(Routes& /*routes*/) {}

}  // namespace barid::api
