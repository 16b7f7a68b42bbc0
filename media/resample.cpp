#include "media/resample.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <numbers>
#include <vector>

namespace barid::media {
namespace {

using vips::VError;
using vips::VImage;

constexpr double kLobes = 3;
constexpr int kStrip = 16;  ///< source rows asked of the decoder at once

using Float4 = float __attribute__((vector_size(16)));

[[gnu::always_inline]] inline Float4 load4(const float* from) {
    Float4 values;
    std::memcpy(&values, from, sizeof(values));
    return values;
}

double lanczos(double x) {
    if (x == 0) return 1;
    if (std::abs(x) >= kLobes) return 0;
    const double at = std::numbers::pi * x;
    return kLobes * std::sin(at) * std::sin(at / kLobes) / (at * at);
}

/// For one direction: which source positions make each target position, and with what weights.
struct Taps {
    int count = 0;               ///< for each target position
    std::vector<int> first;      ///< source position of its first weight
    std::vector<float> weights;  ///< `count` for each; the last ones may be 0
};

Taps plan(int source, int target) {
    const double scale = static_cast<double>(source) / target;
    const double support = kLobes * scale;
    Taps taps;
    taps.count = std::min(source, static_cast<int>(2 * support) + 1);
    taps.first.resize(static_cast<std::size_t>(target));
    taps.weights.resize(static_cast<std::size_t>(target) * static_cast<std::size_t>(taps.count));
    std::vector<double> row(static_cast<std::size_t>(taps.count));
    for (int i = 0; i < target; ++i) {
        const double centre = (i + 0.5) * scale;
        const int first =
            std::clamp(static_cast<int>(std::ceil(centre - support - 0.5)), 0, source - taps.count);
        double sum = 0;
        for (int k = 0; k < taps.count; ++k) {
            const auto at = static_cast<std::size_t>(k);
            row[at] = lanczos((first + k + 0.5 - centre) / scale);
            sum += row[at];
        }
        const auto to = static_cast<std::size_t>(i) * row.size();
        for (std::size_t k = 0; k < row.size(); ++k) {
            taps.weights[to + k] = static_cast<float>(row[k] / sum);
        }
        taps.first[static_cast<std::size_t>(i)] = first;
    }
    return taps;
}

/// Numbers of one source row, `pad` of them more than it has so that vectors may read past its end.
struct Row {
    std::vector<float> values;
    int y = -1;
};

// The loops. Each is compiled twice, for any processor and for those with AVX2; products and sums
// stay apart (no fused multiply-add), which keeps the two the same to the last bit.
#pragma clang fp contract(off)

[[gnu::always_inline]] inline void add_rows_body(const float* const* rows, const float* weights,
                                                 int count, float* out, std::size_t size) {
    // Three rows a pass: fewer passes over `out`, and enough registers for it.
    std::fill_n(out, size, 0.0F);
    int k = 0;
    for (; k + 2 < count; k += 3) {
        const float* a = rows[k];
        const float* b = rows[k + 1];
        const float* c = rows[k + 2];
        const float wa = weights[k];
        const float wb = weights[k + 1];
        const float wc = weights[k + 2];
        for (std::size_t i = 0; i < size; ++i) {
            out[i] = ((out[i] + a[i] * wa) + b[i] * wb) + c[i] * wc;
        }
    }
    for (; k < count; ++k) {
        const float* a = rows[k];
        const float wa = weights[k];
        for (std::size_t i = 0; i < size; ++i) out[i] = out[i] + a[i] * wa;
    }
}

template <int kChannels>
[[gnu::always_inline]] inline void across_body(const float* row, const Taps& taps, float* out) {
    const std::size_t target = taps.first.size();
    const float* weights = taps.weights.data();
    for (std::size_t x = 0; x < target; ++x, weights += taps.count) {
        const float* from = row + static_cast<std::ptrdiff_t>(taps.first[x]) * kChannels;
        if constexpr (kChannels == 1) {
            float sum = 0;
            for (int k = 0; k < taps.count; ++k) sum = sum + from[k] * weights[k];
            out[x] = sum;
        } else {
            Float4 sum{};
            for (int k = 0; k < taps.count; ++k) {
                sum = sum + load4(from + k * kChannels) * weights[k];
            }
            std::memcpy(out + x * kChannels, &sum, sizeof(sum));
        }
    }
}

[[gnu::always_inline]] inline void to_bytes_body(const float* values, std::uint8_t* out,
                                                 std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        const float value = values[i] + 0.5F;
        const float low = value < 0 ? 0 : value;
        out[i] = static_cast<std::uint8_t>(static_cast<int>(low > 255 ? 255 : low));
    }
}

struct Loops {
    void (*add_rows)(const float* const*, const float*, int, float*, std::size_t);
    void (*across1)(const float*, const Taps&, float*);
    void (*across3)(const float*, const Taps&, float*);
    void (*across4)(const float*, const Taps&, float*);
    void (*to_bytes)(const float*, std::uint8_t*, std::size_t);
};

void add_rows(const float* const* rows, const float* weights, int count, float* out,
              std::size_t size) {
    add_rows_body(rows, weights, count, out, size);
}
template <int kChannels>
void across(const float* row, const Taps& taps, float* out) {
    across_body<kChannels>(row, taps, out);
}
void to_bytes(const float* values, std::uint8_t* out, std::size_t size) {
    to_bytes_body(values, out, size);
}

#if defined(__x86_64__)
[[gnu::target("avx2")]] void add_rows_avx2(const float* const* rows, const float* weights,
                                           int count, float* out, std::size_t size) {
    add_rows_body(rows, weights, count, out, size);
}
template <int kChannels>
[[gnu::target("avx2")]] void across_avx2(const float* row, const Taps& taps, float* out) {
    across_body<kChannels>(row, taps, out);
}
[[gnu::target("avx2")]] void to_bytes_avx2(const float* values, std::uint8_t* out,
                                           std::size_t size) {
    to_bytes_body(values, out, size);
}
#endif

const Loops& loops(Processor processor) {
    static constexpr Loops kAny{add_rows, across<1>, across<3>, across<4>, to_bytes};
#if defined(__x86_64__)
    static constexpr Loops kAvx2{add_rows_avx2, across_avx2<1>, across_avx2<3>, across_avx2<4>,
                                 to_bytes_avx2};
    if (processor == Processor::this_one && __builtin_cpu_supports("avx2") != 0) return kAvx2;
#else
    (void)processor;
#endif
    return kAny;
}

/// Reads a picture from top to bottom, a strip at a time.
class Rows {
  public:
    explicit Rows(const VImage& image) : image_(image), region_(image.region()) {}

