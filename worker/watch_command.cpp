// `barid queues list` and its --watch: live in a terminal, one picture after the other elsewhere.
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <ctime>
#include <optional>

#include "base/json.hpp"
#include "base/text.hpp"
#include "base/timeout.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/watch_screen.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kLookLimit = 5s;

awaitable<Look> look_at(pg::Pool& pool, bool with_kinds) {
    Look look;
    look.queues = co_await read_queues(pool);
    look.at = std::chrono::steady_clock::now();
    if (!with_kinds) co_return look;
    const pg::Result kinds = co_await pool.execute(R"(
        SELECT kind, per_minute, failed, coalesce(p50_ms, 0), coalesce(p95_ms, 0),
               coalesce(max_ms, 0)
        FROM barid.kind_status('1 minute') LIMIT 50)");
    for (const pg::Row row : kinds) {
        look.kinds.push_back({row.get<std::string>(0), row.get<double>(1), row.get<std::int64_t>(2),
                              row.get<double>(3), row.get<double>(4), row.get<double>(5)});
    }
    co_return look;
}

std::string clock_text() {
    return fmt::format("{:%H:%M:%S}", fmt::localtime(std::time(nullptr)));
}

std::string json_line(const QueueSample& queue) {
    json::object parked;
    for (const auto& [reason, count] : queue.parked_by) parked[reason] = count;
    const std::string oldest =
        queue.oldest_due_seconds > 0 ? fmt::format("{:.1f}", queue.oldest_due_seconds) : "null";
    return fmt::format(
        R"({{"name":{},"paused":{},"due":{},"later":{},"running":{},"oldest_due_s":{},)"
        R"("parked":{},"parked_by":{},"counted_to":{}}})",
        json_quote(queue.name), queue.paused, queue.due, queue.later, queue.running, oldest,
        queue.parked, json::serialize(parked), queue.counted_to);
}

void print_look(const Look& look, const std::string& table, bool json) {
    if (json) {
        for (const QueueSample& queue : look.queues) {
            fmt::print("{}\n", json_line(queue));
        }
    } else {
        fmt::print("{}", table);
    }
    std::fflush(stdout);
}

/// Where there is no terminal: a picture after the other, each with its time.
awaitable<bool> print_again_and_again(pg::Pool& pool, QueuesArguments arguments) {
    std::optional<Look> before;
    for (int turn = 1;; ++turn) {
        Look look = co_await with_timeout(look_at(pool, false), kLookLimit, "the look at queues");
        if (!arguments.json) fmt::print("{}{}\n", turn > 1 ? "\n" : "", clock_text());
        print_look(look, live_table(look, before ? &*before : nullptr), arguments.json);
        before = std::move(look);
        if (arguments.count > 0 && turn >= arguments.count) break;
        if (!co_await sleep_for(std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::duration<double>(arguments.interval)))) {
            break;
        }
    }
    co_return true;
}

/// Draws until somebody types q, sends a signal, or `count` pictures are drawn.
class Watch {
  public:
    Watch(CommandSession& session, const QueuesArguments& arguments)
        : io_(session.io),
          pool_(session.pool),
          arguments_(arguments),
          terminal_(session.io),
          pause_(session.io),
          ends_(session.io, SIGINT, SIGTERM, SIGHUP),
          resizes_(session.io, SIGWINCH) {}

    awaitable<bool> run() {
        asio::co_spawn(io_, keys(), asio::detached);
        asio::co_spawn(io_, end_on_signal(), asio::detached);
        asio::co_spawn(io_, redraw_on_resize(), asio::detached);
        for (int turn = 1; !ended_; ++turn) {
            co_await look();
            draw();
            if (arguments_.count > 0 && turn >= arguments_.count) break;
            if (ended_) break;
            pause_.expires_after(std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::duration<double>(arguments_.interval)));
            co_await pause_.async_wait(use_tuple);
        }
        finish();
        co_return true;
    }

  private:
    awaitable<void> look() {
        try {
            Look next = co_await with_timeout(look_at(pool_, true), kLookLimit, "the database");
            before_ = std::move(now_);
            now_ = std::move(next);
            problem_.clear();
        } catch (const std::exception& e) {
            // What was seen last stays, and when the database is back, it goes on.
            problem_ = fmt::format("no answer, old numbers: {}", e.what());
        }
    }
    void draw() {
        if (ended_) return;
        const Look empty;
        Terminal::show(watch_screen(now_ ? *now_ : empty, before_ ? &*before_ : nullptr,
                                    Terminal::size(), clock_text(), problem_));
    }
    awaitable<void> keys() {
        while (!ended_) {
            const std::string typed = co_await terminal_.read_keys();
            if (typed.empty() || typed.find_first_of("qQ\x03\x04") != std::string::npos) finish();
        }
    }
    awaitable<void> end_on_signal() {
        co_await ends_.async_wait(use_tuple);
        finish();
    }
    awaitable<void> redraw_on_resize() {
        while (!ended_) {
            const auto [problem, number] = co_await resizes_.async_wait(use_tuple);
            if (problem) co_return;
            draw();
        }
    }
    void finish() {
        ended_ = true;
        pause_.cancel();
        terminal_.cancel();
        error_code ignored;
        ends_.cancel(ignored);
        resizes_.cancel(ignored);
    }

    asio::io_context& io_;
    pg::Pool& pool_;
    QueuesArguments arguments_;
    Terminal terminal_;
    asio::steady_timer pause_;
    asio::signal_set ends_;
    asio::signal_set resizes_;
    std::optional<Look> now_;
    std::optional<Look> before_;
    std::string problem_;
    bool ended_ = false;
};

}  // namespace

int run_queues_list(const config::Settings& settings, const QueuesArguments& arguments) {
    CommandSession session(settings);
    if (!arguments.watch) {
        const Look look = session.run(look_at(session.pool, false));
        print_look(look, queue_table(look), arguments.json);
    } else if (arguments.json || !Terminal::present()) {
        session.run(print_again_and_again(session.pool, arguments));
    } else {
        Watch watch(session, arguments);
        session.run(watch.run());
        session.io.run_for(100ms);  // what was cancelled unwinds before it is destroyed
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
