#include "media/thumbhash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.hpp"

namespace barid::media {
namespace {

using Rgba = std::array<double, 4>;

/// A reader of the published format, written apart from the encoder: the picture at (x, y), 0–1.
class Decoder {
  public:
    explicit Decoder(const std::string& hash) : hash_(hash) {
        const unsigned head = byte(0) | byte(1) << 8U | byte(2) << 16U;
        const unsigned shape = byte(3) | byte(4) << 8U;
        mean_ = {(head & 63U) / 63.0, (head >> 6U & 63U) / 31.5 - 1, (head >> 12U & 63U) / 31.5 - 1,
                 1};
        alpha = (head >> 23U) != 0;
        landscape = (shape >> 15U) != 0;
        const int small = static_cast<int>(shape & 7U);
        const int large = alpha ? 5 : 7;
        lx = std::max(3, landscape ? large : small);
        ly = std::max(3, landscape ? small : large);
        at_ = alpha ? 12 : 10;
        if (alpha) mean_[3] = (byte(5) & 15U) / 15.0;
        const double a_scale = alpha ? (byte(5) >> 4U) / 15.0 : 0;
        terms_[0] = read(lx, ly, (head >> 18U & 31U) / 31.0);
        terms_[1] = read(3, 3, (shape >> 3U & 63U) / 63.0 * 1.25);
        terms_[2] = read(3, 3, (shape >> 9U & 63U) / 63.0 * 1.25);
        if (alpha) terms_[3] = read(5, 5, a_scale);
    }

    [[nodiscard]] Rgba at(double x, double y) const {
        std::array<double, 4> v = mean_;
        for (std::size_t c = 0; c < 4; ++c) {
            for (const Term& t : terms_[c]) {
                v[c] += 2 * t.value * std::cos(std::numbers::pi * t.cx * x) *
                        std::cos(std::numbers::pi * t.cy * y);
            }
        }
        const double b = v[0] - 2.0 / 3 * v[1];
        const double r = (3 * v[0] - b + v[2]) / 2;
        return {r, r - v[2], b, v[3]};
    }
    [[nodiscard]] bool used_all() const { return (at_ + 1) / 2 == hash_.size(); }

    bool alpha = false;
    bool landscape = false;
    int lx = 0;
    int ly = 0;

  private:
    struct Term {
        int cx;
        int cy;
        double value;
    };
    [[nodiscard]] unsigned byte(std::size_t i) const {
        return static_cast<unsigned char>(hash_.at(i));
    }
    std::vector<Term> read(int nx, int ny, double scale) {
        std::vector<Term> terms;
        for (int cy = 0; cy < ny; ++cy) {
            for (int cx = cy == 0 ? 1 : 0; cx * ny < nx * (ny - cy); ++cx, ++at_) {
                const unsigned nibble = byte(at_ / 2) >> (at_ % 2 == 0 ? 0U : 4U) & 15U;
                terms.push_back({cx, cy, (nibble / 7.5 - 1) * scale});
            }
        }
        return terms;
    }

    const std::string& hash_;
    std::array<double, 4> mean_{};
    std::array<std::vector<Term>, 4> terms_;
    std::size_t at_ = 0;
};

template <class F>
std::string hash_of(int width, int height, F colour) {
    std::vector<std::uint8_t> rgba;
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            for (const double v : colour((x + 0.5) / width, (y + 0.5) / height)) {
                rgba.push_back(static_cast<std::uint8_t>(std::lround(v)));
            }
        }
    }
    return thumbhash(width, height, rgba);
}

TEST(ThumbHash, OfOneColourDecodesToIt) {
    for (const Rgba& colour : {Rgba{200, 30, 30, 255}, Rgba{30, 160, 40, 255}, Rgba{0, 0, 0, 255},
                               Rgba{255, 255, 255, 255}}) {
        const std::string hash = hash_of(40, 40, [&](double, double) { return colour; });
        EXPECT_LE(hash.size(), 25U);
        const Decoder decoder(hash);
        EXPECT_FALSE(decoder.alpha);
        EXPECT_TRUE(decoder.used_all());
        const Rgba seen = decoder.at(0.5, 0.5);
        for (std::size_t c = 0; c < 3; ++c) EXPECT_NEAR(seen[c], colour[c] / 255, 0.04) << c;
    }
}

