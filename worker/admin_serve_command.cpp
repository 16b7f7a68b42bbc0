// `barid admin` alone: serves the API and the dashboard until it is stopped.
#include "worker/commands.hpp"

namespace barid::worker {

int run_admin(const config::Settings&) {
    throw UsageError("this build doesn't serve the API yet");
}

}  // namespace barid::worker
