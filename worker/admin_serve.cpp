// `barid admin`: the API and the dashboard alone, without a worker beside them.
#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>

#include "admin/http/server.hpp"
#include "base/http_curl.hpp"
#include "config/load.hpp"
#include "queue/migrate.hpp"
#include "worker/admin_parts.hpp"
#include "worker/commands.hpp"
#include "worker/http_parts.hpp"
#include "worker/media_parts.hpp"
#include "worker/metrics.hpp"
#include "worker/payment_hook.hpp"
#include "worker/platform.hpp"
#include "worker/tracing.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kReadyFor = 2s;

/// Whether the database answers, asked at most once in two seconds, however often /readyz is.
class DatabaseProbe {
  public:
    DatabaseProbe(asio::io_context& io, pg::Pool& pool) : io_(io), pool_(pool) {}

    web::Readiness now() {
        const auto at = std::chrono::steady_clock::now();
        if (!asking_ && at - asked_ >= kReadyFor) {
            asking_ = true;
            asked_ = at;
            asio::co_spawn(io_, pool_.execute("SELECT 1"),
                           [this](const std::exception_ptr& e, const pg::Result&) {
                               asking_ = false;
                               ready_ = e ? web::Readiness{false, "the database doesn't answer"}
                                          : web::Readiness{};
                           });
        }
        return ready_;
    }

    void set_ready() { ready_ = {}; }

  private:
    asio::io_context& io_;
    pg::Pool& pool_;
    std::chrono::steady_clock::time_point asked_{};
    bool asking_ = false;
    web::Readiness ready_{false, "the database wasn't asked yet"};
};

/// One process: made in order, gone in the reverse one.
class AdminProcess {
  public:
    AdminProcess(asio::io_context& io, ThreadPool& blocking, const config::Settings& settings)
        : io_(io),
          settings_(settings),
          http_(io, {.user_agent = fmt::format("barid/{}", kVersion)}),
          tracing_(io, settings, log_),
          metrics_(io, blocking),
          pool_(io, blocking, connect_options(settings), 1, log_),
          probe_(io, pool_),
          store_(make_signer(blocking, settings)),
          console_(make_console({.io = io,
                                 .blocking = blocking,
                                 .clock = clock_,
                                 .http = http_,
                                 .watchers = {.meter = &meter_, .tracer = &tracing_.tracer()},
                                 .store = store_.get()},
                                settings, log_)),
          server_(io, blocking, http_options(settings.http), log_) {}

    awaitable<int> run() {
        const auto state = co_await queue::read_schema(pool_);
        const auto problem = queue::schema_problem(state, queue::newest_migration());
        if (!problem.empty()) throw SchemaError(problem);
        probe_.set_ready();
        server_.on_ready([this] { return probe_.now(); });
        metrics_.watch_admin(meter_);
        metrics_.watch_traces(tracing_);
        server_.route_async("/metrics", [this] { return metrics_.answer(); });
        console_->mount(server_);
        mount_payment_hooks(server_, pool_, settings_, log_);
        server_.start();
        tracing_.start();
        log_.info("the admin's side is open", {{"port", server_.port()}});
        asio::signal_set signals(io_, SIGTERM, SIGINT);
        co_await signals.async_wait(use_tuple);
        co_await server_.stop();
        co_await tracing_.stop();
        co_return static_cast<int>(Exit::ok);
    }

  private:
    /// A private store's addresses are signed here; public pictures have theirs in the database.
    std::unique_ptr<media::ObjectStore> make_signer(ThreadPool& blocking,
                                                    const config::Settings& settings) {
        if (!settings.media.is_private) return nullptr;
        return make_store(http_, blocking, clock_, settings.media).store;
    }

    asio::io_context& io_;
    const config::Settings& settings_;
    log::Logger log_;
    SystemClock clock_;
    http::CurlHttpClient http_;
    Tracing tracing_;
    AdminMeter meter_;
    Metrics metrics_;
    pg::Pool pool_;
    DatabaseProbe probe_;
    std::unique_ptr<media::ObjectStore> store_;
    std::unique_ptr<admin::Console> console_;
    web::HttpServer server_;
};

}  // namespace

int run_admin(const config::Settings& settings) {
    std::signal(SIGPIPE, SIG_IGN);
    config::require_database(settings);
    if (settings.http.bind.address.empty()) {
        throw UsageError("barid admin needs a port: http.bind is off");
    }
    asio::io_context io{1};
    ThreadPool blocking{4};
    int code = static_cast<int>(Exit::failed);
    std::exception_ptr failure;
    {
        AdminProcess process(io, blocking, settings);
        asio::co_spawn(io, process.run(), [&](std::exception_ptr e, int result) {
            failure = std::move(e);
            code = result;
            io.stop();
        });
        io.run();
    }
    blocking.stop();
    blocking.join();
    if (failure) std::rethrow_exception(failure);
    return code;
}

}  // namespace barid::worker
