#include "worker/platform.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "base/trace_http.hpp"
#include "jobs/admin_bulk.hpp"
#include "jobs/http_deliver.hpp"
#include "jobs/image_collect.hpp"
#include "jobs/image_improve.hpp"
#include "jobs/image_process.hpp"
#include "jobs/image_reprocess.hpp"
#include "jobs/notify_broadcast.hpp"
#include "jobs/notify_send.hpp"
#include "jobs/order_notice.hpp"
#include "jobs/sql_call.hpp"
#include "jobs/translate_backfill.hpp"
#include "jobs/translate_content.hpp"
#include "notify/dev_channel.hpp"
#include "worker/admin_parts.hpp"
#include "worker/commerce_parts.hpp"
#include "worker/http_parts.hpp"
#include "worker/media_parts.hpp"
#include "worker/parts.hpp"
#include "worker/payment_hook.hpp"
#include "worker/translate_parts.hpp"
#include "worker/version.hpp"

namespace barid::worker {
std::string worker_name(const config::Settings& settings) {
    if (!settings.worker.name.empty()) return settings.worker.name;
    std::array<char, 256> host{};
    gethostname(host.data(), host.size() - 1);
    return fmt::format("{}:{}", host.data(), getpid());
}

pg::ConnectOptions connect_options(const config::Settings& settings) {
    pg::ConnectOptions options;
    options.conninfo = settings.database.url;
    if (!settings.database.schema.empty()) options.schema = settings.database.schema;
    options.host_timeout = settings.database.connect_timeout;
    options.statement_deadline = settings.database.statement_timeout;
    // Behind a transaction-pooling PgBouncer the next statement may meet another session.
    options.session_state = settings.worker.wakeup == config::Wakeup::listen;
    return options;
}

namespace {

jobs::NotifySendOptions notify_options(const config::Settings& settings) {
    return {.default_locale = settings.notify.locale,
            .digits = settings.notify.digits == config::NotifyDigits::latin
                          ? notify::Digits::latin
                          : notify::Digits::native,
            .worker = worker_name(settings),
            .pacing = {.quota_per_minute = settings.notify.quota_per_minute,
                       .ramp = std::chrono::ceil<std::chrono::seconds>(settings.notify.ramp)}};
}

}  // namespace

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
    const std::string& queue = settings.worker.queues.front();
    options.media = {.store = std::string(store_name(settings.media.store)),
                     .grace = settings.media.grace,
                     .queue = queue == "*" ? "default" : queue};
    return options;
}

Platform::Platform(asio::io_context& io, ThreadPool& blocking, const config::Settings& settings,
                   log::Logger logger, const trace::Tracer& tracer)
    : io_(io), blocking_(blocking), settings_(settings), log_(std::move(logger)), tracer_(tracer) {
    pool_ =
        std::make_unique<pg::Pool>(io, blocking, connect_options(settings_),
                                   static_cast<std::size_t>(settings_.database.pool_size), log_);
    call_pool_ = std::make_unique<pg::Pool>(
        io, blocking, connect_options(settings_),
        static_cast<std::size_t>(settings_.database.call_pool_size), log_);
    // Several pictures store their files at once; a request that waits for a connection uses up
    // its own time. Bunny takes 100 connections of a zone.
    http_ = std::make_shared<http::CurlHttpClient>(
        io, http::ClientOptions{
                .user_agent = fmt::format("barid/{}", kVersion),
                .max_host_connections = std::clamp(4 * settings_.media.upload_concurrency, 8, 64)});
    store_http_ = observed(http_, "store");
    source_http_ = observed(http_, "source");
    token_http_ = observed(http_, "token");
    translate_http_ = observed(http_, "translate");
    make_store();
    sandbox_ = std::make_unique<media::SandboxPool>(io, sandbox_options(settings_.media), log_);
    make_channel();
    make_providers();
    register_kinds();
}

Platform::~Platform() = default;

std::unique_ptr<http::HttpClient> Platform::observed(std::shared_ptr<http::HttpClient> client,
                                                     const std::string& purpose) {
    return std::make_unique<trace::TracedHttp>(std::move(client), tracer_, &meters_.http[purpose]);
}

void Platform::make_store() {
    StoreParts parts = worker::make_store(*store_http_, blocking_, clock_, settings_.media);
    store_ = std::move(parts.store);
    local_files_ = std::move(parts.files);
}

void Platform::make_channel() {
    if (settings_.notify.channel == config::Channel::dev) {
        channel_ = std::make_unique<notify::DevChannel>(*pool_);
        metered_ = std::make_unique<MeteredChannel>(*channel_, meters_);
        return;
    }
    auto channel = std::make_unique<notify::FcmChannel>();
    const auto add = [&](const config::Fcm& settings, const std::string& project) {
        fcm_.push_back(make_fcm(io_, *token_http_, clock_, settings, project, log_, tracer_,
                                &meters_.http["fcm"]));
    };
    add(settings_.notify.fcm, "default");
    for (const auto& [project, settings] : settings_.notify.fcm_projects) add(settings, project);
    for (const FcmParts& parts : fcm_) channel->add(*parts.client);
    channel_ = std::move(channel);
    channels_ =
        make_channels(io_, clock_, settings_.notify, *channel_, tracer_, &meters_.http["webhook"]);
    metered_ = std::make_unique<MeteredChannel>(*channels_.router, meters_);
}

