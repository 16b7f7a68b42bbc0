// What is done to one job: retry, cancel, run now, reschedule, priority. Io thread only.
#pragma once

#include "admin/api/route.hpp"

namespace barid::api {

/// Called by add_jobs, whose schema "Job" they answer.
void add_job_actions(Routes& routes);

}  // namespace barid::api
