#include "media/attention.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include "base/error.hpp"

namespace barid::media {
namespace {

/// Direction of skin's colour in XYZ: people of all complexions are near to it.
constexpr std::array kSkin{0.78, 0.57, 0.44};
constexpr double kDark = 5;  ///< of 100: below this, colour says nothing
constexpr double kEdgeWeight = 5;
constexpr double kSkinWidth = 300;   ///< how fast the likeness falls: grey has 10 of 100 left
constexpr double kRimWeight = 0.25;  ///< what a score loses at the middle of an edge

struct Pixel {
    double x = 0, y = 0, z = 0;  ///< XYZ, white is about 100
    double alpha = 0;
};

std::array<double, 256> linear_light() {
    std::array<double, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i) {
        const double v = static_cast<double>(i) / 255;
        table[i] = 100 * (v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4));
    }
    return table;
}

std::vector<Pixel> to_xyz(std::span<const std::uint8_t> rgba) {
    static const std::array<double, 256> kLight = linear_light();
    std::vector<Pixel> out;
    for (std::size_t i = 0; i + 3 < rgba.size(); i += 4) {
        const double r = kLight[rgba[i]];
        const double g = kLight[rgba[i + 1]];
        const double b = kLight[rgba[i + 2]];
        out.push_back({.x = 0.4124 * r + 0.3576 * g + 0.1805 * b,
                       .y = 0.2126 * r + 0.7152 * g + 0.0722 * b,
                       .z = 0.0193 * r + 0.1192 * g + 0.9505 * b,
                       .alpha = rgba[i + 3] / 255.0});
    }
    return out;
}

double skin_likeness(const Pixel& p) {
    const double length = std::sqrt(p.x * p.x + p.y * p.y + p.z * p.z);
    if (p.y < kDark || length == 0) return 0;
    const double dx = p.x / length - kSkin[0];
    const double dy = p.y / length - kSkin[1];
    const double dz = p.z / length - kSkin[2];
    return std::max(0.0, 100 - kSkinWidth * std::sqrt(dx * dx + dy * dy + dz * dz));
}

/// a* of Lab: red against green, where people and goods differ most from grounds.
double strength(const Pixel& p) {
    if (p.y < kDark) return 0;
    return std::abs(500 * (std::cbrt(p.x / 95.047) - std::cbrt(p.y / 100)));
}

using Map = std::vector<double>;

struct Shape {
    int width;
    int height;
    [[nodiscard]] std::size_t at(int x, int y) const {
        x = std::clamp(x, 0, width - 1);
        y = std::clamp(y, 0, height - 1);
        return static_cast<std::size_t>(y) * static_cast<std::size_t>(width) +
               static_cast<std::size_t>(x);
    }
};

Map scores(const std::vector<Pixel>& pixels, const Shape& shape) {
    Map map;
    for (int y = 0; y < shape.height; ++y) {
        for (int x = 0; x < shape.width; ++x) {
            const auto light = [&](int dx, int dy) { return pixels[shape.at(x + dx, y + dy)].y; };
            const Pixel& p = pixels[shape.at(x, y)];
            const double edge =
                std::abs(4 * p.y - light(-1, 0) - light(1, 0) - light(0, -1) - light(0, 1));
            map.push_back(p.alpha * (kEdgeWeight * edge + skin_likeness(p) + strength(p)));
        }
    }
    return map;
}

/// A Gaussian in each direction.
Map blurred(const Map& map, const Shape& shape, double sigma) {
    const int reach = static_cast<int>(std::ceil(2.5 * sigma));
    std::vector<double> kernel;
    double sum = 0;
    for (int i = -reach; i <= reach; ++i) {
        kernel.push_back(std::exp(-i * i / (2 * sigma * sigma)));
        sum += kernel.back();
    }
    const auto pass = [&](const Map& in, int dx, int dy) {
        Map out;
        for (int y = 0; y < shape.height; ++y) {
            for (int x = 0; x < shape.width; ++x) {
                double value = 0;
                for (int i = -reach; i <= reach; ++i) {
                    value += kernel[static_cast<std::size_t>(i + reach)] *
                             in[shape.at(x + i * dx, y + i * dy)];
                }
                out.push_back(value / sum);
            }
        }
        return out;
    };
    return pass(pass(map, 1, 0), 0, 1);
}

}  // namespace

Point attention(int width, int height, std::span<const std::uint8_t> rgba) {
    const Shape shape{.width = width, .height = height};
    if (width < 1 || height < 1 ||
        rgba.size() != static_cast<std::size_t>(width) * static_cast<std::size_t>(height) * 4) {
        throw Error(Error::Retry::permanent, "attention needs width × height pixels of four bytes");
    }
    // A subject is taken to be about half as large as the picture each way.
    const double sigma = std::max(1.0, std::hypot(width, height) / 20);
    Map map = blurred(scores(to_xyz(rgba), shape), shape, sigma);
    const auto [least, most] = std::ranges::minmax(map);
    if (most - least < 1e-6) return {};
    // Subjects are seldom at the rim; of two equal ones the nearer to the middle counts.
    for (int y = 0; y < height; ++y) {
        for (int x = 0; x < width; ++x) {
            const double dx = (2.0 * x + 1) / width - 1;
            const double dy = (2.0 * y + 1) / height - 1;
            double& score = map[shape.at(x, y)];
            score = (score - least) * (1 - kRimWeight * (dx * dx + dy * dy));
        }
    }
    const auto at = std::ranges::max_element(map) - map.begin();
    return {.x = (static_cast<double>(at % width) + 0.5) / width,
            .y = (static_cast<double>(at / width) + 0.5) / height};
}

}  // namespace barid::media