void Platform::make_providers() {
    for (const std::string& name : settings_.translate.providers) {
        providers_.push_back(
            make_provider(*translate_http_, clock_, name, settings_.translate, log_));
        provider_list_.push_back(providers_.back().get());
    }
}

void Platform::register_notify() {
    const jobs::NotifySendOptions options = notify_options(settings_);
    jobs::register_notify_send(
        registry_, {.pool = *pool_, .channel = *metered_, .clock = clock_, .options = options});
    jobs::register_notify_broadcast(
        registry_, *pool_, clock_,
        {.default_locale = options.default_locale, .digits = options.digits});
}

void Platform::register_kinds() {
    register_notify();
    register_media();
    jobs::register_sql_call(registry_, *call_pool_);
    jobs::register_admin_bulk(registry_, *pool_, clock_);
    register_translate();
    register_deliver();
    register_commerce();
}

void Platform::register_media() {
    const jobs::ImageProcessDeps deps{.pool = *pool_,
                                      .http = *source_http_,
                                      .blocking = blocking_,
                                      .sandbox = *sandbox_,
                                      .store = *store_,
                                      .options = image_options(settings_.media)};
    jobs::register_image_process(registry_, deps);
    jobs::register_image_improve(registry_, deps, improve_options(settings_.media));
    jobs::register_image_upkeep(registry_, *pool_, *store_, collect_options(settings_.media));
    jobs::register_image_reprocess(registry_, *pool_, recipe_book(settings_.media));
}

void Platform::register_translate() {
    jobs::register_translate_content(registry_, {.pool = *pool_,
                                                 .providers = provider_list_,
                                                 .options = translator_options(settings_.translate),
                                                 .clock = clock_});
    jobs::register_translate_backfill(registry_, *pool_, clock_);
}

void Platform::register_deliver() {
    std::vector<jobs::DeliverEndpoint> endpoints = deliver_endpoints(settings_);
    http::ClientOptions options{.user_agent = fmt::format("barid/{}", kVersion)};
    for (const jobs::DeliverEndpoint& endpoint : endpoints) {
        options.max_host_connections = std::max(options.max_host_connections, endpoint.concurrency);
    }
    options.max_connections = std::max(options.max_connections, options.max_host_connections);
    deliver_http_ =
        observed(std::make_shared<http::CurlHttpClient>(io_, std::move(options)), "deliver");
    meters_.endpoints = [this] {
        std::vector<EndpointHealth> all;
        for (const auto& [name, settings] : settings_.deliver) {
            const auto entry = deliver_board_.look(name);
            if (entry) all.push_back({name, entry->breaker != jobs::Breaker::State::closed});
        }
        return all;
    };
    jobs::register_http_deliver(registry_, {.http = *deliver_http_,
                                            .clock = clock_,
                                            .endpoints = std::move(endpoints),
                                            .board = &deliver_board_});
}

void Platform::register_commerce() {
    jobs::register_order_notice(registry_, *pool_);
    if (!settings_.shop.enabled) return;
    payment_http_ = observed(http_, "payment");
    commerce_ = std::make_unique<CommerceParts>(CommerceDeps{.io = io_,
                                                             .blocking = blocking_,
                                                             .pool = *pool_,
                                                             .http = *payment_http_,
                                                             .clock = clock_,
                                                             .log = log_},
                                                settings_);
    commerce_->register_kinds(registry_);
}

awaitable<void> Platform::check_shop() {
    if (commerce_) co_await commerce_->check();
}

void Platform::serve(std::function<web::Readiness()> ready,
                     std::function<awaitable<web::Answer>()> metrics) {
    if (settings_.http.bind.address.empty()) return;
    server_ = std::make_unique<web::HttpServer>(io_, blocking_, http_options(settings_.http), log_);
    server_->on_ready(std::move(ready));
    server_->route_async("/metrics", std::move(metrics));
    if (local_files_) {
        const config::Media& media = settings_.media;
        server_->serve_media(local_files_, media.is_private ? media.url_secret : Secret());
    }
    if (settings_.admin.enabled) {
        console_ = make_console({.io = io_,
                                 .blocking = blocking_,
                                 .clock = clock_,
                                 .http = *http_,
                                 .watchers = {.meter = &admin_meter_, .tracer = &tracer_},
                                 .store = store_.get(),
                                 .deliveries = &deliver_board_},
                                settings_, log_);
        console_->mount(*server_);
    }
    mount_payment_hooks(*server_, *pool_, settings_, log_);
    server_->start();
}

awaitable<void> Platform::stop_serving() {
    if (server_) co_await server_->stop();
}

}  // namespace barid::worker
