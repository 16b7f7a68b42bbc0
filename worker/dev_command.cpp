#include "worker/commands.hpp"

namespace barid::worker {

int run_dev(const config::Settings& /*settings*/, const DevArguments& /*arguments*/) {
    return static_cast<int>(Exit::failed);
}

}  // namespace barid::worker
