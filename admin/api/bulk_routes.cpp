#include "admin/api/call.hpp"

namespace barid::api {

void add_bulk(Routes& /*routes*/) {}

}  // namespace barid::api
