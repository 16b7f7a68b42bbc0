// `barid doctor`: tries everything that a worker depends on, and goes on after a failure.
#include <fmt/format.h>

#include <boost/system/system_error.hpp>

#include "base/http_curl.hpp"
#include "base/timeout.hpp"
#include "queue/migrate.hpp"
#include "worker/commands.hpp"
#include "worker/doctor_checks.hpp"
#include "worker/doctor_database.hpp"
#include "worker/doctor_queue.hpp"
#include "worker/doctor_shop.hpp"
#include "worker/failure.hpp"
#include "worker/platform.hpp"
#include "worker/version.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

/// For each check as a whole; what it does inside has shorter limits of its own.
constexpr auto kCheckLimit = 45s;

/// Beside its pool a worker keeps sessions to claim, to settle, to listen and for its lease.
constexpr int kQueueSessions = 4;

Finding failed(const std::string& check, const std::exception_ptr& error) {
    Failure failure = describe(error);
    return {Level::problem, check, std::move(failure.message), std::move(failure.advice)};
}

/// Runs one check; whatever it throws is its finding.
awaitable<void> attempt(DoctorReport& report, std::string name, awaitable<Finding> check) {
    std::exception_ptr error;
    try {
        report.add(co_await with_timeout(std::move(check), kCheckLimit, name));
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    if (error) report.add(failed(name, error));
}

awaitable<Finding> check_schema(pg::Pool& pool, bool& fits) {
    Finding finding = judge_schema(co_await queue::read_schema(pool), queue::newest_migration());
    fits = finding.level == Level::ok;
    co_return finding;
}

awaitable<void> examine_queue(DoctorReport& report, pg::Pool& pool) {
    std::exception_ptr error;
    try {
        report.add(judge_queue(
            co_await with_timeout(read_queue_facts(pool), kCheckLimit, "the look at the queue")));
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    if (error) report.add(failed("queue", error));
}

awaitable<void> examine_database(DoctorReport& report, DoctorTools tools,
                                 const config::Settings& settings) {
    pg::Pool pool(tools.io, tools.blocking, connect_options(settings), 2, {});
    std::exception_ptr error;
    try {
        const DatabaseFacts facts =
            co_await with_timeout(read_facts(pool), kCheckLimit, "database");
        report.add(judge(facts, settings.database.pool_size + settings.database.call_pool_size +
                                    (settings.shop.enabled ? settings.shop.pool_size : 0) +
                                    kQueueSessions));
    } catch (const std::exception&) {
        error = std::current_exception();
    }
    if (error) {
        report.add(failed("database", error));
    } else {
        bool fits = false;
        co_await attempt(report, "schema", check_schema(pool, fits));
        if (fits) {
            co_await examine_queue(report, pool);
            if (settings.shop.enabled) {
                co_await attempt(report, "shop", check_shop(tools, settings));
            }
        }
    }
}

awaitable<int> examine(DoctorReport& report, DoctorTools tools, const config::Settings& settings) {
    const std::size_t count = settings.origins.size();
    report.add({Level::ok, "configuration",
                fmt::format("{} {} set, the others are at their defaults", count,
                            count == 1 ? "key is" : "keys are")});
    if (settings.database.url.empty()) {
        report.add({Level::problem, "database", "database.url is not set",
                    "give it in the file, or as DATABASE_URL"});
    } else {
        co_await examine_database(report, tools, settings);
    }
    co_await attempt(report, "store", check_store(tools, settings.media));
    co_await attempt(report, "pictures", check_pictures(tools, settings.media));
    report.add(check_roots(settings.media));
    co_await attempt(report, "push", check_push(tools, settings.notify));
    if (settings.notify.channel == config::Channel::fcm) {
        report.add(co_await check_push_projects(tools, settings.notify));
    }
    for (const std::string& name : settings.translate.providers) {
        co_await attempt(report, name, check_provider(tools, name, settings.translate));
    }
    if (!settings.translate.providers.empty() && !settings.database.url.empty()) {
        co_await attempt(report, "translation", check_pauses(tools, settings));
    }
    if (settings.translate.providers.empty()) {
        report.add({Level::ok, "translation",
                    "no provider: what the memory lacks waits for a "
                    "person"});
    }
    for (const auto& [name, gateway] : settings.payment) {
        co_await attempt(report, "payment " + name, check_gateway(tools, settings, name));
    }
    report.add(check_deliver(settings));
    co_await attempt(report, "http", check_http(tools, settings.http));
    report.add(check_certificate(settings));
    co_return report.finish();
}

}  // namespace

int run_doctor(const config::Settings& settings, bool json) {
    asio::io_context io{1};
    ThreadPool blocking{2};
    int code = static_cast<int>(Exit::failed);
    std::exception_ptr failure;
    {
        http::CurlHttpClient http(io, {.user_agent = fmt::format("barid/{}", kVersion)});
        const SystemClock clock;
        DoctorReport report(json);
        asio::co_spawn(
            io,
            examine(report, {.io = io, .blocking = blocking, .http = http, .clock = clock},
                    settings),
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

int report_settings(const std::vector<config::Problem>& problems, bool json) {
    DoctorReport report(json);
    for (const config::Problem& problem : problems) {
        report.add({Level::problem, "configuration", problem.line(),
                    "the other checks need settings that are understood"});
    }
    return report.finish();
}

}  // namespace barid::worker
