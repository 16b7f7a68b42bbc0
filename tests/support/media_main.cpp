// The main() of test programs that decode in-process: libvips is set up once, before any test.
#include <gtest/gtest.h>

#include "media/vips_runtime.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
/// libx265 forgets a block whenever a test writes a HEIC file; nothing of ours calls it.
extern "C" const char* __lsan_default_suppressions() {
    return "leak:libx265";
}
#endif
#endif

int main(int argc, char** argv) {
    barid::media::start_vips();
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
