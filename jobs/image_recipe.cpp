#include "jobs/image_recipe.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include "media/error.hpp"

namespace barid::jobs {
namespace {

using media::OutputFormat;
using media::Recipe;

std::optional<int> whole_number(const json::value& value) {
    const auto* number = value.if_int64();
    if (number == nullptr || *number < -1'000'000 || *number > 1'000'000) return std::nullopt;
    return static_cast<int>(*number);
}

void read_widths(JsonReader& in, Recipe& recipe) {
    const json::value* value = in.optional_value("widths");
    if (value == nullptr) return;
    const json::array* list = value->if_array();
    if (list == nullptr || list->empty() || list->size() > media::kMaxWidths) {
        in.violate("/widths",
                   fmt::format("must be a list of 1 to {} whole numbers", media::kMaxWidths));
        return;
    }
    recipe.widths.clear();
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto width = whole_number((*list)[i]);
        if (!width || *width < media::kMinWidth || *width > media::kMaxWidth) {
            in.violate(fmt::format("/widths/{}", i),
                       fmt::format("must be a whole number of pixels from {} to {}",
                                   media::kMinWidth, media::kMaxWidth));
        } else {
            recipe.widths.push_back(*width);
        }
    }
    if (recipe.widths.empty()) recipe.widths.push_back(media::kMinWidth);  // violated already
}

/// Passes on what a reader of a part of the object found, with the way to that part.
void adopt(JsonReader& in, const std::string& at, JsonReader& part) {
    try {
        part.finish();
    } catch (const PayloadError& e) {
        for (const Violation& v : e.violations()) in.violate(at + v.at, v.problem);
    }
}

void read_number(JsonReader& in, const char* key, int min, int max, int& into) {
    if (const auto number = in.optional_integer(key, {.min = min, .max = max})) {
        into = static_cast<int>(*number);
    }
}

void read_encoder(JsonReader& in, OutputFormat format, Recipe& recipe) {
    switch (format) {
        case OutputFormat::webp:
            read_number(in, "quality", 1, 100, recipe.webp_quality);
            read_number(in, "effort", 0, 6, recipe.webp_effort);
            return;
        case OutputFormat::avif:
            read_number(in, "quality", 1, 100, recipe.avif_quality);
            read_number(in, "effort", 0, 9, recipe.avif_effort);
            return;
        case OutputFormat::jpeg:
            read_number(in, "quality", 1, 100, recipe.jpeg_quality);
            return;
    }
}

/// {"webp": {"quality": 75}, "jpeg": {}}
void read_encoders(JsonReader& in, const json::object& object, Recipe& recipe) {
    for (const auto& item : object) {
        const std::string_view key = item.key();
        const auto format = media::output_format(key);
        if (!format) {
            in.violate("/formats", "knows webp, avif and jpeg only");
            continue;
        }
        recipe.formats.push_back(*format);
        JsonReader encoder(item.value());
        read_encoder(encoder, *format, recipe);
        adopt(in, fmt::format("/formats/{}", key), encoder);
    }
}

void read_formats(JsonReader& in, Recipe& recipe) {
    const json::value* value = in.optional_value("formats");
    if (value == nullptr) return;
    std::vector<OutputFormat> before = std::exchange(recipe.formats, {});
    if (const json::object* object = value->if_object()) {
        read_encoders(in, *object, recipe);
    } else {
        const TextRule rule{.one_of = {"webp", "avif", "jpeg"}};
        for (const std::string& word : in.optional_texts("formats", 8, rule)) {
            if (const auto format = media::output_format(word)) recipe.formats.push_back(*format);
        }
    }
    if (!recipe.formats.empty()) return;
    recipe.formats = std::move(before);
    if (in.ok()) in.violate("/formats", "must have at least one of webp, avif, jpeg");
}

template <class Enum>
void read_word(JsonReader& in, const char* key, std::optional<Enum> (*of)(std::string_view),
               std::vector<std::string> words, Enum& into) {
    if (const auto word = in.optional_text(key, {.one_of = std::move(words)})) {
        if (const auto value = of(*word)) into = *value;
    }
}

void read_shape(JsonReader& in, Recipe& recipe) {
    read_word(in, "fit", media::fit_of, {"inside", "cover", "pad"}, recipe.fit);
    const auto aspect = in.optional_text("aspect", {.max_bytes = 32});
    const auto height = in.optional_integer("height", {.min = 1, .max = media::kMaxVariantHeight});
    if (aspect && height) in.violate("/height", "says the shape a second time, beside aspect");
    if (recipe.fit == media::Fit::inside) {
        for (const auto& [key, given] :
             {std::pair("/aspect", aspect.has_value()), std::pair("/height", height.has_value())}) {
            if (given) in.violate(key, "needs the fit cover or pad");
        }
        recipe.aspect_width = recipe.aspect_height = 0;
        return;
    }
    if (aspect) {
        if (const auto sides = parse_aspect(*aspect)) {
            std::tie(recipe.aspect_width, recipe.aspect_height) = *sides;
        } else {
            in.violate("/aspect", R"(must be two whole numbers like "4:3")");
        }
    } else if (height) {
        // The height belongs to the widest variant; the others have its shape.
        recipe.aspect_width = std::ranges::max(recipe.widths);
        recipe.aspect_height = static_cast<int>(*height);
    } else if (recipe.aspect_width == 0) {
        in.violate("/fit", fmt::format("{} needs an aspect like \"4:3\", or a height",
                                       media::word(recipe.fit)));
        return;
    }
    if (recipe.aspect_width > media::kMaxAspect * recipe.aspect_height ||
        recipe.aspect_height > media::kMaxAspect * recipe.aspect_width) {
        in.violate(height ? "/height" : "/aspect",
                   fmt::format("makes the shape {}:{}; one side may be at most {} times the other",
                               recipe.aspect_width, recipe.aspect_height, media::kMaxAspect));
    }
}

void read_point(JsonReader& in, const json::array& point, Recipe& recipe) {
    if (point.size() != 2) {
        in.violate("/focus", "must be [x, y], both from 0 to 1");
        return;
    }
    recipe.focus = media::Focus::point;
    for (std::size_t i = 0; i < 2; ++i) {
        boost::system::error_code ec;
        const double share = point[i].to_number<double>(ec);
        if (ec || !(share >= 0 && share <= 1)) {
            in.violate(fmt::format("/focus/{}", i), "must be a number from 0 to 1");
            continue;
        }
        (i == 0 ? recipe.focus_x : recipe.focus_y) = static_cast<int>(std::lround(share * 1000));
    }
}

void read_focus(JsonReader& in, Recipe& recipe) {
    const json::value* value = in.optional_value("focus");
    if (value == nullptr) return;
    if (recipe.fit != media::Fit::cover) in.violate("/focus", "needs the fit cover");
    if (const json::array* point = value->if_array()) {
        read_point(in, *point, recipe);
        return;
    }
    const json::string* word = value->if_string();
    if (word != nullptr && *word == "attention") {
        recipe.focus = media::Focus::attention;
    } else if (word != nullptr && *word == "centre") {
        recipe.focus = media::Focus::centre;
    } else {
        in.violate("/focus", R"(must be "attention", "centre" or [x, y], both from 0 to 1)");
    }
}

void read_background(JsonReader& in, Recipe& recipe) {
    const auto text = in.optional_text("background", {.max_bytes = 16});
    if (!text) return;
    if (*text == "transparent") {
        recipe.clear_padding = true;
    } else if (const auto colour = parse_colour(*text)) {
        recipe.background = *colour;
        recipe.clear_padding = false;
    } else {
        in.violate("/background", R"(must be a colour like "#f4f4f4", or "transparent")");
    }
}

void read_watermark(JsonReader& in, Recipe& recipe) {
    const json::value* value = in.optional_value("watermark");
    if (value == nullptr) return;
    if (const bool* on = value->if_bool()) {
        if (!*on)
            recipe.watermark = {};
        else if (recipe.watermark.picture.empty()) {
            in.violate("/watermark", "the base recipe has none; only the configuration gives one");
        }
        return;
    }
    JsonReader part(*value);
    read_word(part, "position", media::place_of,
              {"top-left", "top-right", "bottom-left", "bottom-right", "centre"},
              recipe.watermark.place);
    read_number(part, "size", 1, 100, recipe.watermark.size);
    read_number(part, "opacity", 1, 100, recipe.watermark.opacity);
    adopt(in, "/watermark", part);
    if (recipe.watermark.picture.empty()) {
        in.violate("/watermark", "the base recipe has none; only the configuration gives one");
    }
}

const Recipe* find_recipe(JsonReader& in, const std::string& at, std::string_view name,
                          const media::RecipeBook& book) {
    const Recipe* recipe = book.find(name);
    if (recipe == nullptr) {
        in.violate(at, fmt::format("is no recipe; there are: {}", fmt::join(book.names(), ", ")));
    }
    return recipe;
}

Recipe read_object(JsonReader& in, const media::RecipeBook& book) {
    Recipe recipe = book.defaults();
    if (const auto base = in.optional_text("base", {.max_bytes = 40})) {
        if (const Recipe* found = find_recipe(in, "/base", *base, book)) recipe = *found;
    }
    read_widths(in, recipe);
    read_formats(in, recipe);
    read_shape(in, recipe);
    read_focus(in, recipe);
    read_background(in, recipe);
    if (const auto on = in.optional_boolean("sharpen")) recipe.sharpen = *on;
    if (const auto on = in.optional_boolean("trim")) recipe.trim = *on;
    read_word(in, "animation", media::animation_of, {"first", "keep"}, recipe.animation);
    read_watermark(in, recipe);
    return recipe;
}

}  // namespace

Recipe parse_recipe(JsonReader& in, const media::RecipeBook& book) {
    const json::value* value = in.optional_value("recipe");
    if (value == nullptr) return book.defaults();
    if (const json::string* name = value->if_string()) {
        const Recipe* found = find_recipe(in, "/recipe", *name, book);
        return found != nullptr ? *found : book.defaults();
    }
    if (!value->is_object()) {
        in.violate("/recipe", "must be the name of a recipe, or an object");
        return book.defaults();
    }
    JsonReader object(*value);
    Recipe recipe = read_object(object, book);
    const bool ok = object.ok();
    adopt(in, "/recipe", object);
    if (!ok) return book.defaults();
    try {
        media::check_recipe(recipe);
    } catch (const media::Error& e) {
        in.violate("/recipe", e.what());
        return book.defaults();
    }
    return media::normalised(std::move(recipe));
}

std::optional<std::array<std::uint8_t, 3>> parse_colour(std::string_view text) {
    if (text.size() != 7 || text.front() != '#') return std::nullopt;
    std::array<std::uint8_t, 3> colour{};
    for (std::size_t i = 0; i < 3; ++i) {
        const char* begin = text.data() + 1 + 2 * i;
        const auto [end, ec] = std::from_chars(begin, begin + 2, colour[i], 16);
        if (ec != std::errc{} || end != begin + 2) return std::nullopt;
    }
    return colour;
}

std::optional<std::pair<int, int>> parse_aspect(std::string_view text) {
    const std::size_t colon = text.find(':');
    if (colon == text.npos) return std::nullopt;
    const auto side = [](std::string_view digits) {
        int number = 0;
        const auto [end, ec] =
            std::from_chars(digits.data(), digits.data() + digits.size(), number);
        const bool whole = ec == std::errc{} && end == digits.data() + digits.size();
        return whole && number >= 1 && number <= 10'000 ? number : 0;
    };
    const std::pair sides(side(text.substr(0, colon)), side(text.substr(colon + 1)));
    if (sides.first == 0 || sides.second == 0) return std::nullopt;
    return sides;
}

}  // namespace barid::jobs
