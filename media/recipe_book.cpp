#include "media/recipe_book.hpp"

#include <utility>

namespace barid::media {
namespace {

Recipe product(Recipe recipe) {
    recipe.fit = Fit::pad;
    recipe.aspect_width = 1;
    recipe.aspect_height = 1;
    return recipe;
}

Recipe banner(Recipe recipe) {
    recipe.widths = {640, 1080, 1600, 2400};
    recipe.fit = Fit::cover;
    recipe.aspect_width = 3;
    recipe.aspect_height = 1;
    return recipe;
}

Recipe avatar(Recipe recipe) {
    recipe.widths = {64, 128, 256};
    recipe.formats = {OutputFormat::webp, OutputFormat::jpeg};
    recipe.fit = Fit::cover;
    recipe.aspect_width = 1;
    recipe.aspect_height = 1;
    return recipe;
}

}  // namespace

RecipeBook::RecipeBook(Recipe defaults) {
    // The shape is the preset's own, whatever the defaults cut.
    Recipe plain = defaults;
    plain.fit = Fit::inside;
    set("product", product(plain));
    set("banner", banner(plain));
    set("avatar", avatar(plain));
    set(std::string(kDefaultRecipe), std::move(defaults));
}

void RecipeBook::set(const std::string& name, Recipe recipe) {
    check_recipe(recipe);
    recipes_.insert_or_assign(name, normalised(std::move(recipe)));
}

const Recipe* RecipeBook::find(std::string_view name) const {
    const auto found = recipes_.find(name);
    return found == recipes_.end() ? nullptr : &found->second;
}

std::vector<std::string> RecipeBook::names() const {
    std::vector<std::string> names;
    for (const auto& [name, recipe] : recipes_) names.push_back(name);
    return names;
}

}  // namespace barid::media
