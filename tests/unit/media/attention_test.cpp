#include "media/attention.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "base/error.hpp"

namespace barid::media {
namespace {

using Colour = std::array<int, 4>;

/// 32 × 24 pixels whose colours are a function of their place.
template <class F>
Point attention_in(F colour) {
    std::vector<std::uint8_t> rgba;
    for (int y = 0; y < 24; ++y) {
        for (int x = 0; x < 32; ++x) {
            for (const int v : colour(x, y)) rgba.push_back(static_cast<std::uint8_t>(v));
        }
    }
    return attention(32, 24, rgba);
}

bool within(int x, int y, int left, int top) {
    return x >= left && x < left + 6 && y >= top && y < top + 6;
}

TEST(Attention, OfAnEvenPictureIsItsMiddle) {
    const Point point = attention_in([](int, int) { return Colour{90, 90, 90, 255}; });
    EXPECT_DOUBLE_EQ(point.x, 0.5);
    EXPECT_DOUBLE_EQ(point.y, 0.5);
}

TEST(Attention, GoesToWhereThereIsDetail) {
    const Point point = attention_in([](int x, int y) {
        const int v = within(x, y, 22, 3) ? (x + y) % 2 * 255 : 128;
        return Colour{v, v, v, 255};
    });
    EXPECT_NEAR(point.x, 25.0 / 32, 0.08);
    EXPECT_NEAR(point.y, 6.0 / 24, 0.08);
}

TEST(Attention, PrefersStrongColourAndSkinToGrey) {
    for (const Colour& subject :
         {Colour{220, 40, 60, 255}, Colour{224, 172, 140, 255}, Colour{120, 75, 55, 255}}) {
        const Point point = attention_in([&](int x, int y) {
            // A grey square of the same lightness has edges as hard.
            const int grey = (2 * subject[0] + 7 * subject[1] + subject[2]) / 10;
            if (within(x, y, 5, 9)) return subject;
            if (within(x, y, 21, 9)) return Colour{grey, grey, grey, 255};
            return Colour{245, 245, 245, 255};
        });
        EXPECT_LT(point.x, 0.5) << subject[0];
    }
}

TEST(Attention, IsNotDrawnByWhatIsTransparent) {
    const Point point = attention_in([](int x, int y) {
        if (within(x, y, 3, 3)) return Colour{(x + y) % 2 * 255, 0, 0, 0};
        if (within(x, y, 22, 14)) return Colour{250, 0, 0, 255};
        return Colour{200, 200, 200, 255};
    });
    EXPECT_GT(point.x, 0.5);
}

TEST(Attention, TakesTheNearerToTheMiddleOfTwoEqualOnes) {
    const Point point = attention_in([](int x, int y) {
        return within(x, y, 0, 0) || within(x, y, 17, 9) ? Colour{200, 0, 0, 255}
                                                         : Colour{220, 220, 220, 255};
    });
    EXPECT_NEAR(point.x, 20.0 / 32, 0.08);
}

TEST(Attention, RefusesWrongSizes) {
    EXPECT_THROW((void)attention(2, 2, std::vector<std::uint8_t>(15)), barid::Error);
    EXPECT_THROW((void)attention(0, 0, {}), barid::Error);
    EXPECT_NO_THROW((void)attention(1, 1, std::vector<std::uint8_t>(4)));
}

}  // namespace
}  // namespace barid::media
