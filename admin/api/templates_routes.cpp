#include "admin/api/call.hpp"

namespace barid::api {

void add_templates(Routes& /*routes*/) {}

}  // namespace barid::api
