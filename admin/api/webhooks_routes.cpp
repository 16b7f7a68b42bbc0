#include "admin/api/call.hpp"

namespace barid::api {

void add_webhooks(Routes& /*routes*/) {}

}  // namespace barid::api
