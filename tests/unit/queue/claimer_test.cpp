#include "queue/claimer.hpp"

#include <gtest/gtest.h>

namespace barid::queue {
namespace {

TEST(Claimer, ReadsTheWorkerFromTheClaimsId) {
    EXPECT_EQ(worker_of_claim("00000000-0000-002a-9c01-5b0f6a1d2e3f"), 42);
    EXPECT_EQ(worker_of_claim("7fffffff-ffff-ffff-0000-000000000000"), INT64_MAX);
}

TEST(Claimer, FindsNoWorkerInWhatIsNoClaimsId) {
    EXPECT_EQ(worker_of_claim(""), 0);
    EXPECT_EQ(worker_of_claim("c1"), 0);
    EXPECT_EQ(worker_of_claim("zzzzzzzz-zzzz-zzzz-9c01-5b0f6a1d2e3f"), 0);
}

}  // namespace
}  // namespace barid::queue
