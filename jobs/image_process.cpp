#include "jobs/image_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "base/text.hpp"
#include "jobs/image_manifest.hpp"
#include "jobs/image_recipe.hpp"
#include "jobs/image_upload.hpp"
#include "jobs/single_flight.hpp"

namespace barid::jobs {
namespace {

constexpr std::size_t kMaxUrlBytes = 2048;
constexpr std::size_t kMaxPathBytes = 4095;
constexpr std::size_t kMaxSlotBytes = 64;
/// While another process makes the same picture.
constexpr std::chrono::milliseconds kBusyPause{1'000};

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

bool has_control(const std::string& text) {
    return std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == '\x7F'; });
}

}  // namespace

std::string parse_entity(JsonReader& in) {
    std::string entity = in.text("entity", {.max_bytes = 256});
    if (has_control(entity)) in.violate("/entity", "must not contain control characters");
    return entity;
}

std::string parse_slot(JsonReader& in) {
    std::string slot = in.optional_text("slot", {.max_bytes = kMaxSlotBytes}).value_or("");
    if (has_control(slot)) in.violate("/slot", "must not contain control characters");
    return slot;
}

media::Source parse_image_source(JsonReader& in) {
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

namespace {

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

/// The payload without the place: what has to be asked for to get the same picture again.
std::optional<std::string> request_of(const queue::Job& job) {
    if (job.payload.empty()) return std::nullopt;
    json::object request = parse_json(job.payload).as_object();
    request.erase("entity");
    request.erase("slot");
    return json::serialize(request);
}

struct Making {
    JobContext& context;
    const ImageProcessDeps& deps;
    ImageSetKey key;
    ImagePlace place;
    std::string recipe_name;
};

bool has_avif(const media::ProcessedImage& image) {
    return std::ranges::any_of(image.variants, [](const media::Variant& variant) {
        return variant.format == media::OutputFormat::avif;
    });
}

awaitable<std::string> store_set(Making& making, std::int64_t set_id, media::ProcessedImage image) {
    const ImageProcessDeps& deps = making.deps;
    const bool improve = deps.options.improve_avif && has_avif(image);
    ImageFacts facts{.source = image.source,
                     .look = image.look,
                     .recipe = making.recipe_name,
                     .is_private = deps.options.is_private};
    std::vector<std::string> keys;
    for (const media::Variant& variant : image.variants) {
        keys.push_back(media::variant_key(making.key.source_hash, making.key.recipe_hash,
                                          variant.width, variant.format));
    }
    std::vector<std::string> names = co_await plan_image_files(deps.pool, set_id, keys);
    const std::size_t all = keys.size();
    const auto stored = [&](std::size_t n) {
        making.context.progress(0.5 + 0.45 * static_cast<double>(n) / static_cast<double>(all),
                                fmt::format("stored {} of {} variants", n, all));
    };
    const std::vector<StoredVariant> rows =
        co_await upload_variants(deps.store, std::move(image.variants), std::move(names),
                                 deps.options.upload_concurrency, stored);
    const std::optional<std::string> improve_queue =
        improve ? std::optional(making.context.job.queue) : std::nullopt;
    std::string manifest =
        co_await complete_image_set(deps.pool, set_id, rows, facts, making.place, improve_queue);
    making.context.log.info("picture stored",
                            {{"source_hash", making.key.source_hash}, {"variants", rows.size()}});
    co_return manifest;
}

awaitable<queue::Outcome> make_set(Making& making, media::Recipe recipe, std::string bytes) {
    const ImageProcessDeps& deps = making.deps;
    const std::int64_t job_id = making.context.job.id;
    const BegunSet begun = co_await begin_image_set(deps.pool, making.key, job_id);
    if (begun.state != BegunSet::State::mine) {
        // Another process makes the same picture, or has just made it: come back and share it.
        co_return queue::Snooze{.delay = kBusyPause};
    }
    making.context.progress(0.1, "decoding and encoding");
    std::optional<media::Error> failed;
    media::ProcessedImage image;
    try {
        image = co_await deps.sandbox.process(std::move(recipe), std::move(bytes),
                                              making.context.deadline);
    } catch (const media::Error& e) {
        failed = e;
    }
    if (failed) {
        co_await abandon_image_set(deps.pool, begun.id, job_id);
        throw media::Error(*failed);
    }
    co_return queue::Done{co_await store_set(making, begun.id, std::move(image))};
}

awaitable<queue::Outcome> process(JobContext& context, const ImageProcessDeps& deps,
                                  SingleFlight& flights, ImagePayload payload) {
    context.progress(0, "fetching the source");
    media::FetchedSource source = co_await media::fetch_source(
        std::move(payload.source), deps.options.source, deps.http, deps.store, deps.blocking);
    Making making{.context = context,
                  .deps = deps,
                  .key = {.source_hash = source.sha256,
                          .recipe_hash = media::recipe_hash(payload.recipe),
                          .store = std::string(deps.store.name())},
                  .place = {.entity = std::move(payload.entity),
                            .slot = std::move(payload.slot),
                            .request = request_of(context.job),
                            .job_id = context.job.id},
                  .recipe_name = std::move(payload.recipe_name)};
    const SingleFlight::Turn turn =
        co_await flights.enter(making.key.source_hash + making.key.recipe_hash);
    auto known = co_await reuse_image_set(deps.pool, making.key, making.place);
    if (known) {
        context.log.info("picture known already", {{"source_hash", making.key.source_hash}});
        co_return queue::Done{std::move(*known)};
    }
    co_return co_await make_set(making, std::move(payload.recipe), std::move(source.bytes));
}

struct Shared {
    ImageProcessDeps deps;
    SingleFlight flights = {};
};

awaitable<queue::Outcome> handle(JobContext& context, std::shared_ptr<Shared> shared,
                                 ImagePayload payload) {
    std::optional<queue::Outcome> failed;
    try {
        co_return co_await process(context, shared->deps, shared->flights, std::move(payload));
    } catch (const media::Error& e) {
        failed = outcome_of(e);
    }
    co_return std::move(*failed);
}

}  // namespace

media::Recipe parse_image_recipe(JsonReader& in, const media::RecipeBook& recipes) {
    media::Recipe recipe = parse_recipe(in, recipes);
    if (std::vector<int> widths = parse_widths(in); !widths.empty()) recipe.widths = widths;
    if (auto formats = parse_formats(in); !formats.empty()) recipe.formats = formats;
    return media::normalised(std::move(recipe));
}

ImagePayload parse_image_payload(JsonReader& in, const media::RecipeBook& recipes) {
    ImagePayload payload;
    payload.source = parse_image_source(in);
    payload.entity = parse_entity(in);
    payload.slot = parse_slot(in);
    payload.recipe = parse_image_recipe(in, recipes);
    const json::value* named = in.optional_value("recipe");
    const bool changed =
        in.optional_value("widths") != nullptr || in.optional_value("formats") != nullptr;
    if (changed || (named != nullptr && !named->is_string())) return payload;
    payload.recipe_name =
        named != nullptr ? std::string_view(named->get_string()) : media::kDefaultRecipe;
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
    KindOptions options{.kind = "image.process", .timeout = deps.options.timeout};
    auto shared = std::make_shared<Shared>(std::move(deps));
    registry.add<ImagePayload>(
        std::move(options),
        [shared](JsonReader& in) { return parse_image_payload(in, shared->deps.options.recipes); },
        [shared](JobContext& context, ImagePayload payload) -> awaitable<queue::Outcome> {
            return handle(context, shared, std::move(payload));
        });
}

}  // namespace barid::jobs
