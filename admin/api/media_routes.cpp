#include "admin/api/call.hpp"

namespace barid::api {

void add_media(Routes& /*routes*/) {}

}  // namespace barid::api
