// The recipe of a payload: a name from the book, or an object that says what to change.
//
//     "recipe": "product"
//     "recipe": {"base": "product", "widths": [320, 640], "fit": "cover", "aspect": "4:3",
//                "focus": [0.5, 0.2], "formats": {"webp": {"quality": 75, "effort": 4}, "jpeg":
//                {}}, "background": "#f4f4f4", "sharpen": true, "trim": true, "animation": "keep",
//                "watermark": {"position": "bottom-left", "size": 15, "opacity": 40}}
//
// An object starts from its `base`, or else from the book's defaults. The watermark's picture is
// the operator's: a payload places it or turns it off (`"watermark": false`), and names no file.
// Pure; every violation is noted at its JSON pointer.
#pragma once

#include "base/json_reader.hpp"
#include "media/recipe_book.hpp"

namespace barid::jobs {

/// Reads the key "recipe" of `in`; the book's defaults when it is missing. The result has been
/// checked whenever `in.ok()`.
media::Recipe parse_recipe(JsonReader& in, const media::RecipeBook& book);

/// "#f4f4f4" as three bytes, or nothing.
std::optional<std::array<std::uint8_t, 3>> parse_colour(std::string_view text);

/// "4:3" as its two numbers, or nothing.
std::optional<std::pair<int, int>> parse_aspect(std::string_view text);

}  // namespace barid::jobs