    const std::uint8_t* at(int y) {
        if (y >= end_) {
            const int height = std::min(kStrip, image_.height() - y);
            region_.prepare(0, y, image_.width(), height);
            end_ = y + height;
        }
        return region_.addr(0, y);
    }

  private:
    VImage image_;
    vips::VRegion region_;
    int end_ = 0;
};

void weigh_by_alpha(float* values, std::size_t pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
        float* pixel = values + i * 4;
        const float alpha = pixel[3] / 255;
        for (int c = 0; c < 3; ++c) pixel[c] = pixel[c] * alpha;
    }
}

void take_alpha_out(float* values, std::size_t pixels) {
    for (std::size_t i = 0; i < pixels; ++i) {
        float* pixel = values + i * 4;
        const float factor = pixel[3] < 0.5F ? 0 : 255 / pixel[3];
        for (int c = 0; c < 3; ++c) pixel[c] = pixel[c] * factor;
    }
}

class Scaler {
  public:
    Scaler(const VImage& image, int width, int height, Processor processor)
        : rows_(image),
          loops_(loops(processor)),
          channels_(static_cast<std::size_t>(image.bands())),
          source_values_(static_cast<std::size_t>(image.width()) * channels_),
          alpha_(image.has_alpha()),
          down_(plan(image.height(), height)),
          across_(plan(image.width(), width)),
          ring_(static_cast<std::size_t>(down_.count)),
          tall_(source_values_ + kPad),
          line_(static_cast<std::size_t>(width) * channels_ + kPad) {
        for (Row& row : ring_) row.values.resize(source_values_);
    }

