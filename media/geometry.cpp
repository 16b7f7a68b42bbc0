#include "media/geometry.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "media/error.hpp"

namespace barid::media {
namespace {

int rounded(double value) {
    // Far beyond what any picture may have, well within an int.
    return std::max(1, static_cast<int>(std::lround(std::min(value, 1e9))));
}

/// The widest variant that the source can give without being enlarged.
int largest_width(const Size& source, const Recipe& recipe) {
    if (recipe.fit == Fit::inside) return source.width;
    const double by_height =
        static_cast<double>(source.height) * recipe.aspect_width / recipe.aspect_height;
    const int width = rounded(by_height);
    return recipe.fit == Fit::cover ? std::min(source.width, width) : std::max(source.width, width);
}

}  // namespace

std::vector<Size> plan_sizes(const Size& source, const Recipe& recipe) {
    std::vector<Size> plan;
    for (const int width : plan_widths(largest_width(source, recipe), recipe.widths)) {
        const double shape = recipe.fit == Fit::inside
                                 ? static_cast<double>(source.height) / source.width
                                 : static_cast<double>(recipe.aspect_height) / recipe.aspect_width;
        int height = rounded(width * shape);
        // The shape of a narrow strip may round up to a row that the source doesn't have.
        if (recipe.fit == Fit::cover) height = std::min(height, source.height);
        if (height > kMaxVariantHeight) {
            throw Error(Error::Retry::permanent, "aspect_too_extreme",
                        fmt::format("a variant of {} pixels width would be {} pixels high; at most "
                                    "{} are possible",
                                    width, height, kMaxVariantHeight));
        }
        plan.push_back({.width = width, .height = height});
    }
    return plan;
}

Size whole_size(const Size& source, const Size& target, Fit fit) {
    if (fit == Fit::inside) return target;
    const double x = static_cast<double>(target.width) / source.width;
    const double y = static_cast<double>(target.height) / source.height;
    const double factor = std::min(1.0, fit == Fit::cover ? std::max(x, y) : std::min(x, y));
    const Size whole{.width = rounded(source.width * factor),
                     .height = rounded(source.height * factor)};
    if (fit == Fit::cover) {
        return {.width = std::max(whole.width, target.width),
                .height = std::max(whole.height, target.height)};
    }
    return {.width = std::min(whole.width, target.width),
            .height = std::min(whole.height, target.height)};
}

Box crop_box(const Size& whole, const Size& target, double x, double y) {
    const auto start = [](int all, int part, double at) {
        return std::clamp(static_cast<int>(std::lround(at * all - part / 2.0)), 0, all - part);
    };
    return {.left = start(whole.width, target.width, x),
            .top = start(whole.height, target.height, y),
            .width = target.width,
            .height = target.height};
}

Box stored_box(const Box& upright, const Size& stored, int orientation) {
    const bool turned = orientation >= 5;
    Box box = turned ? Box{.left = upright.top,
                           .top = upright.left,
                           .width = upright.height,
                           .height = upright.width}
                     : upright;
    // After the swap of axes, what is left is a mirroring of either axis.
    const bool from_right =
        orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
    const bool from_bottom =
        orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
    if (from_right) box.left = stored.width - box.left - box.width;
    if (from_bottom) box.top = stored.height - box.top - box.height;
    return box;
}

}  // namespace barid::media
