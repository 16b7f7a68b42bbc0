// `barid work`, `barid migrate` and `barid health`: what a container runs.
#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>

#include "base/http_curl.hpp"
#include "queue/migrate.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/metrics.hpp"
#include "worker/platform.hpp"
#include "worker/worker.hpp"

namespace barid::worker {
namespace {

awaitable<void> forward_signals(asio::signal_set& signals, Worker& worker) {
    while (true) {
        const auto [ec, number] = co_await signals.async_wait(use_tuple);
        if (ec) co_return;
        worker.request_stop();
    }
}

awaitable<int> work(asio::io_context& io, ThreadPool& blocking, Platform& platform,
                    WorkerOptions options, log::Logger logger) {
    Worker worker(io, blocking, platform.pool(), platform.registry(), std::move(options), logger);
    asio::signal_set signals(io, SIGTERM, SIGINT);
    asio::co_spawn(io, forward_signals(signals, worker), asio::detached);
    Metrics metrics(io, blocking, platform.pool().options());
    metrics.watch(worker);
    platform.serve(
        [&worker] {
            return admin::Readiness{worker.ready(), worker.ready() ? "" : "the lease is not held"};
        },
        [&metrics] { return metrics.answer(); });
    std::exception_ptr failure;
    bool clean = false;
    try {
        clean = co_await worker.run();
    } catch (const Error&) {
        failure = std::current_exception();
    }
    signals.cancel();
    co_await platform.stop_serving();
    if (failure) std::rethrow_exception(failure);
    co_return static_cast<int>(clean ? Exit::ok : Exit::failed);
}

}  // namespace

int run_work(const config::Settings& settings,
             const std::function<void(jobs::Registry&)>& add_kinds) {
    config::require_database(settings);
    std::signal(SIGPIPE, SIG_IGN);
    const log::Logger logger;
    asio::io_context io{1};
    ThreadPool blocking{4};
    int code = static_cast<int>(Exit::failed);
    std::exception_ptr failure;
    {
        Platform platform(io, blocking, settings, logger);
        if (add_kinds) add_kinds(platform.registry());
        asio::co_spawn(io, work(io, blocking, platform, worker_options(settings), logger),
                       [&](std::exception_ptr e, int result) {
                           failure = e;
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

int run_migrate(const config::Settings& settings) {
    CommandSession session(settings, std::chrono::seconds(30));
    const auto state = session.run(queue::read_schema(session.pool));
    if (state.min_worker > queue::newest_migration()) {
        throw SchemaError(queue::schema_problem(state, queue::newest_migration()));
    }
    const int applied = session.run(queue::migrate(session.pool, {}));
    fmt::print("{}\n", applied == 0 ? std::string("the schema is up to date")
                                    : fmt::format("{} migration{} applied", applied,
                                                  applied == 1 ? "" : "s"));
    return static_cast<int>(Exit::ok);
}

int run_health(const config::Settings& settings) {
    if (settings.http.bind.address.empty() || settings.http.bind.port == 0) {
        fmt::print(stderr, "barid: the worker can't be asked: http.bind names no fixed port\n");
        return static_cast<int>(Exit::failed);
    }
    asio::io_context io{1};
    http::CurlHttpClient client(io);
    const auto& bind = settings.http.bind;
    const std::string host =
        bind.address == "0.0.0.0" || bind.address == "::" ? "127.0.0.1" : bind.address;
    http::Request request;
    request.url =
        fmt::format("http://{}:{}/readyz",
                    host.find(':') == std::string::npos ? host : "[" + host + "]", bind.port);
    request.total_timeout = std::chrono::seconds(5);
    int code = static_cast<int>(Exit::failed);
    asio::co_spawn(io, client.send(std::move(request)),
                   [&](const std::exception_ptr& e, const http::Response& response) {
                       if (e) {
                           fmt::print(stderr, "barid: no answer from a worker at {} port {}\n",
                                      host, bind.port);
                           return;
                       }
                       fmt::print("{}", response.body);
                       if (response.status == 200) code = static_cast<int>(Exit::ok);
                   });
    io.run();
    return code;
}

}  // namespace barid::worker