TEST(ThumbHash, OfABlackSquareIsWhatTheFormatSays) {
    // Worked out by hand: means L 0, P and Q 0 (31.5 rounds to 32); every scale 0, so every term
    // is one half, 7.5, which rounds to 8; 7 lightness terms across; 27 + 5 + 5 terms.
    const std::string hash = hash_of(8, 8, [](double, double) { return Rgba{0, 0, 0, 255}; });
    ASSERT_EQ(hash.size(), 24U);
    const std::array<unsigned, 5> head{0x00, 0x08, 0x02, 0x07, 0x00};
    for (std::size_t i = 0; i < head.size(); ++i) {
        EXPECT_EQ(static_cast<unsigned char>(hash[i]), head[i]) << i;
    }
    for (std::size_t i = 5; i < 23; ++i) EXPECT_EQ(static_cast<unsigned char>(hash[i]), 0x88) << i;
    EXPECT_EQ(static_cast<unsigned char>(hash[23]), 0x08);
}

TEST(ThumbHash, KeepsTheDirectionsOfAGradient) {
    const std::string hash =
        hash_of(60, 60, [](double x, double y) { return Rgba{255 * x, 255 * y, 60, 255}; });
    const Decoder decoder(hash);
    EXPECT_GT(decoder.at(0.9, 0.5)[0], decoder.at(0.1, 0.5)[0] + 0.4);
    EXPECT_GT(decoder.at(0.5, 0.9)[1], decoder.at(0.5, 0.1)[1] + 0.4);
    double sum = 0;
    for (int i = 0; i < 20; ++i) {
        for (int j = 0; j < 20; ++j) sum += decoder.at((i + 0.5) / 20, (j + 0.5) / 20)[0];
    }
    EXPECT_NEAR(sum / 400, 0.5, 0.03);
}

TEST(ThumbHash, TellsTheShape) {
    const auto grey = [](double x, double) { return Rgba{255 * x, 255 * x, 255 * x, 255}; };
    const std::string wide = hash_of(100, 50, grey);
    EXPECT_TRUE(Decoder(wide).landscape);
    EXPECT_EQ(Decoder(wide).lx, 7);
    EXPECT_EQ(Decoder(wide).ly, 4);
    const std::string tall = hash_of(50, 100, grey);
    EXPECT_FALSE(Decoder(tall).landscape);
    EXPECT_EQ(Decoder(tall).ly, 7);
    EXPECT_TRUE(Decoder(wide).used_all());
    EXPECT_TRUE(Decoder(tall).used_all());
}

TEST(ThumbHash, KeepsTransparencyAndIgnoresWhatIsHiddenUnderIt) {
    const std::string hash = hash_of(50, 50, [](double x, double) {
        return x < 0.5 ? Rgba{200, 30, 30, 255} : Rgba{0, 255, 0, 0};
    });
    EXPECT_LE(hash.size(), 25U);
    const Decoder decoder(hash);
    ASSERT_TRUE(decoder.alpha);
    EXPECT_TRUE(decoder.used_all());
    EXPECT_GT(decoder.at(0.2, 0.5)[3], 0.8);
    EXPECT_LT(decoder.at(0.8, 0.5)[3], 0.2);
    EXPECT_NEAR(decoder.at(0.2, 0.5)[0], 200 / 255.0, 0.06);
    EXPECT_LT(decoder.at(0.5, 0.5)[1], 0.2);
}

TEST(ThumbHash, OfAWhollyClearPictureHasNoNonsense) {
    const std::string hash = hash_of(10, 10, [](double, double) { return Rgba{255, 0, 0, 0}; });
    EXPECT_NEAR(Decoder(hash).at(0.5, 0.5)[3], 0, 0.01);
}

TEST(ThumbHash, RefusesWrongSizes) {
    const std::vector<std::uint8_t> four(4);
    EXPECT_THROW((void)thumbhash(2, 1, four), barid::Error);
    EXPECT_THROW((void)thumbhash(0, 0, {}), barid::Error);
    EXPECT_THROW((void)thumbhash(101, 1, std::vector<std::uint8_t>(404)), barid::Error);
    EXPECT_NO_THROW((void)thumbhash(1, 1, four));
}

}  // namespace
}  // namespace barid::media
