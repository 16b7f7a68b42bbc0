#include "worker/media_parts.hpp"

#include "media/stores/bunny_store.hpp"
#include "media/stores/local_store.hpp"
#include "media/stores/s3_store.hpp"

namespace barid::worker {
namespace {

media::S3Options s3_options(const config::MediaS3& settings) {
    media::S3Options options;
    options.endpoint = settings.endpoint;
    options.region = settings.region;
    options.bucket = settings.bucket;
    options.path_style = settings.path_style;
    options.credentials = {.access_key = settings.access_key.reveal(),
                           .secret_key = settings.secret_key,
                           .session_token = settings.session_token};
    options.public_url = settings.base_url;
    options.conditional_put = settings.conditional_put;
    return options;
}

media::BunnyOptions bunny_options(const config::MediaBunny& settings) {
    media::BunnyOptions options;
    options.zone = settings.zone;
    options.access_key = settings.access_key;
    options.endpoint =
        settings.region.empty() ? settings.host : media::bunny_endpoint(settings.region);
    if (!settings.region.empty()) options.region = settings.region;
    options.token_key = settings.token_key;
    options.api_url = settings.api_url;
    options.api_key = settings.api_key;
    options.pull_zone = settings.pull_zone;
    options.public_url = settings.base_url;
    return options;
}

/// The local store's; a short one could be found by trying.
Secret signing_secret(const config::Media& settings) {
    if (!settings.is_private) return {};
    if (settings.url_secret.reveal().size() < 32) {
        throw media::Error(media::Error::Retry::permanent, "store_misconfigured",
                           "media.url_secret must have at least 32 characters");
    }
    return settings.url_secret;
}

}  // namespace

StoreParts make_store(http::HttpClient& http, ThreadPool& blocking, const Clock& clock,
                      const config::Media& settings) {
    StoreParts parts;
    switch (settings.store) {
        case config::MediaStore::local: {
            auto local = std::make_unique<media::LocalStore>(blocking, settings.local.directory,
                                                             settings.local.base_url,
                                                             signing_secret(settings));
            parts.files = local->directory();
            parts.store = std::move(local);
            break;
        }
        case config::MediaStore::s3:
            parts.store = std::make_unique<media::S3Store>(http, clock, s3_options(settings.s3));
            break;
        case config::MediaStore::bunny:
            parts.store =
                std::make_unique<media::BunnyStore>(http, clock, bunny_options(settings.bunny));
            break;
    }
    return parts;
}

jobs::ImageProcessOptions image_options(const config::Media& settings) {
    jobs::ImageProcessOptions image;
    image.recipes = recipe_book(settings);
    image.upload_concurrency = static_cast<std::size_t>(settings.upload_concurrency);
    image.is_private = settings.is_private;
    image.improve_avif = settings.improve_avif;
    image.source.max_bytes = settings.max_source_bytes;
    image.source.roots = settings.allowed_roots;
    image.source.allowed_hosts = settings.allowed_hosts;
    return image;
}

jobs::ImageImproveOptions improve_options(const config::Media& settings) {
    return {.effort = settings.improve_effort,
            .grace = std::chrono::ceil<std::chrono::seconds>(settings.grace)};
}

jobs::CollectOptions collect_options(const config::Media& settings) {
    return {.grace = std::chrono::ceil<std::chrono::seconds>(settings.grace),
            .concurrency = static_cast<std::size_t>(settings.upload_concurrency)};
}

std::string_view store_name(config::MediaStore store) {
    switch (store) {
        case config::MediaStore::local:
            return "local";
        case config::MediaStore::s3:
            return "s3";
        case config::MediaStore::bunny:
            break;
    }
    return "bunny";
}

media::SandboxOptions sandbox_options(const config::Media& settings) {
    media::SandboxOptions sandbox;
    sandbox.children = static_cast<std::size_t>(settings.sandbox_children);
    sandbox.limits.max_source_bytes = settings.max_source_bytes;
    sandbox.limits.max_streaming_pixels = settings.max_streaming_pixels;
    sandbox.limits.max_buffered_pixels = settings.max_buffered_pixels;
    sandbox.limits.max_animation_pixels = settings.max_animation_pixels;
    return sandbox;
}

}  // namespace barid::worker
