// Token buckets, and passwords' rule.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "admin/access/password.hpp"
#include "admin/access/rate_limiter.hpp"

namespace barid::access {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{1000h};

TEST(RateLimiter, GivesABurstAndThenItsRate) {
    RateLimiter limiter(2, 5);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.take("a", kStart));
    EXPECT_EQ(limiter.empty("a", kStart), 1s);
    EXPECT_EQ(limiter.take("a", kStart), 1s);
    EXPECT_FALSE(limiter.take("b", kStart)) << "others have a bucket of their own";
    EXPECT_FALSE(limiter.take("a", kStart + 500ms));
    EXPECT_EQ(limiter.take("a", kStart + 500ms), 1s);
    for (int i = 0; i < 5; ++i) EXPECT_FALSE(limiter.take("a", kStart + 1h));
    EXPECT_TRUE(limiter.take("a", kStart + 1h)) << "a bucket holds no more than its burst";
}

TEST(RateLimiter, SaysHowLongASlowBucketTakes) {
    RateLimiter limiter(0.1, 1);
    EXPECT_FALSE(limiter.take("a", kStart));
    EXPECT_EQ(limiter.take("a", kStart), 10s);
    EXPECT_EQ(limiter.take("a", kStart + 4s), 6s);
}

TEST(RateLimiter, ForgetsTheBucketThatWasUsedLongestAgo) {
    RateLimiter limiter(1, 1, 3);
    for (const char* key : {"a", "b", "c"}) EXPECT_FALSE(limiter.take(key, kStart));
    EXPECT_TRUE(limiter.take("a", kStart));
    EXPECT_FALSE(limiter.take("d", kStart));
    EXPECT_EQ(limiter.buckets(), 3U);
    EXPECT_FALSE(limiter.empty("b", kStart)) << "forgotten";
    EXPECT_TRUE(limiter.empty("a", kStart)) << "used since";
    for (int i = 0; i < 10'000; ++i) limiter.take(fmt::format("{}", i), kStart);
    EXPECT_EQ(limiter.buckets(), 3U);
}

TEST(ClientNetworks, AreWhatOneClientCanCall) {
    EXPECT_EQ(client_network("192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(client_network("::ffff:192.0.2.7"), "192.0.2.7");
    EXPECT_EQ(client_network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    EXPECT_EQ(client_network("2001:db8:1:2::1"), client_network("2001:db8:1:2:ffff::"));
    EXPECT_EQ(client_network("unknown"), "unknown");
    EXPECT_EQ(client_network(std::string(500, 'x')).size(), 100U);
}

TEST(Passwords, HaveTwelveToHundredTwentyEightCharacters) {
    EXPECT_TRUE(password_problem("elevenchars", "nora"));
    EXPECT_FALSE(password_problem("twelve chars", "nora"));
    EXPECT_FALSE(password_problem("كلمة السر هي", "nora")) << "characters, not bytes";
    EXPECT_TRUE(password_problem("كلمة السر", "nora"));
    std::string longest;
    for (int i = 0; i < 64; ++i) longest += "صح";
    EXPECT_FALSE(password_problem(longest, "nora"));
    EXPECT_TRUE(password_problem(longest + "x", "nora"));
}

TEST(Passwords, AreNotTheLoginOrOneCharacter) {
    EXPECT_TRUE(password_problem("Nora.Al-Shop", "nora.al-shop"));
    EXPECT_TRUE(password_problem("aaaaaaaaaaaaaaaa", "nora"));
    EXPECT_TRUE(password_problem("twelve chars\xff", "nora"));
    EXPECT_TRUE(password_problem("", "nora"));
}

}  // namespace
}  // namespace barid::access
