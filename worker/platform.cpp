#include "worker/platform.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>

#include "jobs/image_process.hpp"
#include "jobs/notify_send.hpp"
#include "jobs/translate_content.hpp"
#include "media/stores/bunny_store.hpp"
#include "media/stores/s3_store.hpp"
#include "notify/dev_channel.hpp"
#include "translate/deepl.hpp"
#include "translate/libretranslate.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

media::OutputFormat output_format(const std::string& name) {
    if (name == "avif") return media::OutputFormat::avif;
    if (name == "jpeg") return media::OutputFormat::jpeg;
    return media::OutputFormat::webp;
}

}  // namespace

std::string worker_name(const config::Settings& settings) {
    if (!settings.worker.name.empty()) return settings.worker.name;
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    return fmt::format("{}:{}", host.data(), getpid());
}

pg::ConnectOptions connect_options(const config::Settings& settings) {
    pg::ConnectOptions options;
    options.conninfo = settings.database.url;
    options.host_timeout = settings.database.connect_timeout;
    options.statement_deadline = settings.database.statement_timeout;
    // Behind a transaction-pooling PgBouncer a prepared statement may live on another session.
    options.prepared_statements = settings.worker.wakeup == config::Wakeup::listen;
    return options;
}

WorkerOptions worker_options(const config::Settings& settings) {
    WorkerOptions options;
    options.name = worker_name(settings);
    options.queues = settings.worker.queues;
    options.concurrency = static_cast<std::size_t>(settings.worker.concurrency);
    options.shutdown_grace = settings.worker.shutdown_grace;
    options.lease_ttl = settings.worker.lease_ttl;
    options.poll_interval = settings.worker.poll_interval;
    options.wakeup = settings.worker.wakeup == config::Wakeup::listen ? queue::WakeupMode::listen
                                                                      : queue::WakeupMode::poll;
    return options;
}

Platform::Platform(asio::io_context& io, ThreadPool& blocking, const config::Settings& settings,
                   log::Logger logger)
    : io_(io), blocking_(blocking), settings_(settings), log_(std::move(logger)) {
    pool_ =
        std::make_unique<pg::Pool>(io, blocking, connect_options(settings_),
                                   static_cast<std::size_t>(settings_.database.pool_size), log_);
    http_ = std::make_unique<http::CurlHttpClient>(
        io, http::ClientOptions{.user_agent = fmt::format("barid/{}", kVersion),
                                .max_host_connections = settings_.notify.fcm.connections});
    make_store();
    media::SandboxOptions sandbox;
    sandbox.children = static_cast<std::size_t>(settings_.media.sandbox_children);
    sandbox_ = std::make_unique<media::SandboxPool>(io, std::move(sandbox), log_);
    make_channel();
    make_providers();
    register_kinds();
}

Platform::~Platform() = default;

void Platform::make_store() {
    const config::Media& media = settings_.media;
    switch (media.store) {
        case config::MediaStore::local: {
            auto local = std::make_unique<media::LocalStore>(blocking_, media.local.directory,
                                                             media.local.base_url);
            local_files_ = local->directory();
            store_ = std::move(local);
            break;
        }
        case config::MediaStore::s3: {
            media::S3Options options;
            options.endpoint = media.s3.endpoint;
            options.region = media.s3.region;
            options.bucket = media.s3.bucket;
            options.path_style = media.s3.path_style;
            options.credentials = {.access_key = media.s3.access_key.reveal(),
                                   .secret_key = media.s3.secret_key,
                                   .session_token = media.s3.session_token};
            options.public_url = media.s3.base_url;
            store_ = std::make_unique<media::S3Store>(*http_, clock_, std::move(options));
            break;
        }
        case config::MediaStore::bunny: {
            media::BunnyOptions options;
            options.zone = media.bunny.zone;
            options.access_key = media.bunny.access_key;
            options.endpoint = media.bunny.host;
            options.public_url = media.bunny.base_url;
            store_ = std::make_unique<media::BunnyStore>(*http_, clock_, std::move(options));
            break;
        }
    }
}

void Platform::make_channel() {
    const config::Fcm& fcm = settings_.notify.fcm;
    if (settings_.notify.channel == config::Channel::dev) {
        channel_ = std::make_unique<notify::DevChannel>(*pool_);
        return;
    }
    notify::FcmCredentials credentials = notify::FcmCredentials::from_file(fcm.credentials_file);
    if (!fcm.project.empty()) credentials.project_id = fcm.project;
    if (!fcm.token_uri.empty()) credentials.token_uri = fcm.token_uri;
    tokens_ = std::make_unique<notify::AccessTokenSource>(*http_, clock_, std::move(credentials));
    notify::FcmOptions options;
    options.endpoint = fcm.endpoint;
    options.max_concurrency = static_cast<std::size_t>(fcm.connections) * 100;
    fcm_ = std::make_unique<notify::FcmClient>(*http_, clock_, *tokens_, std::move(options));
    channel_ = std::make_unique<notify::FcmChannel>(*fcm_, clock_);
}

void Platform::make_providers() {
    for (const std::string& name : settings_.translate.providers) {
        if (name == "deepl") {
            translate::DeepLOptions options;
            options.url = settings_.translate.deepl.url;
            options.auth_key = settings_.translate.deepl.auth_key;
            providers_.push_back(std::make_unique<translate::DeepL>(*http_, std::move(options)));
        } else {
            translate::LibreTranslateOptions options;
            options.url = settings_.translate.libretranslate.url;
            options.api_key = settings_.translate.libretranslate.api_key;
            providers_.push_back(
                std::make_unique<translate::LibreTranslate>(*http_, std::move(options)));
        }
        provider_list_.push_back(providers_.back().get());
    }
}

void Platform::register_kinds() {
    const config::Media& media = settings_.media;
    jobs::ImageProcessOptions image;
    image.recipe.widths = media.widths;
    image.recipe.formats.clear();
    for (const std::string& name : media.formats) {
        image.recipe.formats.push_back(output_format(name));
    }
    image.source.max_bytes = media.max_source_bytes;
    image.source.roots = media.allowed_roots;
    image.source.allowed_hosts = media.allowed_hosts;
    jobs::register_notify_send(registry_, {.pool = *pool_,
                                           .channel = *channel_,
                                           .clock = clock_,
                                           .options = {.worker = worker_name(settings_)}});
    jobs::register_image_process(registry_, {.pool = *pool_,
                                             .http = *http_,
                                             .blocking = blocking_,
                                             .sandbox = *sandbox_,
                                             .store = *store_,
                                             .options = std::move(image)});
    jobs::register_translate_content(
        registry_, {.pool = *pool_, .providers = provider_list_, .options = {}, .clock = clock_});
}

void Platform::serve(std::function<admin::Readiness()> ready) {
    if (settings_.http.bind.address.empty()) return;
    server_ = std::make_unique<admin::HttpServer>(
        io_, blocking_,
        admin::ServerOptions{.address = settings_.http.bind.address,
                             .port = settings_.http.bind.port,
                             .version = std::string(kVersion)},
        log_);
    server_->on_ready(std::move(ready));
    if (local_files_) server_->serve_media(local_files_);
    server_->start();
}

awaitable<void> Platform::stop_serving() {
    if (server_) co_await server_->stop();
}

}  // namespace barid::worker
