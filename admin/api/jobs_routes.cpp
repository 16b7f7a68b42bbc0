#include "admin/api/call.hpp"

namespace barid::api {

void add_jobs(Routes& /*routes*/) {}

}  // namespace barid::api
