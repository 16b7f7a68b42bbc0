// `barid work`, `barid migrate` and `barid health`: what a container runs.
#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <memory>
#include <vector>

#include "admin/http/self_check.hpp"
#include "config/load.hpp"
#include "queue/migrate.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/database_worker.hpp"
#include "worker/metrics.hpp"
#include "worker/tracing.hpp"

namespace barid::worker {
namespace {

using Workers = std::vector<std::unique_ptr<DatabaseWorker>>;

awaitable<void> forward_signals(asio::signal_set& signals, const Workers& workers) {
    while (true) {
        const auto [ec, number] = co_await signals.async_wait(use_tuple);
        if (ec) co_return;
        for (const auto& worker : workers) worker->request_stop();
    }
}

/// Ready when every database is worked on; says which ones are not.
web::Readiness readiness(const Workers& workers) {
    std::string problems;
    for (const auto& worker : workers) {
        const std::string problem = worker->problem();
        if (!problem.empty()) problems += (problems.empty() ? "" : "; ") + problem;
    }
    return {problems.empty(), problems};
}

/// All at once; true when each of them wrote everything. What one of them throws is a defect and no
/// outage: it ends the program, as it would alone.
awaitable<bool> run_all(asio::io_context& io, const Workers& workers) {
    if (workers.size() == 1) co_return co_await workers.front()->run();
    std::size_t running = workers.size();
    bool clean = true;
    std::exception_ptr failure;
    asio::steady_timer ended(io, asio::steady_timer::time_point::max());
    for (const auto& worker : workers) {
        asio::co_spawn(io, worker->run(), [&](const std::exception_ptr& e, bool result) {
            clean = clean && result;
            if (e) {
                failure = e;
                for (const auto& each : workers) each->request_stop();
            }
            if (--running == 0) ended.cancel();
        });
    }
    while (running > 0) co_await ended.async_wait(use_tuple);
    if (failure) std::rethrow_exception(failure);
    co_return clean;
}

awaitable<int> work(asio::io_context& io, ThreadPool& blocking, const Workers& workers,
                    Tracing& tracing) {
    asio::signal_set signals(io, SIGTERM, SIGINT);
    asio::co_spawn(io, forward_signals(signals, workers), asio::detached);
    Platform& first = workers.front()->platform();
    Metrics metrics(io, blocking);
    for (const auto& worker : workers) {
        metrics.watch(
            worker->name(), worker->platform().pool().options(),
            [&worker] { return worker->worker(); }, &worker->platform().meters());
    }
    metrics.watch_traces(tracing);
    if (first.has_admin()) metrics.watch_admin(first.admin_meter());
    first.serve([&workers] { return readiness(workers); }, [&metrics] { return metrics.answer(); });
    tracing.start();
    std::exception_ptr failure;
    bool clean = false;
    try {
        clean = co_await run_all(io, workers);
    } catch (...) {
        failure = std::current_exception();
    }
    signals.cancel();
    co_await tracing.stop();
    co_await first.stop_serving();
    if (failure) std::rethrow_exception(failure);
    co_return static_cast<int>(clean ? Exit::ok : Exit::failed);
}

/// The settings once for each database.
std::vector<config::Settings> for_each_database(const config::Settings& settings) {
    if (settings.databases.empty()) return {settings};
    std::vector<config::Settings> each;
    for (const auto& [name, database] : settings.databases) {
        config::choose_database(each.emplace_back(settings), name);
    }
    return each;
}

int migrate_one(const config::Settings& settings) {
    CommandSession session(settings, std::chrono::seconds(30));
    const auto state = session.run(queue::read_schema(session.pool));
    if (state.min_worker > queue::newest_migration()) {
        throw SchemaError(queue::schema_problem(state, queue::newest_migration()));
    }
    return session.run(queue::migrate(session.pool, {}));
}

}  // namespace

int run_work(const config::Settings& settings,
             const std::function<void(jobs::Registry&)>& add_kinds) {
    std::signal(SIGPIPE, SIG_IGN);
    asio::io_context io{1};
    ThreadPool blocking{4};
    int code = static_cast<int>(Exit::failed);
    std::exception_ptr failure;
    {
        Tracing tracing(io, settings, {});
        Workers workers;
        for (const config::Settings& each : for_each_database(settings)) {
            config::require_database(each);
            workers.push_back(
                std::make_unique<DatabaseWorker>(io, blocking, each, tracing.tracer()));
            if (add_kinds) add_kinds(workers.back()->platform().registry());
        }
        asio::co_spawn(io, work(io, blocking, workers, tracing),
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
    for (const config::Settings& each : for_each_database(settings)) {
        const int applied = migrate_one(each);
        const std::string& name = each.database.name;
        fmt::print("{}{}\n", name.empty() ? "" : name + ": ",
                   applied == 0
                       ? std::string("the schema is up to date")
                       : fmt::format("{} migration{} applied", applied, applied == 1 ? "" : "s"));
    }
    return static_cast<int>(Exit::ok);
}

int run_health(const config::Settings& settings) {
    if (settings.http.bind.address.empty() || settings.http.bind.port == 0) {
        fmt::print(stderr, "barid: the worker can't be asked: http.bind names no fixed port\n");
        return static_cast<int>(Exit::failed);
    }
    asio::io_context io{1};
    const auto& http = settings.http;
    int code = static_cast<int>(Exit::failed);
    asio::co_spawn(
        io,
        web::ask_server(io, http.bind.address, http.bind.port, !http.tls_certificate_file.empty(),
                        "/readyz", std::chrono::seconds(5)),
        [&](const std::exception_ptr& e, const std::optional<web::SelfCheck>& answer) {
            if (e || !answer) {
                fmt::print(stderr, "barid: no answer from a worker at {} port {}\n",
                           http.bind.address, http.bind.port);
                return;
            }
            fmt::print("{}", answer->body);
            if (answer->status == 200) code = static_cast<int>(Exit::ok);
        });
    io.run();
    return code;
}

}  // namespace barid::worker
