// The real worker as a process of its own, with kinds that leave traces, for tests that kill it.
//
//     fault_worker URL NAME [concurrency=10] [ttl=3000] [grace=10000] [queue=default,…] [fcm=DIR]
//
// Prints `READY 0` once its lease is held. Kinds: `effect` inserts a row into public.effect and
// works for "ms"; `hold` writes when it started and ended into public.run; `poison` kills the
// process; `import` works in steps and leaves a checkpoint behind each; `record` is
// run_recorder.hpp's; `sql.call`, `admin.bulk` and the kinds of notifications are the real ones.
// Pushes go to the development channel, or to the FCM server whose account.json and cert.pem are
// in DIR. Exits with 0 after a clean end. io thread only.
#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <map>
#include <memory>
#include <sstream>
#include <string>

#include "base/http2_client.hpp"
#include "base/http_curl.hpp"
#include "base/timeout.hpp"
#include "jobs/admin_bulk.hpp"
#include "jobs/notify_send.hpp"
#include "jobs/registry.hpp"
#include "jobs/sql_call.hpp"
#include "notify/dev_channel.hpp"
#include "notify/fcm_client.hpp"
#include "tests/support/run_recorder.hpp"
#include "worker/worker.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using jobs::JobContext;
using queue::Outcome;

struct Arguments {
    std::string url;
    std::string name;
    std::map<std::string, int> numbers{{"concurrency", 10}, {"ttl", 3000}, {"grace", 10'000}};
    std::vector<std::string> queues{"default"};
    std::string fcm = {};
};

Arguments parse(int argc, char** argv) {
    Arguments arguments;
    arguments.url = argv[1];
    arguments.name = argv[2];
    for (int i = 3; i < argc; ++i) {
        const std::string argument = argv[i];
        const auto equals = argument.find('=');
        const std::string key = argument.substr(0, equals);
        const std::string value = argument.substr(equals + 1);
        if (key == "queue") {
            arguments.queues.clear();
            std::istringstream names(value);
            for (std::string name; std::getline(names, name, ',');) {
                arguments.queues.push_back(name);
            }
        } else if (key == "fcm") {
            arguments.fcm = value;
        } else {
            arguments.numbers.at(key) = std::stoi(value);
        }
    }
    return arguments;
}

std::chrono::milliseconds length(const json::value& payload) {
    const json::object* object = payload.if_object();
    const json::value* ms = object != nullptr ? object->if_contains("ms") : nullptr;
    return std::chrono::milliseconds(ms != nullptr ? ms->to_number<int>() : 0);
}

struct Traces {
    pg::Pool& pool;
    std::string worker;

    awaitable<Outcome> effect(JobContext& context, const json::value& payload) const {
        co_await pool.execute("INSERT INTO public.effect (job_id, worker) VALUES ($1, $2)",
                              pg::Params(context.job.id, worker));
        co_await sleep_for(length(payload));
        co_return queue::Done{};
    }

    /// A long job in steps, each with a checkpoint behind it.
    awaitable<Outcome> import(JobContext& context, const json::value& payload) const {
        const auto last = co_await context.last_checkpoint();
        const std::int64_t from = last ? last->at("step").as_int64() + 1 : 1;
        for (std::int64_t step = from; step <= 40; ++step) {
            co_await pool.execute("INSERT INTO public.step (step, attempt) VALUES ($1, $2)",
                                  pg::Params(step, context.job.attempt));
            co_await context.checkpoint({{"step", step}});
            co_await sleep_for(length(payload));
        }
        co_return queue::Done{};
    }

    /// Notices that it should stop by itself, and writes down when it did.
    awaitable<Outcome> hold(JobContext& context, const json::value& payload) const {
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
        const pg::Result row = co_await pool.execute(
            "INSERT INTO public.run (job_id, attempt, worker) VALUES ($1, $2, $3) RETURNING id",
            pg::Params(context.job.id, context.job.attempt, worker));
        const auto until = std::chrono::steady_clock::now() + length(payload);
        while (!context.cancelled() && std::chrono::steady_clock::now() < until) {
            co_await sleep_for(10ms);
        }
        co_await pool.execute("UPDATE public.run SET ended_at = clock_timestamp() WHERE id = $1",
                              pg::Params(row.one().get<std::int64_t>(0)));
        if (context.cancelled()) {
            throw boost::system::system_error(asio::error::operation_aborted);
        }
        co_return queue::Done{};
    }
};

void register_kinds(jobs::Registry& registry, const Traces& traces,
                    support::RunRecorder& recorder) {
    const auto options = [](const char* kind) {
        return jobs::KindOptions{
            .kind = kind, .timeout = 1min, .retry = {.base = 20ms, .cap = 500ms, .floor = 0ms}};
    };
    registry.add_raw(options("effect"), [&traces](JobContext& context, const json::value& payload) {
        return traces.effect(context, payload);
    });
    registry.add_raw(options("hold"), [&traces](JobContext& context, const json::value& payload) {
        return traces.hold(context, payload);
    });
    registry.add_raw(options("record"),
                     [&recorder](JobContext& context, const json::value& payload) {
                         return recorder.run(context, payload);
                     });
    registry.add_raw(options("import"), [&traces](JobContext& context, const json::value& payload) {
        return traces.import(context, payload);
    });
    registry.add_raw(options("poison"), [](JobContext&, const json::value&) -> awaitable<Outcome> {
        std::raise(SIGKILL);
        co_return queue::Done{};
    });
}

awaitable<void> announce(const worker::Worker& worker) {
    while (!worker.ready()) co_await sleep_for(5ms);
    fmt::print("READY 0\n");
    std::fflush(stdout);
}

awaitable<int> work(asio::io_context& io, worker::Worker& worker) {
    asio::signal_set signals(io, SIGTERM, SIGINT);
    const auto forward = [&]() -> awaitable<void> {
        while (true) {
            const auto [ec, number] = co_await signals.async_wait(use_tuple);
            if (ec) co_return;
            worker.request_stop();
        }
    };
    asio::co_spawn(io, forward(), asio::detached);
    asio::co_spawn(io, announce(worker), asio::detached);
    const bool clean = co_await worker.run();
    signals.cancel();
    co_return clean ? 0 : 1;
}

/// The way to a stand-in for FCM.
struct Fcm {
    Fcm(asio::io_context& io, const Clock& clock, const std::string& directory)
        : credentials(oauth::ServiceAccountKey::from_file(directory + "/account.json")),
          origin(credentials.token_uri.substr(0, credentials.token_uri.rfind('/'))),
          http(io, {.ca_file = directory + "/cert.pem"}),
          tokens(http, clock, credentials),
          sends(io, {.origin = origin, .ca_file = directory + "/cert.pem"}),
          client(sends, clock, tokens, {.endpoint = origin}),
          channel(client) {}

    oauth::ServiceAccountKey credentials;
    std::string origin;
    http::CurlHttpClient http;
    oauth::AccessTokenSource tokens;
    http::Http2Client sends;
    notify::FcmClient client;
    notify::FcmChannel channel;
};

int run(const Arguments& arguments) {
    std::signal(SIGPIPE, SIG_IGN);
    // BARID_FAULT_LOG=1 shows what the processes say.
    log::init(
        {.level = std::getenv("BARID_FAULT_LOG") != nullptr ? log::Level::debug : log::Level::off});
    asio::io_context io{1};
    ThreadPool blocking{4};
    int code = 2;
    {
        pg::ConnectOptions connect;
        connect.conninfo = Secret(arguments.url);
        pg::Pool pool(io, blocking, connect, 8, {});
        const SystemClock clock;
        notify::DevChannel dev(pool);
        std::unique_ptr<Fcm> fcm;
        if (!arguments.fcm.empty()) fcm = std::make_unique<Fcm>(io, clock, arguments.fcm);
        notify::NotificationChannel& channel =
            fcm ? static_cast<notify::NotificationChannel&>(fcm->channel) : dev;
        const Traces traces{pool, arguments.name};
        jobs::Registry registry;
        support::RunRecorder recorder(arguments.name);
        register_kinds(registry, traces, recorder);
        jobs::register_notify_send(registry, {pool, channel, clock, {}});
        pg::Pool calls(io, blocking, connect, 3, {});
        jobs::register_sql_call(registry, calls);
        // Small steps: many places to be killed at.
        jobs::register_admin_bulk(registry, pool, clock, {.page = 10});
        worker::WorkerOptions options;
        options.name = arguments.name;
        options.queues = arguments.queues;
        options.concurrency = static_cast<std::size_t>(arguments.numbers.at("concurrency"));
        options.lease_ttl = std::chrono::milliseconds(arguments.numbers.at("ttl"));
        options.shutdown_grace = std::chrono::milliseconds(arguments.numbers.at("grace"));
        worker::Worker worker(io, blocking, pool, registry, options, {});
        asio::co_spawn(io, recorder.follow(worker), asio::detached);
        asio::co_spawn(io, work(io, worker), [&](std::exception_ptr e, int result) {
            code = e ? 3 : result;
            io.stop();
        });
        io.run();
    }
    blocking.stop();
    blocking.join();
    return code;
}

}  // namespace
}  // namespace barid

int main(int argc, char** argv) {
    if (argc < 3) return 2;
    return barid::run(barid::parse(argc, argv));
}
