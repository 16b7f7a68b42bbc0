#include <algorithm>
#include <cmath>

#include "media/picture.hpp"
#include "media/thumbhash.hpp"

namespace barid::media {
namespace {

using vips::VImage;

/// RGBA of a picture with at most `side` pixels each way.
class Miniature {
  public:
    Miniature(const VImage& image, int side) {
        const int longest = std::max(image.width(), image.height());
        const auto shrunk = [&](int length) {
            return std::max(1, static_cast<int>(std::lround(1.0 * length * side / longest)));
        };
        const VImage small =
            longest <= side ? image : scale(image, {shrunk(image.width()), shrunk(image.height())});
        width = small.width();
        height = small.height();
        size_t size = 0;
        void* data = with_alpha(small).write_to_memory(&size);
        owner_.reset(data);
        rgba = {static_cast<const std::uint8_t*>(data), size};
    }
    int width = 0;
    int height = 0;
    std::span<const std::uint8_t> rgba;

  private:
    struct Free {
        void operator()(void* data) const noexcept { g_free(data); }
    };
    std::unique_ptr<void, Free> owner_;
};

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

std::string thumbhash_of(const VImage& image) {
    const Miniature small(image, kThumbhashSide);
    return thumbhash(small.width, small.height, small.rgba);
}

std::array<std::uint8_t, 3> dominant_of(const VImage& image) {
    return dominant(Miniature(image, kThumbhashSide).rgba);
}

Point attention_of(const VImage& image) {
    const Miniature small(image, kAttentionSide);
    return attention(small.width, small.height, small.rgba);
}

}  // namespace barid::media
