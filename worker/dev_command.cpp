// `barid dev`: a private PostgreSQL, the schema, a worker and the local store's HTTP port, all
// gone (or kept in --data) when it ends; with --demo also something to do.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>

#include "base/timeout.hpp"
#include "queue/migrate.hpp"
#include "worker/commands.hpp"
#include "worker/demo.hpp"
#include "worker/demo_kinds.hpp"
#include "worker/demo_pictures.hpp"
#include "worker/demo_shop.hpp"
#include "worker/dev_admin.hpp"
#include "worker/dev_directory.hpp"
#include "worker/dev_server.hpp"
#include "worker/metrics.hpp"
#include "worker/platform.hpp"
#include "worker/tracing.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDatabase = "barid";
/// The demo waits for a lease to run out; a shorter one than the default keeps it short.
constexpr auto kDemoLease = 4s;

config::Settings dev_settings(config::Settings settings, const DevDirectory& directory,
                              const DevServer& server, std::uint16_t http_port, bool demo) {
    settings.database.url = server.url(kDatabase);
    settings.worker.queues = {"*"};
    settings.http.bind = {"127.0.0.1", http_port};
    settings.admin.enabled = true;
    settings.media.store = config::MediaStore::local;
    settings.media.local.directory = directory.media().string();
    settings.media.local.base_url = fmt::format("http://127.0.0.1:{}/media", http_port);
    settings.media.allowed_roots.push_back(directory.pictures().string());
    settings.notify.channel = config::Channel::dev;
    if (!demo) return settings;
    settings.worker.lease_ttl = kDemoLease;
    settings.translate.providers.clear();
    set_demo_shop(settings);
    for (const DemoPicture& picture : find_shared_pictures()) {
        settings.media.allowed_roots.push_back(picture.path.parent_path().string());
        break;
    }
    return settings;
}

std::string introduction(const config::Settings& settings, const DevDirectory& directory) {
    const std::string& url = settings.database.url.reveal();
    return fmt::format(R"text(
Barid is running. Ctrl-C ends it{0}.

  dashboard  http://127.0.0.1:{3}/admin/   sign in as {5} with {6}
  database   {1}
  pictures   {2}/
  health     http://127.0.0.1:{3}/readyz
  data       {4}

In another terminal:
  export DATABASE_URL='{1}'
  psql "$DATABASE_URL" -c "SELECT barid.register_device('emma', 'phone-1', 'android')"
  psql "$DATABASE_URL" -c "SELECT barid.enqueue('notify.send', '{{\"user\": \"emma\",
    \"title\": {{\"en\": \"Hello\"}}, \"body\": {{\"en\": \"From SQL\"}}}}')"
  barid enqueue image.process '{{"source": {{"path": "mug.png"}}, "entity": "product:1"}}'
  barid jobs list

Source pictures are read from {4}/pictures; three are there.
What phones would show is in barid.dev_push, with e-mails and webhooks (column channel); what users
find in their inbox in barid.inbox_item.

)text",
                       directory.temporary ? " and removes everything" : "", url,
                       settings.media.local.base_url, settings.http.bind.port,
                       directory.root.string(), kDevLogin,
                       dev_password(directory, server_user()).reveal());
}

class Dev {
  public:
    Dev(asio::io_context& io, ThreadPool& blocking, const config::Settings& settings,
        const DevDirectory& directory, const DevServer& server, DevArguments arguments)
        : io_(io),
          blocking_(blocking),
          settings_(settings),
          directory_(directory),
          server_(server),
          arguments_(std::move(arguments)),
          tracing_(io, settings, log_),
          platform_(io, blocking, settings, log_, tracing_.tracer()),
          worker_(io, blocking, platform_.pool(), platform_.registry(),
                  traced(worker_options(settings)), log_),
          metrics_(io, blocking),
          ended_(io, asio::steady_timer::time_point::max()) {
        register_demo_kinds(platform_.registry());
        register_demo_event(platform_.registry());
    }

    awaitable<int> run();

  private:
    WorkerOptions traced(WorkerOptions options) const {
        options.tracer = &tracing_.tracer();
        return options;
    }
    awaitable<void> make_database();
    awaitable<void> forward_signals(asio::signal_set& signals);
    awaitable<void> watch_server();
    awaitable<bool> work();
    void start_worker();
    void stop();

    asio::io_context& io_;
    ThreadPool& blocking_;
    const config::Settings& settings_;
    const DevDirectory& directory_;
    const DevServer& server_;
    DevArguments arguments_;
    log::Logger log_;
    Tracing tracing_;
    Platform platform_;
    Worker worker_;
    Metrics metrics_;
    asio::steady_timer ended_;
    std::exception_ptr failure_;
    bool started_ = false;
    bool running_ = false;
    bool clean_ = true;
    bool stopped_ = false;
};

awaitable<void> Dev::make_database() {
    pg::ConnectOptions options = connect_options(settings_);
    options.conninfo = server_.url("postgres");
    options.schema = pg::kDefaultSchema;  // the database's name below is no schema
    auto connection = co_await pg::Connection::connect(blocking_, std::move(options), log_);
    const pg::Result found =
        co_await connection->execute("SELECT FROM pg_database WHERE datname = 'barid'");
    if (found.empty()) co_await connection->execute_script("CREATE DATABASE barid", 60s);
    co_await queue::migrate(platform_.pool(), log_);
    co_await make_dev_admin(platform_.pool(), dev_password(directory_, server_user()));
}

