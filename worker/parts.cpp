#include "worker/parts.hpp"

#include <fmt/format.h>
#include "base/http2_client.hpp"
#include "base/http_curl.hpp"

#include "media/stores/bunny_store.hpp"
#include "media/stores/local_store.hpp"
#include "media/stores/s3_store.hpp"
#include "translate/deepl.hpp"
#include "translate/libretranslate.hpp"
#include "worker/version.hpp"

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
    return options;
}

media::BunnyOptions bunny_options(const config::MediaBunny& settings) {
    media::BunnyOptions options;
    options.zone = settings.zone;
    options.access_key = settings.access_key;
    options.endpoint = settings.host;
    options.public_url = settings.base_url;
    return options;
}

/// "https://host:port" of a URL.
std::string origin_of(const std::string& url) {
    const std::size_t host = url.find("://");
    return host == url.npos ? url : url.substr(0, url.find('/', host + 3));
}

std::unique_ptr<notify::TokenIssuer> make_issuer(http::HttpClient& http, const Clock& clock,
                                                 const config::Fcm& settings,
                                                 const log::Logger& logger) {
    if (settings.credentials == config::FcmCredentials::metadata) {
        return std::make_unique<notify::MetadataIssuer>(http, settings.metadata_url,
                                                        settings.project);
    }
    notify::ServiceAccountOptions options;
    options.file = settings.credentials_file;
    options.project = settings.project;
    options.token_uri = settings.token_uri;
    return std::make_unique<notify::ServiceAccountIssuer>(
        http, clock, notify::FcmCredentials::from_file(options.file), options, logger);
}

}  // namespace

StoreParts make_store(http::HttpClient& http, ThreadPool& blocking, const Clock& clock,
                      const config::Media& settings) {
    StoreParts parts;
    switch (settings.store) {
        case config::MediaStore::local: {
            auto local = std::make_unique<media::LocalStore>(blocking, settings.local.directory,
                                                             settings.local.base_url);
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

FcmParts make_fcm(asio::io_context& io, http::HttpClient& http, const Clock& clock,
                  const config::Fcm& settings, const std::string& project,
                  const log::Logger& logger) {
    FcmParts parts;
    const auto connections = static_cast<std::size_t>(settings.connections);
    const std::string agent = fmt::format("barid/{}", kVersion);
    const bool by_libcurl = settings.client == config::FcmTransport::libcurl;
    if (by_libcurl) {
        parts.http = std::make_unique<http::CurlHttpClient>(
            io,
            http::ClientOptions{.user_agent = agent, .max_host_connections = settings.connections});
    } else {
        parts.http = std::make_unique<http::Http2Client>(
            io, http::Http2Options{.origin = origin_of(settings.endpoint),
                                   .user_agent = agent,
                                   .connections = connections});
    }
    parts.tokens = std::make_unique<notify::AccessTokenSource>(
        make_issuer(http, clock, settings, logger), clock);
    notify::FcmOptions options;
    options.endpoint = settings.endpoint;
    options.project = project;
    options.max_concurrency = connections * 100;
    options.hold_back = by_libcurl;
    parts.client =
        std::make_unique<notify::FcmClient>(*parts.http, clock, *parts.tokens, std::move(options));
    return parts;
}

std::unique_ptr<translate::TranslationProvider> make_provider(http::HttpClient& http,
                                                              const std::string& name,
                                                              const config::Translate& settings) {
    if (name == "deepl") {
        translate::DeepLOptions options;
        options.url = settings.deepl.url;
        options.auth_key = settings.deepl.auth_key;
        return std::make_unique<translate::DeepL>(http, std::move(options));
    }
    translate::LibreTranslateOptions options;
    options.url = settings.libretranslate.url;
    options.api_key = settings.libretranslate.api_key;
    return std::make_unique<translate::LibreTranslate>(http, std::move(options));
}

std::vector<jobs::DeliverEndpoint> deliver_endpoints(const config::Settings& settings) {
    std::vector<jobs::DeliverEndpoint> endpoints;
    for (const auto& [name, given] : settings.deliver) {
        jobs::DeliverEndpoint endpoint{.name = name, .url = given.url};
        endpoint.secrets = given.secrets;
        for (const Secret& header : given.headers) {
            const std::string& text = header.reveal();
            const std::size_t colon = text.find(':');
            const std::size_t value = text.find_first_not_of(" \t", colon + 1);
            endpoint.headers.push_back({text.substr(0, colon), Secret(text.substr(value))});
        }
        endpoint.timeout = given.timeout;
        endpoint.concurrency = given.concurrency;
        endpoint.allow_private = given.allow_private;
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

}  // namespace barid::worker
