// The recipes that a payload can name: the presets, and what the operator's configuration adds or
// replaces. A plain value; build it before threads start, then share it const.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "media/recipe.hpp"

namespace barid::media {

/// What a payload means that names no recipe.
inline constexpr std::string_view kDefaultRecipe = "default";

class RecipeBook {
  public:
    /// `defaults` is what "default" stands for and what every other recipe begins with. Holds the
    /// presets: "product" (a square, the whole picture on white), "banner" (3:1, cut around what
    /// draws the eye), "avatar" (a small square, cut likewise).
    explicit RecipeBook(Recipe defaults = {});

    /// Adds or replaces one. Throws bad_recipe.
    void set(const std::string& name, Recipe recipe);

    /// Nullptr when there is none.
    [[nodiscard]] const Recipe* find(std::string_view name) const;
    [[nodiscard]] const Recipe& defaults() const { return recipes_.find(kDefaultRecipe)->second; }
    [[nodiscard]] std::vector<std::string> names() const;

  private:
    std::map<std::string, Recipe, std::less<>> recipes_;
};

}  // namespace barid::media
