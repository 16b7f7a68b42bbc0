#include "worker/parts.hpp"

#include <fmt/format.h>

#include "base/http2_client.hpp"
#include "base/http_curl.hpp"
#include "base/trace_http.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

/// "https://host:port" of a URL.
std::string origin_of(const std::string& url) {
    const std::size_t host = url.find("://");
    return host == url.npos ? url : url.substr(0, url.find('/', host + 3));
}

std::unique_ptr<oauth::TokenIssuer> make_issuer(http::HttpClient& http, const Clock& clock,
                                                const config::Fcm& settings,
                                                const log::Logger& logger) {
    if (settings.credentials == config::FcmCredentials::metadata) {
        return std::make_unique<oauth::MetadataIssuer>(http, settings.metadata_url,
                                                       settings.project);
    }
    oauth::ServiceAccountOptions options;
    options.file = settings.credentials_file;
    options.project = settings.project;
    options.token_uri = settings.token_uri;
    return std::make_unique<oauth::ServiceAccountIssuer>(
        http, clock, oauth::ServiceAccountKey::from_file(options.file), options, logger);
}

}  // namespace

FcmParts make_fcm(asio::io_context& io, http::HttpClient& http, const Clock& clock,
                  const config::Fcm& settings, const std::string& project,
                  const log::Logger& logger, const trace::Tracer& tracer, CallMeter* meter) {
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
    parts.http = std::make_unique<trace::TracedHttp>(std::move(parts.http), tracer, meter);
    parts.tokens = std::make_unique<oauth::AccessTokenSource>(
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
        endpoint.qstash_keys = given.qstash_signing_keys;
        endpoints.push_back(std::move(endpoint));
    }
    return endpoints;
}

}  // namespace barid::worker
