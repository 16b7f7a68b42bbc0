#include "admin/api/call.hpp"

namespace barid::api {

void add_audit(Routes& /*routes*/) {}

}  // namespace barid::api
