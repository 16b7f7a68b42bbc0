#include "admin/api/call.hpp"

namespace barid::api {

void add_translations(Routes& /*routes*/) {}

}  // namespace barid::api
