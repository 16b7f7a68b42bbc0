#include "worker/commands.hpp"

namespace barid::worker {

int run_doctor(const config::Settings& /*settings*/, bool /*json*/) {
    return static_cast<int>(Exit::failed);
}

}  // namespace barid::worker
