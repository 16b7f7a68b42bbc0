// The keys of [media] and its stores.
#include "config/key_types.hpp"

#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {
namespace {

using namespace std::chrono_literals;

bool is_absolute_path(std::string_view text) {
    return text.starts_with('/') && text.find('\0') == std::string_view::npos;
}

bool is_bunny_region(std::string_view text) {
    constexpr std::string_view kRegions[] = {"de", "uk", "ny", "la", "sg", "se", "br", "jh", "syd"};
    return std::ranges::find(kRegions, text) != std::end(kRegions);
}

/// Widths are served as file names: sorted, so that the same set always has one spelling.
Key widths_key() {
    Key key{.name = "media.widths", .shape = Shape::integers};
    key.allowed = "1 to 16 ascending widths from 16 to 8192, like [320, 640, 1080]";
    key.assign = [allowed = key.allowed](Settings& settings, const Value& value) -> Complaint {
        const auto& widths = std::get<Integers>(value);
        const bool ascending =
            std::ranges::adjacent_find(widths, std::greater_equal<>{}) == widths.end();
        if (widths.empty() || widths.size() > 16 || !ascending || widths.front() < 16 ||
            widths.back() > 8192) {
            return "must be " + allowed;
        }
        settings.media.widths.clear();
        for (const auto width : widths) settings.media.widths.push_back(static_cast<int>(width));
        return std::nullopt;
    };
    key.show = [](const Settings& settings) {
        return show_value(
            Value(Integers(settings.media.widths.begin(), settings.media.widths.end())));
    };
    return key;
}

}  // namespace

std::vector<Key> media_keys() {
    return {
        choice_key<MediaStore>(
            "media.store", BARID_AT(media.store),
            {{"local", MediaStore::local}, {"s3", MediaStore::s3}, {"bunny", MediaStore::bunny}}),
        texts_key(
            "media.allowed_roots", BARID_AT(media.allowed_roots),
            {.allowed = "a list of at most 100 absolute directories", .valid = is_absolute_path}),
        texts_key("media.allowed_hosts", BARID_AT(media.allowed_hosts),
                  {.allowed = "a list of at most 100 host names or addresses, without port",
                   .valid = is_host}),
        size_key("media.max_source_bytes", BARID_AT(media.max_source_bytes), 1024,
                 std::uint64_t{1} << 30),
        integer_key("media.sandbox_children", BARID_AT(media.sandbox_children), 0, 256),
        integer_key("media.max_streaming_pixels", BARID_AT(media.max_streaming_pixels), 1,
                    1'000'000'000),
        integer_key("media.max_buffered_pixels", BARID_AT(media.max_buffered_pixels), 1,
                    1'000'000'000),
        integer_key("media.max_animation_pixels", BARID_AT(media.max_animation_pixels), 1,
                    10'000'000'000),
        widths_key(),
        texts_key("media.formats", BARID_AT(media.formats),
                  {.allowed = "a list of at least one of: webp, avif, jpeg",
                   .valid =
                       [](std::string_view item) {
                           return item == "webp" || item == "avif" || item == "jpeg";
                       },
                   .min_items = 1}),

        integer_key("media.upload_concurrency", BARID_AT(media.upload_concurrency), 1, 64),
        duration_key("media.grace", BARID_AT(media.grace), 0ms, 24h * 365),
        boolean_key("media.improve_avif", BARID_AT(media.improve_avif)),
        integer_key("media.improve_effort", BARID_AT(media.improve_effort), 1, 9),
        boolean_key("media.private", BARID_AT(media.is_private)),
        secret_key("media.url_secret", BARID_AT(media.url_secret)),
        duration_key("media.url_ttl", BARID_AT(media.url_ttl), 1s, 24h * 7),

        text_key("media.local.directory", BARID_AT(media.local.directory),
                 {.allowed = "an absolute directory", .valid = is_absolute_path}),
        text_key("media.local.base_url", BARID_AT(media.local.base_url), kUrl),

        text_key("media.s3.endpoint", BARID_AT(media.s3.endpoint), kUrl),
        text_key("media.s3.region", BARID_AT(media.s3.region), kName),
        text_key("media.s3.bucket", BARID_AT(media.s3.bucket), kName),
        secret_key("media.s3.access_key", BARID_AT(media.s3.access_key)),
        secret_key("media.s3.secret_key", BARID_AT(media.s3.secret_key)),
        secret_key("media.s3.session_token", BARID_AT(media.s3.session_token)),
        boolean_key("media.s3.path_style", BARID_AT(media.s3.path_style)),
        boolean_key("media.s3.conditional_put", BARID_AT(media.s3.conditional_put)),
        text_key("media.s3.base_url", BARID_AT(media.s3.base_url), kUrl),

        text_key("media.bunny.host", BARID_AT(media.bunny.host), kUrl),
        text_key("media.bunny.region", BARID_AT(media.bunny.region),
                 {.allowed = "de, uk, ny, la, sg, se, br, jh or syd", .valid = is_bunny_region}),
        text_key("media.bunny.zone", BARID_AT(media.bunny.zone), kName),
        secret_key("media.bunny.access_key", BARID_AT(media.bunny.access_key)),
        text_key("media.bunny.base_url", BARID_AT(media.bunny.base_url), kUrl),
        secret_key("media.bunny.api_key", BARID_AT(media.bunny.api_key)),
        integer_key("media.bunny.pull_zone", BARID_AT(media.bunny.pull_zone), 0, 1'000'000'000'000),
        text_key("media.bunny.api_url", BARID_AT(media.bunny.api_url), kUrl),
        secret_key("media.bunny.token_key", BARID_AT(media.bunny.token_key)),
    };
}

}  // namespace barid::config
