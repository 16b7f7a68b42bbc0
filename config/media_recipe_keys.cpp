// The keys of [media.recipes.NAME]: one set for each recipe that the file names.
//
// An empty text, an empty list, 0 for a quality or a size and -1 for an effort mean "as the base
// recipe says". What fits together is checked where the recipe is put together, at start-up.
#include "config/key_types.hpp"

namespace barid::config {
namespace {

bool is_word_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::find(words, text) != words.end();
}

bool is_colour(std::string_view text) {
    return text == "transparent" ||
           (text.size() == 7 && text.front() == '#' &&
            text.find_first_not_of("0123456789abcdefABCDEF", 1) == text.npos);
}

bool is_number_pair(std::string_view text, char between, std::string_view characters) {
    const std::size_t at = text.find(between);
    if (at == text.npos || at == 0 || at + 1 == text.size() || text.size() > 32) return false;
    return text.substr(0, at).find_first_not_of(characters) == text.npos &&
           text.substr(at + 1).find_first_not_of(characters) == text.npos;
}

bool is_aspect(std::string_view text) {
    return is_number_pair(text, ':', "0123456789");
}

bool is_focus(std::string_view text) {
    return is_word_of(text, {"attention", "centre"}) || is_number_pair(text, ',', "0123456789.");
}

Key recipe_widths_key(const std::string& full_name, const std::string& name) {
    Key key{.name = full_name, .shape = Shape::integers};
    key.allowed = "at most 16 ascending widths from 16 to 8192, like [320, 640, 1080]";
    key.assign = [name, allowed = key.allowed](Settings& settings,
                                               const Value& value) -> Complaint {
        const auto& widths = std::get<Integers>(value);
        const bool ascending =
            std::ranges::adjacent_find(widths, std::greater_equal<>{}) == widths.end();
        if (widths.size() > 16 || !ascending ||
            (!widths.empty() && (widths.front() < 16 || widths.back() > 8192))) {
            return "must be " + allowed;
        }
        auto& into = settings.media.recipes.at(name).widths;
        into.clear();
        for (const auto width : widths) into.push_back(static_cast<int>(width));
        return std::nullopt;
    };
    key.show = [name](const Settings& settings) {
        const auto& widths = settings.media.recipes.at(name).widths;
        return show_value(Value(Integers(widths.begin(), widths.end())));
    };
    return key;
}

}  // namespace

std::vector<Key> media_recipe_keys(const std::string& name) {
    const auto key = [&](const char* part) {
        return fmt::format("media.recipes.{}.{}", name, part);
    };
// Ties a key to the member of this recipe.
#define BARID_RECIPE(member) \
    [name](auto& settings) -> auto& { return settings.media.recipes.at(name).member; }
    return {
        text_key(key("base"), BARID_RECIPE(base),
                 {.allowed = "the name of a preset: default, product, banner or avatar",
                  .valid =
                      [](std::string_view text) {
                          return is_word_of(text, {"default", "product", "banner", "avatar"});
                      }}),
        recipe_widths_key(key("widths"), name),
        texts_key(
            key("formats"), BARID_RECIPE(formats),
            {.allowed = "a list of: webp, avif, jpeg",
             .valid =
                 [](std::string_view text) { return is_word_of(text, {"webp", "avif", "jpeg"}); }}),
        integer_key(key("webp_quality"), BARID_RECIPE(webp_quality), 0, 100),
        integer_key(key("webp_effort"), BARID_RECIPE(webp_effort), -1, 6),
        integer_key(key("avif_quality"), BARID_RECIPE(avif_quality), 0, 100),
        integer_key(key("avif_effort"), BARID_RECIPE(avif_effort), -1, 9),
        integer_key(key("jpeg_quality"), BARID_RECIPE(jpeg_quality), 0, 100),
        text_key(key("fit"), BARID_RECIPE(fit),
                 {.allowed = "inside, cover or pad",
                  .valid =
                      [](std::string_view text) {
                          return is_word_of(text, {"inside", "cover", "pad"});
                      }}),
        text_key(key("aspect"), BARID_RECIPE(aspect),
                 {.allowed = "two whole numbers like \"4:3\"", .valid = is_aspect}),
        integer_key(key("height"), BARID_RECIPE(height), 0, 16'383),
        text_key(key("focus"), BARID_RECIPE(focus),
                 {.allowed = "\"attention\", \"centre\" or a point like \"0.5,0.2\"",
                  .valid = is_focus}),
        text_key(key("background"), BARID_RECIPE(background),
                 {.allowed = "a colour like \"#f4f4f4\", or \"transparent\"", .valid = is_colour}),
        boolean_key(key("sharpen"), BARID_RECIPE(sharpen)),
        boolean_key(key("trim"), BARID_RECIPE(trim)),
        text_key(
            key("animation"), BARID_RECIPE(animation),
            {.allowed = "first or keep",
             .valid = [](std::string_view text) { return is_word_of(text, {"first", "keep"}); }}),
        text_key(key("watermark"), BARID_RECIPE(watermark),
                 {.allowed = "the absolute path of a picture",
                  .valid = [](std::string_view text) { return text.starts_with('/'); }}),
        text_key(key("watermark_position"), BARID_RECIPE(watermark_position),
                 {.allowed = "top-left, top-right, bottom-left, bottom-right or centre",
                  .valid =
                      [](std::string_view text) {
                          return is_word_of(text, {"top-left", "top-right", "bottom-left",
                                                   "bottom-right", "centre"});
                      }}),
        integer_key(key("watermark_size"), BARID_RECIPE(watermark_size), 0, 100),
        integer_key(key("watermark_opacity"), BARID_RECIPE(watermark_opacity), 0, 100),
    };
#undef BARID_RECIPE
}

}  // namespace barid::config
