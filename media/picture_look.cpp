#include <algorithm>
#include <cmath>

#include "media/picture.hpp"
#include "media/thumbhash.hpp"

namespace barid::media {
namespace {

using vips::VImage;

/// At most 100 pixels each way.
VImage miniature(const VImage& image) {
    const int longest = std::max(image.width(), image.height());
    if (longest <= kThumbhashSide) return image;
    const auto side = [&](int length) {
        return std::max(1, static_cast<int>(std::lround(1.0 * length * kThumbhashSide / longest)));
    };
    return scale(image, {side(image.width()), side(image.height())});
}

/// The mean of the fullest of 16 × 16 × 16 cells of colours; transparent pixels weigh less.
std::array<std::uint8_t, 3> dominant(std::span<const std::uint8_t> rgba) {
    struct Cell {
        std::uint64_t weight = 0;
        std::array<std::uint64_t, 3> sum{};
    };
    std::vector<Cell> cells(4096);
    for (std::size_t i = 0; i + 3 < rgba.size(); i += 4) {
        const auto level = [&](std::size_t c) { return std::size_t{rgba[i + c]} >> 4U; };
        Cell& cell = cells[level(0) << 8U | level(1) << 4U | level(2)];
        const std::uint64_t alpha = rgba[i + 3];
        cell.weight += alpha;
        for (std::size_t c = 0; c < 3; ++c) cell.sum[c] += alpha * rgba[i + c];
    }
    const Cell& fullest = *std::ranges::max_element(cells, {}, &Cell::weight);
    if (fullest.weight == 0) return {255, 255, 255};
    std::array<std::uint8_t, 3> mean{};
    for (std::size_t c = 0; c < 3; ++c) {
        mean[c] = static_cast<std::uint8_t>((fullest.sum[c] + fullest.weight / 2) / fullest.weight);
    }
    return mean;
}

}  // namespace

void look_at(const VImage& image, Look& look) {
    const VImage small = with_alpha(miniature(image));
    size_t size = 0;
    auto* data = static_cast<std::uint8_t*>(small.write_to_memory(&size));
    const std::unique_ptr<void, decltype(&g_free)> owner(data, &g_free);
    const std::span<const std::uint8_t> rgba(data, size);
    look.thumbhash = thumbhash(small.width(), small.height(), rgba);
    look.dominant = dominant(rgba);
}

Point attention_of(const VImage& image) {
    const VImage small = pixels_only(miniature(image));
    // A crop of half the picture: the search is for a subject of about that size.
    const int width = std::max(1, small.width() / 2);
    const int height = std::max(1, small.height() / 2);
    int x = 0;
    int y = 0;
    (void)small
        .smartcrop(width, height,
                   VImage::option()
                       ->set("interesting", VIPS_INTERESTING_ATTENTION)
                       ->set("attention_x", &x)
                       ->set("attention_y", &y))
        .width();
    return {.x = std::clamp((x + 0.5) / small.width(), 0.0, 1.0),
            .y = std::clamp((y + 0.5) / small.height(), 0.0, 1.0)};
}

}  // namespace barid::media
