#include "media/thumbhash.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include "base/error.hpp"

namespace barid::media {
namespace {

struct Pixels {
    int width = 0;
    int height = 0;
    std::vector<double> l, p, q, a;  ///< lightness, yellow–blue, red–green, alpha
};

/// A channel's transform: the mean, and the other terms scaled to 0–1 by the largest of them.
struct Channel {
    double mean = 0;
    double scale = 0;
    std::vector<double> terms;
};

Pixels split(int width, int height, std::span<const std::uint8_t> rgba, bool& transparent) {
    const std::size_t count = rgba.size() / 4;
    double mean[3] = {};
    double opacity = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const double alpha = rgba[4 * i + 3] / 255.0;
        for (std::size_t c = 0; c < 3; ++c) mean[c] += alpha * rgba[4 * i + c] / 255.0;
        opacity += alpha;
    }
    for (double& value : mean) value = opacity > 0 ? value / opacity : 0;
    transparent = opacity < static_cast<double>(count);
    Pixels out{.width = width, .height = height, .l = {}, .p = {}, .q = {}, .a = {}};
    for (std::size_t i = 0; i < count; ++i) {
        const double alpha = rgba[4 * i + 3] / 255.0;
        // Over the mean colour, so that what nobody sees disturbs no term.
        double over[3];
        for (std::size_t c = 0; c < 3; ++c) {
            over[c] = mean[c] * (1 - alpha) + alpha * rgba[4 * i + c] / 255.0;
        }
        out.l.push_back((over[0] + over[1] + over[2]) / 3);
        out.p.push_back((over[0] + over[1]) / 2 - over[2]);
        out.q.push_back(over[0] - over[1]);
        out.a.push_back(alpha);
    }
    return out;
}

std::vector<double> cosines(int size, int frequency) {
    std::vector<double> wave;
    for (int i = 0; i < size; ++i) {
        wave.push_back(std::cos(std::numbers::pi / size * frequency * (i + 0.5)));
    }
    return wave;
}

double term(const Pixels& pixels, const std::vector<double>& channel, int cx, int cy) {
    const std::vector<double> across = cosines(pixels.width, cx);
    const std::vector<double> down = cosines(pixels.height, cy);
    double sum = 0;
    auto at = channel.begin();
    for (const double y : down) {
        double row = 0;
        for (const double x : across) row += *at++ * x;
        sum += row * y;
    }
    return sum / static_cast<double>(channel.size());
}

/// The triangle of terms below the diagonal of nx × ny.
Channel transform(const Pixels& pixels, const std::vector<double>& channel, int nx, int ny) {
    Channel out;
    for (int cy = 0; cy < ny; ++cy) {
        for (int cx = 0; cx * ny < nx * (ny - cy); ++cx) {
            const double value = term(pixels, channel, cx, cy);
            if (cx == 0 && cy == 0) {
                out.mean = value;
                continue;
            }
            out.terms.push_back(value);
            out.scale = std::max(out.scale, std::abs(value));
        }
    }
    for (double& value : out.terms) {
        value = out.scale > 0 ? 0.5 + 0.5 * value / out.scale : 0.5;
    }
    return out;
}

/// Rounded to a whole number of `bits` bits.
std::uint32_t quantised(double value, double steps, unsigned bits) {
    const double most = static_cast<double>((1U << bits) - 1);
    return static_cast<std::uint32_t>(std::clamp(std::round(value * steps), 0.0, most));
}

class BitWriter {
  public:
    void put(std::uint32_t value, unsigned bits) {
        for (unsigned i = 0; i < bits; ++i, ++used_) {
            if (used_ % 8 == 0) bytes_ += '\0';
            if (((value >> i) & 1U) == 0) continue;
            bytes_.back() =
                static_cast<char>(static_cast<unsigned char>(bytes_.back()) | 1U << used_ % 8);
        }
    }
    [[nodiscard]] std::string finish() && { return std::move(bytes_); }

  private:
    std::string bytes_;
    unsigned used_ = 0;
};

}  // namespace

std::string thumbhash(int width, int height, std::span<const std::uint8_t> rgba) {
    if (width < 1 || height < 1 || width > kThumbhashSide || height > kThumbhashSide ||
        rgba.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4) {
        throw Error(Error::Retry::permanent, "a ThumbHash is made of 1 to 100 pixels each way");
    }
    bool transparent = false;
    const Pixels pixels = split(width, height, rgba, transparent);
    const int limit = transparent ? 5 : 7;
    const int longest = std::max(width, height);
    const auto terms_of = [&](int side) {
        return std::max(1, static_cast<int>(std::lround(1.0 * limit * side / longest)));
    };
    const int lx = terms_of(width);
    const int ly = terms_of(height);
    const Channel l = transform(pixels, pixels.l, std::max(3, lx), std::max(3, ly));
    const Channel p = transform(pixels, pixels.p, 3, 3);
    const Channel q = transform(pixels, pixels.q, 3, 3);
    const Channel a = transparent ? transform(pixels, pixels.a, 5, 5) : Channel{};
    const bool landscape = width > height;

    BitWriter out;
    out.put(quantised(l.mean, 63, 6), 6);
    out.put(quantised(0.5 + 0.5 * p.mean, 63, 6), 6);
    out.put(quantised(0.5 + 0.5 * q.mean, 63, 6), 6);
    out.put(quantised(l.scale, 31, 5), 5);
    out.put(transparent ? 1 : 0, 1);
    out.put(static_cast<std::uint32_t>(landscape ? ly : lx), 3);
    out.put(quantised(p.scale, 63, 6), 6);
    out.put(quantised(q.scale, 63, 6), 6);
    out.put(landscape ? 1 : 0, 1);
    if (transparent) {
        out.put(quantised(a.mean, 15, 4), 4);
        out.put(quantised(a.scale, 15, 4), 4);
    }
    for (const Channel* channel : {&l, &p, &q, &a}) {
        for (const double value : channel->terms) out.put(quantised(value, 15, 4), 4);
    }
    return std::move(out).finish();
}

}  // namespace barid::media