awaitable<void> Dev::forward_signals(asio::signal_set& signals) {
    while (true) {
        const auto [ec, number] = co_await signals.async_wait(use_tuple);
        if (ec) co_return;
        stop();
    }
}

/// Without its database the worker would wait for it for ever.
awaitable<void> Dev::watch_server() {
    while (co_await sleep_for(500ms)) {
        if (server_.alive()) continue;
        fmt::print(stderr, "barid: PostgreSQL ended by itself; its log is in {}\n",
                   directory_.log("postgres").string());
        clean_ = false;
        stop();
        stop();
        co_return;
    }
}

void Dev::start_worker() {
    started_ = running_ = true;
    asio::co_spawn(io_, worker_.run(), [this](const std::exception_ptr& e, bool clean) {
        failure_ = e;
        clean_ = clean_ && (e || clean);
        running_ = false;
        stopped_ = true;
        ended_.cancel();
    });
}

void Dev::stop() {
    stopped_ = true;
    worker_.request_stop();
    if (!running_) ended_.cancel();
}

awaitable<bool> Dev::work() {
    bool good = true;
    if (arguments_.demo) {
        DemoOutput out;
        good = co_await run_demo({.platform = platform_,
                                  .settings = settings_,
                                  .directory = directory_,
                                  .out = out,
                                  .start_worker = [this] { start_worker(); },
                                  .stopped = [this] { return stopped_; }});
        if (arguments_.once || stopped_) co_return good;
    } else {
        start_worker();
    }
    fmt::print("{}", introduction(settings_, directory_));
    std::fflush(stdout);
    while (!stopped_) co_await ended_.async_wait(use_tuple);
    co_return good;
}

awaitable<int> Dev::run() {
    asio::signal_set signals(io_, SIGTERM, SIGINT, SIGHUP);
    asio::co_spawn(io_, forward_signals(signals), asio::detached);
    asio::co_spawn(io_, watch_server(), asio::detached);
    std::exception_ptr problem;
    bool good = false;
    try {
        co_await make_database();
        metrics_.watch(
            "", platform_.pool().options(), [this] { return &worker_; }, &platform_.meters());
        metrics_.watch_traces(tracing_);
        metrics_.watch_admin(platform_.admin_meter());
        tracing_.start();
        platform_.serve(
            [this] {
                return web::Readiness{worker_.ready(),
                                      worker_.ready() ? "" : "the lease is not held"};
            },
            [this] { return metrics_.answer(); });
        good = co_await work();
    } catch (const std::exception&) {
        problem = std::current_exception();
    }
    // Whoever stopped a demo in the middle doesn't want to wait for its jobs.
    if (running_ && (!stopped_ || arguments_.demo)) worker_.request_stop();
    while (running_) co_await ended_.async_wait(use_tuple);
    signals.cancel();
    co_await tracing_.stop();
    co_await platform_.stop_serving();
    if (failure_) std::rethrow_exception(failure_);
    if (problem) std::rethrow_exception(problem);
    co_return static_cast<int>(good && clean_ ? Exit::ok : Exit::failed);
}

int run_loop(const config::Settings& settings, const DevDirectory& directory,
             const DevServer& server, const DevArguments& arguments) {
    asio::io_context io{1};
    ThreadPool blocking{4};
    int code = static_cast<int>(Exit::failed);
    std::exception_ptr failure;
    {
        Dev dev(io, blocking, settings, directory, server, arguments);
        asio::co_spawn(io, dev.run(), [&](std::exception_ptr e, int result) {
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

/// What went wrong is in a log that may be about to vanish.
void show_log(const std::filesystem::path& path) {
    std::ifstream in(path);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        const bool matters = line.find(R"("level":"error")") != std::string::npos ||
                             line.find(R"("level":"warn")") != std::string::npos;
        // The demo's own kinds fail on purpose.
        const bool expected = line.find(R"("kind":"demo.)") != std::string::npos;
        if (matters && !expected && lines.size() < 20) lines.push_back(line.substr(0, 400));
    }
    if (!lines.empty()) fmt::print(stderr, "\nFrom the worker's log:\n");
    for (const std::string& line : lines) fmt::print(stderr, "  {}\n", line);
}

}  // namespace

int run_dev(const config::Settings& given, const DevArguments& arguments) {
    if (arguments.once && !arguments.demo) {
        fmt::print(stderr, "barid: --once goes with --demo: without it there is nothing to end\n");
        return static_cast<int>(Exit::usage);
    }
    std::signal(SIGPIPE, SIG_IGN);
    fmt::print("starting a private PostgreSQL …\n");
    std::fflush(stdout);
    const DevDirectory directory = open_dev_directory(arguments.data);
    DevServer server(directory);
    draw_pictures(directory.pictures());
    const std::filesystem::path log = directory.log("worker");
    if (arguments.demo) {
        // The screen belongs to the demo.
        const int fd = open(log.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
        if (fd >= 0) log::init({.level = given.log.level, .format = log::Format::json, .fd = fd});
    }
    const ReservedPort http(read_ports(directory).http);
    write_ports(directory, {.database = server.port(), .http = http.port()});
    const config::Settings settings =
        dev_settings(given, directory, server, http.port(), arguments.demo);
    int code = static_cast<int>(Exit::failed);
    try {
        code = run_loop(settings, directory, server, arguments);
    } catch (const std::exception&) {
        show_log(log);
        throw;
    }
    if (arguments.demo && code == static_cast<int>(Exit::failed)) show_log(log);
    return code;
}

}  // namespace barid::worker
