// Runs the test against Ceph's gateway (tests/support/rgw.sh), one for the whole program.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <sstream>

#include "tests/fault/media/media_storage.hpp"
#include "tests/support/child_process.hpp"

int main(int count, char** arguments) {
    using namespace std::chrono_literals;
    constexpr int kSkipped = 77;  // What CTest calls "Skipped" (SKIP_RETURN_CODE).
    testing::InitGoogleTest(&count, arguments);
    barid::support::ChildProcess server({BARID_TEST_SUPPORT "/rgw.sh", BARID_RGW_PACKAGES});
    std::string ready;
    try {
        ready = server.wait_for_line("READY", 8min);
    } catch (const std::runtime_error&) {
        const bool skipped = server.wait(10s) == kSkipped;
        std::fputs(skipped ? "*** SKIPPED: Ceph's packages can't be downloaded here ***\n"
                           : "the S3 gateway did not start\n",
                   stderr);
        return skipped ? kSkipped : 1;
    }
    int port = 0;
    barid::fault::Gateway& gateway = barid::fault::gateway();
    std::istringstream(ready) >> port >> gateway.access_key >> gateway.secret_key;
    gateway.endpoint = fmt::format("http://127.0.0.1:{}", port);
    const int result = RUN_ALL_TESTS();
    // Asked to stop, it also removes its files; killed, it could not.
    server.signal(SIGTERM);
    server.wait(20s);
    return result;
}
