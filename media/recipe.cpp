#include "media/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <numeric>
#include <ranges>

#include "base/crypto.hpp"
#include "media/error.hpp"

namespace barid::media {
namespace {

constexpr std::array kFits{"inside", "cover", "pad"};
constexpr std::array kFocuses{"attention", "centre", "point"};
constexpr std::array kAnimations{"first", "keep"};
constexpr std::array kPlaces{"top-left", "top-right", "bottom-left", "bottom-right", "centre"};

template <class Enum, std::size_t N>
std::optional<Enum> enumerator_of(const std::array<const char*, N>& words, std::string_view word) {
    const auto found = std::ranges::find(words, word);
    if (found == words.end()) return std::nullopt;
    return static_cast<Enum>(found - words.begin());
}

[[noreturn]] void refuse(const std::string& what) {
    throw Error(Error::Retry::permanent, "bad_recipe", what);
}

void check_range(std::string_view name, int value, int low, int high) {
    if (value >= low && value <= high) return;
    refuse(fmt::format("{} is {}, allowed is {} to {}", name, value, low, high));
}

void check_shape(const Recipe& recipe) {
    const bool shaped = recipe.aspect_width != 0 || recipe.aspect_height != 0;
    if (recipe.fit == Fit::inside) {
        if (shaped)
            refuse("fit inside keeps the picture's own shape: it takes no aspect or height");
        return;
    }
    if (!shaped) refuse(fmt::format("fit {} needs an aspect or a height", word(recipe.fit)));
    check_range("a side of the aspect", recipe.aspect_width, 1, 100'000);
    check_range("a side of the aspect", recipe.aspect_height, 1, 100'000);
    if (recipe.aspect_width > kMaxAspect * recipe.aspect_height ||
        recipe.aspect_height > kMaxAspect * recipe.aspect_width) {
        refuse(fmt::format("the aspect is {}:{}, one side may be at most {} times the other",
                           recipe.aspect_width, recipe.aspect_height, kMaxAspect));
    }
    check_range("focus x in thousandths", recipe.focus_x, 0, 1000);
    check_range("focus y in thousandths", recipe.focus_y, 0, 1000);
}

void check_improvement(const Recipe& recipe) {
    check_range("avif_baseline_effort", recipe.avif_baseline_effort, -1, 9);
    if (recipe.avif_baseline_effort >= 0 &&
        std::ranges::any_of(recipe.formats, [](auto f) { return f != OutputFormat::avif; })) {
        refuse("with avif_baseline_effort the only format is avif");
    }
}

bool makes(const Recipe& recipe, OutputFormat format) {
    return std::ranges::find(recipe.formats, format) != recipe.formats.end();
}

}  // namespace

std::string_view word(Fit fit) {
    return kFits.at(static_cast<std::size_t>(fit));
}
std::string_view word(Focus focus) {
    return kFocuses.at(static_cast<std::size_t>(focus));
}
std::string_view word(Animation animation) {
    return kAnimations.at(static_cast<std::size_t>(animation));
}
std::string_view word(Place place) {
    return kPlaces.at(static_cast<std::size_t>(place));
}
std::optional<Fit> fit_of(std::string_view word) {
    return enumerator_of<Fit>(kFits, word);
}
std::optional<Focus> focus_of(std::string_view word) {
    return enumerator_of<Focus>(kFocuses, word);
}
std::optional<Animation> animation_of(std::string_view word) {
    return enumerator_of<Animation>(kAnimations, word);
}
std::optional<Place> place_of(std::string_view word) {
    return enumerator_of<Place>(kPlaces, word);
}

Recipe normalised(Recipe recipe) {
    std::ranges::sort(recipe.widths);
    recipe.widths.erase(std::ranges::unique(recipe.widths).begin(), recipe.widths.end());
    std::ranges::sort(recipe.formats);
    recipe.formats.erase(std::ranges::unique(recipe.formats).begin(), recipe.formats.end());
    const Recipe plain;
    if (!makes(recipe, OutputFormat::webp)) {
        recipe.webp_quality = plain.webp_quality;
        recipe.webp_effort = plain.webp_effort;
        recipe.animation = plain.animation;
    }
    if (!makes(recipe, OutputFormat::avif)) {
        recipe.avif_quality = plain.avif_quality;
        recipe.avif_effort = plain.avif_effort;
    }
    if (!makes(recipe, OutputFormat::jpeg)) recipe.jpeg_quality = plain.jpeg_quality;
    if (const int common = std::gcd(recipe.aspect_width, recipe.aspect_height); common > 1) {
        recipe.aspect_width /= common;
        recipe.aspect_height /= common;
    }
    if (recipe.fit != Fit::pad) recipe.clear_padding = false;
    if (recipe.fit != Fit::cover) recipe.focus = plain.focus;
    if (recipe.focus != Focus::point) {
        recipe.focus_x = plain.focus_x;
        recipe.focus_y = plain.focus_y;
    }
    if (recipe.watermark.picture.empty()) recipe.watermark = {};
    return recipe;
}

void check_recipe(const Recipe& recipe) {
    check_range("the number of widths", static_cast<int>(recipe.widths.size()), 1,
                static_cast<int>(kMaxWidths));
    for (const int width : recipe.widths) check_range("a width", width, kMinWidth, kMaxWidth);
    check_range("the number of formats", static_cast<int>(recipe.formats.size()), 1,
                kOutputFormatCount);
    check_range("webp_quality", recipe.webp_quality, 1, 100);
    check_range("webp_effort", recipe.webp_effort, 0, 6);
    check_range("avif_quality", recipe.avif_quality, 1, 100);
    check_range("avif_effort", recipe.avif_effort, 0, 9);
    check_range("jpeg_quality", recipe.jpeg_quality, 1, 100);
    check_shape(recipe);
    check_range("the watermark's bytes", static_cast<int>(recipe.watermark.picture.size()), 0,
                static_cast<int>(kMaxWatermarkBytes));
    check_range("the watermark's size", recipe.watermark.size, 1, 100);
    check_range("the watermark's opacity", recipe.watermark.opacity, 1, 100);
    check_improvement(recipe);
}

std::string recipe_hash(const Recipe& recipe) {
    const Recipe r = normalised(recipe);
    std::vector<std::string_view> formats;
    for (const OutputFormat format : r.formats) formats.push_back(word(format));
    std::string text = fmt::format(
        "barid-recipe {} widths={} formats={} webp={},{} avif={},{},{} jpeg={} background={},{}",
        kPipelineVersion, fmt::join(r.widths, ","), fmt::join(formats, ","), r.webp_quality,
        r.webp_effort, r.avif_quality, r.avif_effort, r.avif_baseline_effort, r.jpeg_quality,
        fmt::join(r.background, ","), r.clear_padding);
    text += fmt::format(" fit={},{}:{} focus={},{},{} sharpen={} trim={} animation={}", word(r.fit),
                        r.aspect_width, r.aspect_height, word(r.focus), r.focus_x, r.focus_y,
                        r.sharpen, r.trim, word(r.animation));
    if (!r.watermark.picture.empty()) {
        text += fmt::format(" watermark={},{},{},{}", sha256_hex(r.watermark.picture),
                            word(r.watermark.place), r.watermark.size, r.watermark.opacity);
    }
    return sha256_hex(text).substr(0, 8);
}

std::vector<int> plan_widths(int source_width, std::vector<int> requested) {
    std::ranges::sort(requested);
    std::vector<int> plan;
    for (const int width : requested) {
        const int made = std::min(width, source_width);
        if (plan.empty() || plan.back() != made) plan.push_back(made);
    }
    return plan;
}

int parent_width(const std::vector<int>& ready, int target) {
    int best = 0;
    for (const int width : ready) {
        if (width >= 2 * target && (best == 0 || width < best)) best = width;
    }
    return best != 0 ? best : std::ranges::max(ready);
}

std::string variant_key(std::string_view source_sha256, std::string_view recipe, int width,
                        OutputFormat format) {
    return fmt::format("{}/{}/{}.{}", source_sha256.substr(0, 32), recipe, width,
                       extension(format));
}

}  // namespace barid::media