    /// Target row `y`; call in order.
    void make(int y, std::uint8_t* out) {
        const auto at = static_cast<std::size_t>(y);
        const int first = down_.first[at];
        pointers_.clear();
        for (int k = 0; k < down_.count; ++k) pointers_.push_back(source_row(first + k));
        const float* weights = down_.weights.data() + at * ring_.size();
        loops_.add_rows(pointers_.data(), weights, down_.count, tall_.data(), source_values_);
        if (channels_ == 1) loops_.across1(tall_.data(), across_, line_.data());
        if (channels_ == 3) loops_.across3(tall_.data(), across_, line_.data());
        if (channels_ == 4) loops_.across4(tall_.data(), across_, line_.data());
        if (alpha_) take_alpha_out(line_.data(), across_.first.size());
        loops_.to_bytes(line_.data(), out, across_.first.size() * channels_);
    }

  private:
    static constexpr std::size_t kPad = 4;

    const float* source_row(int y) {
        Row& row = ring_[static_cast<std::size_t>(y) % ring_.size()];
        if (row.y != y) {
            // Every row in between is read, too: the decoder can't go back.
            for (; next_ <= y; ++next_) fill(ring_[static_cast<std::size_t>(next_) % ring_.size()]);
        }
        return row.values.data();
    }

    void fill(Row& row) {
        const std::uint8_t* bytes = rows_.at(next_);
        for (std::size_t i = 0; i < source_values_; ++i) row.values[i] = bytes[i];
        if (alpha_) weigh_by_alpha(row.values.data(), source_values_ / 4);
        row.y = next_;
    }

    Rows rows_;
    const Loops& loops_;
    std::size_t channels_;
    std::size_t source_values_;
    bool alpha_;
    Taps down_;
    Taps across_;
    std::vector<Row> ring_;  ///< as many source rows as one target row needs
    std::vector<float> tall_;
    std::vector<float> line_;
    std::vector<const float*> pointers_;
    int next_ = 0;
};

}  // namespace

bool can_resample(const VImage& image, int width, int height) {
    const int bands = image.bands();
    const bool alpha_fits = !image.has_alpha() || bands == 4;
    return image.format() == VIPS_FORMAT_UCHAR && image.coding() == VIPS_CODING_NONE &&
           (bands == 1 || bands == 3 || bands == 4) && alpha_fits && width <= image.width() &&
           height <= image.height();
}

VImage resample(const VImage& image, int width, int height, Processor processor) {
    const auto line = static_cast<std::size_t>(width) * static_cast<std::size_t>(image.bands());
    const std::size_t size = line * static_cast<std::size_t>(height);
    auto* pixels = static_cast<std::uint8_t*>(g_try_malloc(size));
    if (pixels == nullptr) throw std::bad_alloc();
    const VImage out = VImage::new_from_memory_steal(pixels, size, width, height, image.bands(),
                                                     VIPS_FORMAT_UCHAR);
    // Nobody else has this image yet; VImage::copy would make it one that is computed on demand.
    out.get_image()->Type = image.interpretation();
    Scaler scaler(image, width, height, processor);
    for (int y = 0; y < height; ++y) scaler.make(y, pixels + line * static_cast<std::size_t>(y));
    if (image.get_typeof("icc-profile-data") != 0) {
        size_t bytes = 0;
        const void* profile = image.get_blob("icc-profile-data", &bytes);
        vips_image_set_blob_copy(out.get_image(), "icc-profile-data", profile, bytes);
    }
    return out;
}

}  // namespace barid::media
