// What must hold for any bytes as the recipe of a payload; the fuzzer and the test of the kept
// corpus run the same function. A broken promise aborts.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>

#include "jobs/image_recipe.hpp"
#include "media/error.hpp"
#include "media/geometry.hpp"
#include "media/wire.hpp"

namespace barid::jobs::fuzz {

inline void promise(bool holds) {
    if (!holds) std::abort();
}

/// What was accepted can be made, carried to a decode child, and named.
inline void usable(const media::Recipe& recipe) {
    media::check_recipe(recipe);
    promise(media::normalised(recipe) == recipe);
    promise(media::recipe_hash(recipe).size() == 8);
    const std::string frame =
        media::wire::encode(media::wire::Request{.recipe = recipe, .limits = {}});
    promise(media::wire::decode_request(frame).recipe == recipe);
    for (const media::Size& source : {media::Size{1, 1}, media::Size{3000, 40},
                                      media::Size{7, 6000}, media::Size{4000, 3000}}) {
        try {
            for (const media::Size& size : media::plan_sizes(source, recipe)) {
                promise(size.width >= 1 && size.width <= media::kMaxWidth);
                promise(size.height >= 1 && size.height <= media::kMaxVariantHeight);
                const media::Size whole = media::whole_size(source, size, recipe.fit);
                promise(whole.width <= source.width && whole.height <= source.height);
            }
        } catch (const media::Error& e) {
            promise(e.code() == "aspect_too_extreme");
        }
    }
}

inline void recipe(std::string_view bytes) {
    static const media::RecipeBook book = [] {
        media::RecipeBook made;
        media::Recipe marked;
        marked.watermark.picture = "logo";
        made.set("marked", marked);
        return made;
    }();
    try {
        const json::value payload = {{"recipe", parse_json(bytes)}};
        JsonReader in(payload);
        const media::Recipe parsed = parse_recipe(in, book);
        in.finish();
        usable(parsed);
    } catch (const PayloadError& e) {
        for (const Violation& v : e.violations()) promise(v.at.starts_with("/recipe"));
    } catch (const media::Error&) {
        promise(false);  // a bad recipe is a violation with a place
    } catch (const barid::Error&) {
    }
}

}  // namespace barid::jobs::fuzz
