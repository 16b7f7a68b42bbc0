#include "media/ssim.hpp"

#include <algorithm>

#include "base/error.hpp"

namespace barid::media {
namespace {

constexpr int kWindow = 8;
constexpr int kStep = 4;
constexpr double kC1 = (0.01 * 255) * (0.01 * 255);
constexpr double kC2 = (0.03 * 255) * (0.03 * 255);

struct Window {
    std::size_t stride;
    int width;
    int height;
};

double similarity(const std::uint8_t* a, const std::uint8_t* b, const Window& window) {
    std::int64_t sum_a = 0;
    std::int64_t sum_b = 0;
    std::int64_t square_a = 0;
    std::int64_t square_b = 0;
    std::int64_t product = 0;
    for (int y = 0; y < window.height; ++y, a += window.stride, b += window.stride) {
        for (int x = 0; x < window.width; ++x) {
            sum_a += a[x];
            sum_b += b[x];
            square_a += a[x] * a[x];
            square_b += b[x] * b[x];
            product += a[x] * b[x];
        }
    }
    const double n = window.width * window.height;
    const double mean_a = static_cast<double>(sum_a) / n;
    const double mean_b = static_cast<double>(sum_b) / n;
    const double variance_a = static_cast<double>(square_a) / n - mean_a * mean_a;
    const double variance_b = static_cast<double>(square_b) / n - mean_b * mean_b;
    const double covariance = static_cast<double>(product) / n - mean_a * mean_b;
    return (2 * mean_a * mean_b + kC1) * (2 * covariance + kC2) /
           ((mean_a * mean_a + mean_b * mean_b + kC1) * (variance_a + variance_b + kC2));
}

}  // namespace

double ssim(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b, int width,
            int height) {
    const auto pixels = static_cast<std::size_t>(width) * static_cast<std::size_t>(height);
    if (width < 1 || height < 1 || a.size() != pixels || b.size() != pixels) {
        throw Error(Error::Retry::permanent, "ssim compares pictures of one size");
    }
    const Window window{.stride = static_cast<std::size_t>(width),
                        .width = std::min(kWindow, width),
                        .height = std::min(kWindow, height)};
    double sum = 0;
    std::int64_t count = 0;
    for (int y = 0; y + window.height <= height; y += kStep) {
        for (int x = 0; x + window.width <= width; x += kStep) {
            const std::size_t at =
                static_cast<std::size_t>(y) * window.stride + static_cast<std::size_t>(x);
            sum += similarity(a.data() + at, b.data() + at, window);
            ++count;
        }
    }
    return sum / static_cast<double>(count);
}

}  // namespace barid::media
