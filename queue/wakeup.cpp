#include "queue/wakeup.hpp"

#include <algorithm>
#include <charconv>

#include "base/timeout.hpp"
#include "queue/cursor_params.hpp"
#include "queue/pg/error.hpp"
#include "queue/session.hpp"

namespace barid::queue {
namespace {

using namespace std::chrono_literals;

constexpr auto kPingEvery = 5s;
constexpr auto kPingDeadline = 5s;

// A plain SELECT: SKIP LOCKED would hide rows of a claim that is about to abort.
constexpr std::string_view kLook = R"(
WITH c AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::smallint[], $3::timestamptz[], $4::bigint[])
        AS u(queue, priority, run_at, id)
    WHERE u.queue NOT IN (SELECT q.name FROM barid.queue q WHERE q.paused OR q.limited)
)
SELECT EXISTS (SELECT 1 FROM c CROSS JOIN LATERAL (
           SELECT 1 FROM barid.job b
           WHERE b.queue = c.queue AND b.priority = c.priority
             AND (b.run_at, b.id) > (c.run_at, c.id) AND b.run_at <= now()
             AND b.state = 'waiting'
           ORDER BY b.run_at, b.id LIMIT 1) j) AS due,
       pg_snapshot_xmin(pg_current_snapshot()) >= $5::text::xid8 AS quiet,
       (SELECT ceil(extract(epoch FROM min(j.run_at) - now()) * 1000)::bigint
        FROM c CROSS JOIN LATERAL (
           SELECT b.run_at FROM barid.job b
           WHERE b.queue = c.queue AND b.priority = c.priority
             AND b.run_at > now() AND b.run_at < 'infinity'
           ORDER BY b.run_at LIMIT 1) j) AS next_ms)";

}  // namespace

Wakeup::Wakeup(asio::io_context& io, ThreadPool& blocking, pg::ConnectOptions options,
               WakeupMode mode, log::Logger logger)
    : blocking_(blocking),
      options_(std::move(options)),
      mode_(mode),
      log_(std::move(logger)),
      sleeper_(io) {
    options_.application_name = "barid listen";
    options_.statement_deadline = kPingDeadline;
    options_.settings = session_settings();
}

awaitable<void> Wakeup::run() {
    if (mode_ == WakeupMode::poll) co_return;
    connection_ = co_await pg::Connection::connect(blocking_, options_, log_);
    struct Forget {  // the session's flags end with it
        Wakeup* self;
        ~Forget() {
            // A look under way may keep the connection for a while; it has nobody to tell any more.
            if (self->connection_) {
                self->connection_->on_lost(nullptr);
                self->connection_->on_notification(nullptr);
            }
            self->connection_.reset();
            self->raised_.clear();
            self->poke();
        }
    } const forget{this};
    raised_.clear();
    connection_->on_notification([this](const pg::Notification& n) { heard(n); });
    co_await connection_->execute("LISTEN barid");
    co_await connection_->execute("LISTEN barid_cancel");
    co_await connection_->execute("LISTEN barid_schedule");
    poke();  // what was announced while nobody listened is found by looking
    if (on_schedule) on_schedule();
    asio::steady_timer timer(co_await asio::this_coro::executor);
    connection_->on_lost([&timer] { timer.cancel(); });
    while (connection_->usable()) {
        timer.expires_after(kPingEvery);
        co_await timer.async_wait(use_tuple);
        const auto state = co_await asio::this_coro::cancellation_state;
        if (state.cancelled() != asio::cancellation_type::none) co_return;
        if (connection_->usable()) co_await connection_->execute("SELECT 1");
    }
    throw pg::Error("", "the listening session was lost");
}

void Wakeup::heard(const pg::Notification& notification) {
    if (notification.channel == options_.schema) return poke();
    if (notification.channel == options_.schema + "_schedule") {
        if (on_schedule) on_schedule();
        return;
    }
    std::int64_t id = 0;
    const auto& text = notification.payload;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), id);
    if (ec == std::errc() && on_cancel) on_cancel(id);
}

awaitable<void> Wakeup::raise(pg::Connection& connection, const std::vector<CursorRow>& rows) {
    std::vector<std::string> wanted;
    for (const CursorRow& row : rows) wanted.push_back(row.queue);
    std::ranges::sort(wanted);
    const auto repeated = std::ranges::unique(wanted);
    wanted.erase(repeated.begin(), repeated.end());
    if (raised_ == wanted) co_return;
    lower();
    co_await connection.execute(
        R"(SELECT pg_advisory_lock_shared(1112297796, f.flag)
           FROM (SELECT DISTINCT barid.wake_flag(q) AS flag FROM unnest($1::text[]) q) f)",
        pg::Params(wanted));
    const pg::Result xid = co_await connection.execute("SELECT pg_current_xact_id()::text");
    barrier_ = xid.one().get<std::string>(0);
    passed_ = false;
    raised_ = std::move(wanted);
}

awaitable<Wakeup::Look> Wakeup::prepare(const std::vector<CursorRow>& rows) {
    Look look;
    // Kept alive here: the service may drop it while we wait for an answer.
    const std::shared_ptr<pg::Connection> connection = connection_;
    if (!connection || !connection->usable()) co_return look;
    co_await raise(*connection, rows);
    pg::Params params;
    add_cursor_rows(params, rows);
    params.add(barrier_);
    const pg::Result result = co_await connection->execute(kLook, std::move(params));
    const pg::Row row = result.one();
    look.listening = true;
    look.due = row.get<bool>(0);
    passed_ = passed_ || row.get<bool>(1);
    look.quiet = passed_ && !raised_.empty();
    if (const auto next = row.get<std::optional<std::int64_t>>(2)) {
        look.next_due = std::chrono::milliseconds(*next);
    }
    co_return look;
}

void Wakeup::lower() {
    if (raised_.empty() || !connection_ || !connection_->usable()) return;
    raised_.clear();
    connection_->send_and_forget("SELECT pg_advisory_unlock_all()");
}

awaitable<bool> Wakeup::wait(std::chrono::milliseconds limit) {
    if (!signalled_) {
        sleeper_.expires_after(limit);
        co_await sleeper_.async_wait(use_tuple);
    }
    co_return std::exchange(signalled_, false);
}

void Wakeup::poke() {
    signalled_ = true;
    sleeper_.cancel();
}

}  // namespace barid::queue
