#include "jobs/image_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "jobs/image_manifest.hpp"

namespace barid::jobs {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::size_t kMaxPathBytes = 4095;

/// One string of the source object, checked; notes a violation and gives "" otherwise.
std::string source_text(JsonReader& in, const std::string& key, const json::value& value,
                        std::size_t max_bytes) {
    const auto* text = value.if_string();
    const std::string at = "/source/" + key;
    if (text == nullptr) {
        in.violate(at, "must be a string");
    } else if (text->empty() || text->size() > max_bytes) {
        in.violate(at, fmt::format("must have 1 to {} bytes, has {}", max_bytes, text->size()));
    } else if (text->find('\0') != json::string::npos || !is_valid_utf8(*text)) {
        in.violate(at, "must be valid UTF-8 without NUL characters");
    } else {
        return std::string(*text);
    }
    return "";
}

media::Source parse_url(JsonReader& in, const json::value& value) {
    std::string url = source_text(in, "url", value, kMaxUrlBytes);
    if (!url.empty() && !url.starts_with("http://") && !url.starts_with("https://")) {
        in.violate("/source/url", "must start with https:// or http://");
    }
    return media::UrlSource{std::move(url)};
}

media::Source parse_key(JsonReader& in, const json::value& value) {
    std::string key = source_text(in, "store_key", value, media::kMaxKeyBytes);
    if (!key.empty()) {
        if (auto problem = media::key_problem(key)) in.violate("/source/store_key", *problem);
    }
    return media::StoredSource{std::move(key)};
}

media::Source parse_source(JsonReader& in) {
    const json::object* object = in.object("source");
    if (object == nullptr) return {};
    media::Source source;
    int known = 0;
    for (const auto& [key, value] : *object) {
        if (key == "url") {
            source = parse_url(in, value);
        } else if (key == "path") {
            source = media::PathSource{source_text(in, "path", value, kMaxPathBytes)};
        } else if (key == "store_key") {
            source = parse_key(in, value);
        } else {
            in.violate("/source/" + truncate_utf8(scrub_utf8(key), 100), "is not known here");
            continue;
        }
        ++known;
    }
    if (known != 1) in.violate("/source", "needs exactly one of url, path, store_key");
    return source;
}

std::vector<int> parse_widths(JsonReader& in) {
    std::vector<int> widths;
    const json::value* value = in.optional_value("widths");
    if (value == nullptr) return widths;
    const json::array* array = value->if_array();
    if (array == nullptr || array->empty() || array->size() > media::kMaxWidths) {
        in.violate("/widths",
                   fmt::format("must be a list of 1 to {} whole numbers", media::kMaxWidths));
        return widths;
    }
    for (std::size_t i = 0; i < array->size(); ++i) {
        const auto* number = (*array)[i].if_int64();
        if (number == nullptr || *number < media::kMinWidth || *number > media::kMaxWidth) {
            in.violate(fmt::format("/widths/{}", i),
                       fmt::format("must be a whole number of pixels from {} to {}",
                                   media::kMinWidth, media::kMaxWidth));
        } else {
            widths.push_back(static_cast<int>(*number));
        }
    }
    return widths;
}

std::vector<media::OutputFormat> parse_formats(JsonReader& in) {
    std::vector<media::OutputFormat> formats;
    const TextRule rule{.one_of = {"webp", "avif", "jpeg"}};
    for (const std::string& word : in.optional_texts("formats", 8, rule)) {
        if (const auto format = media::output_format(word)) formats.push_back(*format);
    }
    return formats;
}

media::Recipe recipe_for(const media::Recipe& defaults, const ImagePayload& payload) {
    media::Recipe recipe = defaults;
    if (!payload.widths.empty()) recipe.widths = payload.widths;
    if (!payload.formats.empty()) recipe.formats = payload.formats;
    return media::normalised(std::move(recipe));
}

awaitable<std::vector<StoredVariant>> store_variants(JobContext& context, media::ObjectStore& store,
                                                     media::ProcessedImage& image,
                                                     const ImageSetKey& key) {
    std::vector<StoredVariant> stored;
    for (media::Variant& variant : image.variants) {
        std::string name =
            media::variant_key(key.source_hash, key.recipe_hash, variant.width, variant.format);
        std::string type(media::content_type(variant.format));
        StoredVariant row{.width = variant.width,
                          .height = variant.height,
                          .format = variant.format,
                          .object = {}};
        row.object = co_await store.put(std::move(name), std::move(variant.bytes), std::move(type));
        stored.push_back(std::move(row));
        const double done =
            static_cast<double>(stored.size()) / static_cast<double>(image.variants.size());
        context.progress(0.5 + 0.45 * done, fmt::format("stored {} of {} variants", stored.size(),
                                                        image.variants.size()));
    }
    co_return stored;
}

awaitable<queue::Outcome> process(JobContext& context, const ImageProcessDeps& deps,
                                  ImagePayload payload) {
    const media::Recipe recipe = recipe_for(deps.options.recipe, payload);
    context.progress(0, "fetching the source");
    media::FetchedSource source = co_await media::fetch_source(
        std::move(payload.source), deps.options.source, deps.http, deps.store, deps.blocking);
    const ImageSetKey key{.source_hash = source.sha256,
                          .recipe_hash = media::recipe_hash(recipe),
                          .store = std::string(deps.store.name())};
    std::optional<std::string> known = co_await reuse_image_set(deps.pool, key, payload.entity);
    if (known) {
        context.log.info("picture known already", {{"source_hash", key.source_hash}});
        co_return queue::Done{std::move(*known)};
    }
    context.progress(0.1, "decoding and encoding");
    media::ProcessedImage image =
        co_await deps.sandbox.process(recipe, std::move(source.bytes), context.deadline);
    const std::int64_t set_id = co_await begin_image_set(deps.pool, key, image.source);
    const std::vector<StoredVariant> stored =
        co_await store_variants(context, deps.store, image, key);
    std::string manifest = co_await commit_image_set(deps.pool, set_id, stored, payload.entity);
    context.log.info("picture stored",
                     {{"source_hash", key.source_hash}, {"variants", stored.size()}});
    co_return queue::Done{std::move(manifest)};
}

awaitable<queue::Outcome> handle(JobContext& context, std::shared_ptr<const ImageProcessDeps> deps,
                                 ImagePayload payload) {
    std::optional<queue::Outcome> failed;
    try {
        co_return co_await process(context, *deps, std::move(payload));
    } catch (const media::Error& e) {
        failed = outcome_of(e);
    }
    co_return std::move(*failed);
}

}  // namespace

