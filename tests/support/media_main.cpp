// The main() of test programs that decode in-process: libvips is set up once, before any test.
#include <gtest/gtest.h>

#include "media/vips_runtime.hpp"

int main(int argc, char** argv) {
    barid::media::start_vips();
    ::testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
}
