// What the API's media area takes from outside: the recipes that this program knows, and a way to
// sign the addresses of a private store. Values; `sign` is called on the io thread.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "admin/api/route.hpp"
#include "media/recipe_book.hpp"

namespace barid::api {

struct MediaParts {
    media::RecipeBook recipes = media::RecipeBook();
    /// Which store `sign` is of ("local", "s3", "bunny"); sets in another one stay without
    /// addresses.
    std::string store = {};
    /// Empty: nothing is signed, private files have their keys only.
    std::function<std::string(std::string_view key, std::chrono::sys_seconds expires)> sign = {};
    std::chrono::seconds lifetime{600};
};

void add_media(Routes& routes, MediaParts parts);
void add_media_schemas(Routes& routes);

}  // namespace barid::api