ImagePayload parse_image_payload(JsonReader& in) {
    ImagePayload payload;
    payload.source = parse_source(in);
    payload.entity = in.text("entity", {.max_bytes = 256});
    const bool control = std::ranges::any_of(
        payload.entity, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
    if (control) in.violate("/entity", "must not contain control characters");
    payload.widths = parse_widths(in);
    payload.formats = parse_formats(in);
    return payload;
}

queue::Outcome outcome_of(const media::Error& error) {
    std::string text = error.code() + ": " + error.what();
    if (!error.transient()) return queue::Fail{std::move(text)};
    // A full line is our own matter: it must not use up the job's attempts.
    const bool ours = error.code() == "sandbox_busy";
    return queue::Retry{
        .error = std::move(text), .after = error.retry_after(), .spend_attempt = !ours};
}

void register_image_process(Registry& registry, ImageProcessDeps deps) {
    media::check_recipe(deps.options.recipe);
    KindOptions options{.kind = "image.process", .timeout = deps.options.timeout};
    auto shared = std::make_shared<const ImageProcessDeps>(std::move(deps));
    registry.add<ImagePayload>(
        std::move(options), parse_image_payload,
        [shared](JobContext& context, ImagePayload payload) -> awaitable<queue::Outcome> {
            return handle(context, shared, std::move(payload));
        });
}

}  // namespace barid::jobs
