// Which sizes come out of a source, and which part of it is seen. Pure: the worker computes the
// same plan as the decode child and refuses any other answer.
//
// Nothing is ever enlarged: `cover` cuts no more than the source has, and a `pad`ded variant is at
// most as large as the smallest ground of the recipe's shape that holds the source.
#pragma once

#include <vector>

#include "media/recipe.hpp"

namespace barid::media {

struct Size {
    int width = 0;
    int height = 0;
    friend bool operator==(const Size&, const Size&) = default;
};

struct Box {
    int left = 0;
    int top = 0;
    int width = 0;
    int height = 0;
    friend bool operator==(const Box&, const Box&) = default;
};

/// The sizes of the variants, ascending by width, of a source that is `source` large when upright
/// and trimmed. Throws aspect_too_extreme when one would be higher than a WebP can be.
[[nodiscard]] std::vector<Size> plan_sizes(const Size& source, const Recipe& recipe);

/// How large the whole source must be for a variant of `target`, before it is cut or padded: each
/// side at least 1, and for `cover` not below the target's.
[[nodiscard]] Size whole_size(const Size& source, const Size& target, Fit fit);

/// Where `target` lies in a picture of `whole`, around the point (x, y), both 0 to 1.
[[nodiscard]] Box crop_box(const Size& whole, const Size& target, double x, double y);

/// Where a box of the upright picture lies in the stored one of `stored` size.
[[nodiscard]] Box stored_box(const Box& upright, const Size& stored, int orientation);

}  // namespace barid::media
