// From [media] and [media.recipes.NAME] to the recipes that payloads can name.
#include <fmt/format.h>

#include <charconv>
#include <cstdlib>
#include <fstream>
#include <iterator>

#include "jobs/image_recipe.hpp"
#include "media/error.hpp"
#include "media/sniff.hpp"
#include "worker/media_parts.hpp"

namespace barid::worker {
namespace {

[[noreturn]] void refuse(const std::string& name, const std::string& what) {
    throw media::Error(Error::Retry::permanent, "bad_recipe",
                       fmt::format("[media.recipes.{}] {}", name, what));
}

/// The watermark's bytes: read here once, because a decode child opens no file.
std::string read_watermark(const std::string& name, const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    std::string bytes(media::kMaxWatermarkBytes + 1, '\0');
    if (file) file.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    if (file.bad() || file.gcount() == 0) {
        refuse(name, fmt::format("watermark = \"{}\": the file can't be read", path));
    }
    bytes.resize(static_cast<std::size_t>(file.gcount()));
    if (bytes.size() > media::kMaxWatermarkBytes) {
        refuse(name, fmt::format("watermark = \"{}\": the file has more than {} bytes", path,
                                 media::kMaxWatermarkBytes));
    }
    try {
        (void)media::require_image(bytes);
    } catch (const media::Error& e) {
        refuse(name, fmt::format("watermark = \"{}\": {}", path, e.what()));
    }
    return bytes;
}

void add_encoder(json::object& formats, media::OutputFormat format,
                 const config::MediaRecipe& settings) {
    json::object encoder;
    const auto add = [&](const char* key, int value, int unset) {
        if (value != unset) encoder[key] = value;
    };
    switch (format) {
        case media::OutputFormat::webp:
            add("quality", settings.webp_quality, 0);
            add("effort", settings.webp_effort, -1);
            break;
        case media::OutputFormat::avif:
            add("quality", settings.avif_quality, 0);
            add("effort", settings.avif_effort, -1);
            break;
        case media::OutputFormat::jpeg:
            add("quality", settings.jpeg_quality, 0);
            break;
    }
    formats[media::word(format)] = std::move(encoder);
}

json::value focus_json(const std::string& focus) {
    const std::size_t comma = focus.find(',');
    if (comma == std::string::npos) return json::value(focus);
    json::array point;
    for (const std::string& part : {focus.substr(0, comma), focus.substr(comma + 1)}) {
        double share = -1;
        const auto [end, ec] = std::from_chars(part.data(), part.data() + part.size(), share);
        const bool whole = ec == std::errc{} && end == part.data() + part.size();
        point.emplace_back(whole ? share : -1);
    }
    return point;
}

/// The section as the object that a payload would hold: both mean the same by the same words.
json::object recipe_json(const config::MediaRecipe& settings, const media::Recipe& base) {
    json::object recipe;
    const auto text = [&](const char* key, const std::string& value) {
        if (!value.empty()) recipe[key] = value;
    };
    if (!settings.widths.empty()) {
        recipe["widths"] = json::array(settings.widths.begin(), settings.widths.end());
    }
    json::object formats;
    if (settings.formats.empty()) {
        for (const auto format : base.formats) add_encoder(formats, format, settings);
    }
    for (const std::string& word : settings.formats) {
        if (const auto format = media::output_format(word)) add_encoder(formats, *format, settings);
    }
    recipe["formats"] = std::move(formats);
    text("fit", settings.fit);
    text("aspect", settings.aspect);
    if (settings.height != 0) recipe["height"] = settings.height;
    if (!settings.focus.empty()) recipe["focus"] = focus_json(settings.focus);
    text("background", settings.background);
    if (settings.sharpen) recipe["sharpen"] = true;
    if (settings.trim) recipe["trim"] = true;
    text("animation", settings.animation);
    if (!settings.watermark.empty()) {
        json::object mark;
        if (!settings.watermark_position.empty()) mark["position"] = settings.watermark_position;
        if (settings.watermark_size != 0) mark["size"] = settings.watermark_size;
        if (settings.watermark_opacity != 0) mark["opacity"] = settings.watermark_opacity;
        recipe["watermark"] = std::move(mark);
    }
    return recipe;
}

media::Recipe named_recipe(const std::string& name, const config::MediaRecipe& settings,
                           const media::RecipeBook& book) {
    const media::Recipe* base = book.find(settings.base.empty() ? name : settings.base);
    media::Recipe start = base != nullptr ? *base : book.defaults();
    if (!settings.watermark.empty()) {
        start.watermark.picture = read_watermark(name, settings.watermark);
    }
    const json::value payload = {{"recipe", recipe_json(settings, start)}};
    JsonReader in(payload);
    const media::RecipeBook starting_with_it(start);
    media::Recipe recipe = jobs::parse_recipe(in, starting_with_it);
    try {
        in.finish();
    } catch (const PayloadError& e) {
        std::string problems;
        for (const Violation& v : e.violations()) {
            std::string at = v.at.substr(std::min(v.at.size(), std::string("/recipe/").size()));
            problems += fmt::format("{}{}: {}", problems.empty() ? "" : "; ", at, v.problem);
        }
        refuse(name, problems);
    }
    return recipe;
}

}  // namespace

media::RecipeBook recipe_book(const config::Media& settings) {
    media::Recipe defaults;
    defaults.widths = settings.widths;
    defaults.formats.clear();
    for (const std::string& word : settings.formats) {
        if (const auto format = media::output_format(word)) defaults.formats.push_back(*format);
    }
    const media::RecipeBook presets(defaults);
    media::RecipeBook book = presets;
    for (const auto& [name, recipe] : settings.recipes) {
        book.set(name, named_recipe(name, recipe, presets));
    }
    return book;
}

}  // namespace barid::worker
