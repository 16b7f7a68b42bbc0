// Everything that a worker process needs, made from Settings, in one place and in one order.
//
// This is where configuration meets the folders that must not know of it. Owned by the command
// that runs (`work`, `dev`, `doctor`); destroyed in reverse order, on the io thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "admin/console.hpp"
#include "admin/http/server.hpp"
#include "base/access_token.hpp"
#include "base/clock.hpp"
#include "base/http_curl.hpp"
#include "base/log.hpp"
#include "base/meter.hpp"
#include "base/run_on.hpp"
#include "base/trace.hpp"
#include "config/settings.hpp"
#include "jobs/http_deliver.hpp"
#include "jobs/registry.hpp"
#include "media/sandbox_pool.hpp"
#include "media/store.hpp"
#include "media/stores/local_store.hpp"
#include "notify/fcm_client.hpp"
#include "queue/pg/pool.hpp"
#include "translate/provider.hpp"
#include "worker/channel_parts.hpp"
#include "worker/media_parts.hpp"
#include "worker/parts.hpp"
#include "worker/process_meters.hpp"
#include "worker/worker.hpp"

namespace barid::worker {

class CommerceParts;

/// The worker's name in leases, ledgers and logs: configured, or "host:pid".
std::string worker_name(const config::Settings& settings);

pg::ConnectOptions connect_options(const config::Settings& settings);
WorkerOptions worker_options(const config::Settings& settings);

class Platform {
  public:
    /// Checks what can be checked without the database: the store's directory, the credentials'
    /// file, the providers' addresses. Throws a permanent Error that names the setting.
    Platform(asio::io_context& io, ThreadPool& blocking, const config::Settings& settings,
             log::Logger logger, const trace::Tracer& tracer = trace::Tracer::off());
    ~Platform();

    /// Every kind that this program knows.
    [[nodiscard]] const jobs::Registry& registry() const { return registry_; }
    [[nodiscard]] jobs::Registry& registry() { return registry_; }
    [[nodiscard]] pg::Pool& pool() { return *pool_; }
    [[nodiscard]] media::ObjectStore& store() { return *store_; }
    [[nodiscard]] const std::vector<translate::TranslationProvider*>& providers() const {
        return provider_list_;
    }
    [[nodiscard]] http::HttpClient& http() { return *http_; }
    [[nodiscard]] ThreadPool& blocking() { return blocking_; }
    [[nodiscard]] const ProcessMeters& meters() const { return meters_; }

    /// Throws a permanent Error that says what the shop's own side lacks; nothing without [shop].
    awaitable<void> check_shop();

    /// Starts the HTTP port when one is configured: health, metrics, the local store's files, and
    /// the admin's side when it is enabled.
    void serve(std::function<web::Readiness()> ready,
               std::function<awaitable<web::Answer>()> metrics);
    /// Whether `serve` serves the admin's side too.
    [[nodiscard]] bool has_admin() const {
        return settings_.admin.enabled && !settings_.http.bind.address.empty();
    }
    /// What the admin's API counted.
    [[nodiscard]] const AdminMeter& admin_meter() const { return admin_meter_; }
    /// The port in use, 0 without one.
    [[nodiscard]] std::uint16_t http_port() const { return server_ ? server_->port() : 0; }
    awaitable<void> stop_serving();

  private:
    void make_store();
    void make_channel();
    void make_providers();
    void register_media();
    void register_translate();
    void register_kinds();
    void register_notify();
    void register_deliver();
    void register_commerce();
    /// Around `client`: what it is for is counted, and traced.
    std::unique_ptr<http::HttpClient> observed(std::shared_ptr<http::HttpClient> client,
                                               const std::string& purpose);

    asio::io_context& io_;
    ThreadPool& blocking_;
    config::Settings settings_;
    log::Logger log_;
    const trace::Tracer& tracer_;
    ProcessMeters meters_;
    SystemClock clock_;
    std::unique_ptr<pg::Pool> pool_;
    std::unique_ptr<pg::Pool> call_pool_;
    std::shared_ptr<http::CurlHttpClient> http_;  ///< behind the next four
    std::unique_ptr<http::HttpClient> store_http_;
    std::unique_ptr<http::HttpClient> source_http_;
    std::unique_ptr<http::HttpClient> token_http_;
    std::unique_ptr<http::HttpClient> translate_http_;
    std::unique_ptr<http::HttpClient> deliver_http_;  ///< connections of its own
    std::unique_ptr<http::HttpClient> payment_http_;
    std::unique_ptr<media::ObjectStore> store_;
    std::shared_ptr<const media::LocalDirectory> local_files_;
    std::unique_ptr<media::SandboxPool> sandbox_;
    std::vector<FcmParts> fcm_;  ///< a project each; none on the development channel
    std::unique_ptr<notify::NotificationChannel> channel_;  ///< to phones; or `dev`, for all
    ChannelParts channels_;
    std::unique_ptr<MeteredChannel> metered_;  ///< around whichever of them sends
    std::vector<std::unique_ptr<translate::TranslationProvider>> providers_;
    std::vector<translate::TranslationProvider*> provider_list_;
    jobs::DeliverBoard deliver_board_;
    std::unique_ptr<CommerceParts> commerce_;  ///< none unless [shop] is enabled
    jobs::Registry registry_;
    AdminMeter admin_meter_;
    std::unique_ptr<admin::Console> console_;  ///< none unless it is enabled
    std::unique_ptr<web::HttpServer> server_;
};

}  // namespace barid::worker
