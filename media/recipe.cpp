#include "media/recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ranges>

#include "base/crypto.hpp"
#include "media/error.hpp"

namespace barid::media {
namespace {

void check_range(std::string_view name, int value, int low, int high) {
    if (value >= low && value <= high) return;
    throw Error(Error::Retry::permanent, "bad_recipe",
                fmt::format("{} is {}, allowed is {} to {}", name, value, low, high));
}

}  // namespace

Recipe normalised(Recipe recipe) {
    std::ranges::sort(recipe.widths);
    recipe.widths.erase(std::ranges::unique(recipe.widths).begin(), recipe.widths.end());
    std::ranges::sort(recipe.formats);
    recipe.formats.erase(std::ranges::unique(recipe.formats).begin(), recipe.formats.end());
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
}

std::string recipe_hash(const Recipe& recipe) {
    const Recipe r = normalised(recipe);
    std::vector<std::string_view> formats;
    for (const OutputFormat format : r.formats) formats.push_back(word(format));
    const std::string text = fmt::format(
        "barid-recipe {} widths={} formats={} webp={},{} avif={},{} jpeg={} background={}",
        kPipelineVersion, fmt::join(r.widths, ","), fmt::join(formats, ","), r.webp_quality,
        r.webp_effort, r.avif_quality, r.avif_effort, r.jpeg_quality, fmt::join(r.background, ","));
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
