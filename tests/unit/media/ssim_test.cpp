#include "media/ssim.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "base/error.hpp"

namespace barid::media {
namespace {

using Grey = std::vector<std::uint8_t>;

Grey noise(std::size_t size, unsigned seed) {
    std::mt19937 random(seed);
    Grey grey(size);
    for (auto& value : grey) value = static_cast<std::uint8_t>(random() % 256);
    return grey;
}

TEST(Ssim, OfAPictureWithItselfIsOne) {
    const Grey a = noise(40 * 30, 1);
    EXPECT_DOUBLE_EQ(ssim(a, a, 40, 30), 1);
    EXPECT_DOUBLE_EQ(ssim(Grey(12, 0), Grey(12, 0), 4, 3), 1);
    EXPECT_DOUBLE_EQ(ssim(Grey(1, 9), Grey(1, 9), 1, 1), 1);
}

TEST(Ssim, OfTwoFlatGreysIsTheTermForTheirMeans) {
    // No variance, no covariance: (2·μa·μb + C1) / (μa² + μb² + C1), C1 = (0.01·255)².
    const double c1 = 2.55 * 2.55;
    const double wanted = (2 * 100.0 * 150 + c1) / (100.0 * 100 + 150.0 * 150 + c1);
    EXPECT_NEAR(ssim(Grey(256, 100), Grey(256, 150), 16, 16), wanted, 1e-12);
}

TEST(Ssim, OfANegativeIsBelowZero) {
    Grey a = noise(64 * 64, 2);
    Grey b = a;
    for (auto& value : b) value = static_cast<std::uint8_t>(255 - value);
    EXPECT_LT(ssim(a, b, 64, 64), -0.5);
}

TEST(Ssim, FallsWithTheAmountOfNoise) {
    Grey wave(64 * 64);
    for (std::size_t i = 0; i < wave.size(); ++i) {
        wave[i] = static_cast<std::uint8_t>(128 + 80 * std::sin(static_cast<double>(i % 64) / 5));
    }
    double last = 1;
    for (const int amount : {4, 16, 64}) {
        std::mt19937 random(3);
        Grey noisy = wave;
        for (auto& value : noisy) {
            const int change = static_cast<int>(random() % static_cast<unsigned>(2 * amount + 1));
            value = static_cast<std::uint8_t>(std::clamp(value + change - amount, 0, 255));
        }
        const double now = ssim(wave, noisy, 64, 64);
        EXPECT_LT(now, last) << amount;
        last = now;
    }
    EXPECT_LT(last, 0.8);
}

TEST(Ssim, RefusesPicturesOfOtherSizes) {
    EXPECT_THROW((void)ssim(Grey(10), Grey(11), 5, 2), barid::Error);
    EXPECT_THROW((void)ssim(Grey(0), Grey(0), 0, 0), barid::Error);
}

}  // namespace
}  // namespace barid::media
