#include "commerce/outbox_relay.hpp"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/text.hpp"
#include "commerce/projection_apply.hpp"

namespace barid::commerce {
namespace {

/// How much later than the server we give up waiting for its answer.
constexpr auto kAnswerMargin = std::chrono::seconds(5);

/// Of the payloads that a worker has in memory at once, as they are stored: what follows waits for
/// the next batch.
constexpr std::int64_t kTakenBytes = 4 << 20;

/// A statement took too long, or more memory than there is: with fewer events it needn't.
bool is_too_much(const pg::Error& error) {
    return error.is("57014") || error.is("53200");
}

/// What barid.outbox_settle is told of events that couldn't be applied.
json::value failure_json(const pg::Row& row, const std::string& error) {
    return json::object{
        {"event_id", row.text(0)},     {"aggregate_type", row.text(1)},
        {"aggregate_id", row.text(2)}, {"aggregate_version", row.get<std::int64_t>(3)},
        {"event_type", row.text(4)},   {"error", truncate_utf8(error, 2000)}};
}

ProjectionEvent event_of(const pg::Row& row, const std::string& stream) {
    return {.event_id = std::string(row.text(0)),
            .aggregate_type = std::string(row.text(1)),
            .aggregate_id = std::string(row.text(2)),
            .aggregate_version = row.get<std::int64_t>(3),
            .event_type = std::string(row.text(4)),
            .payload = std::string(row.text(5)),
            .stream = stream};
}

}  // namespace

OutboxRelay::OutboxRelay(pg::Pool& pool, OutboxStream stream, OutboxLimits limits)
    : pool_(pool), stream_(std::move(stream)), limits_(limits), batch_(stream_.batch) {}

awaitable<void> OutboxRelay::configure() const {
    co_await pool_.execute("SELECT barid.outbox_configure($1, $2::jsonb)",
                           pg::Params(stream_.name, outbox_options(stream_)));
}

awaitable<pg::Transaction> OutboxRelay::begin() const {
    pg::Transaction transaction = co_await pg::Transaction::begin(pool_);
    co_await transaction.execute(
        "SELECT set_config('statement_timeout', $1, true), set_config('lock_timeout', $2, true)",
        pg::Params(std::to_string(limits_.statement_timeout.count()),
                   std::to_string(limits_.lock_timeout.count())));
    co_return transaction;
}

awaitable<OutboxStep> OutboxRelay::step() const {
    for (;;) {
        const int most = batch_;
        const auto began = std::chrono::steady_clock::now();
        try {
            const OutboxStep step = co_await batch_of(most);
            const auto took = std::chrono::steady_clock::now() - began;
            if (step.full && took < limits_.statement_timeout / 4) {
                batch_ = std::min(most * 2, stream_.batch);
            }
            co_return step;
        } catch (const pg::Error& error) {
            if (most == 1 || !is_too_much(error)) throw;
        }
        batch_ = std::max(1, most / 4);
    }
}

awaitable<OutboxStep> OutboxRelay::batch_of(int most) const {
    pg::Transaction transaction = co_await begin();
    OutboxStep step = stream_.target == OutboxStream::Target::projection
                          ? co_await project(transaction, most)
                          : co_await hand_on(transaction, most);
    co_await transaction.commit();
    step.full = step.full || step.events >= most;
    co_return step;
}

awaitable<OutboxStep> OutboxRelay::hand_on(pg::Transaction& transaction, int most) const {
    const pg::Result result = co_await transaction.execute(
        "SELECT outcome = 'busy', events, blocked FROM barid.outbox_step($1, $2::int)",
        pg::Params(stream_.name, most), limits_.statement_timeout + kAnswerMargin);
    const pg::Row row = result.one();
    co_return OutboxStep{
        .busy = row.get<bool>(0), .events = row.get<int>(1), .blocked = row.get<int>(2)};
}

awaitable<OutboxStep> OutboxRelay::project(pg::Transaction& transaction, int most) const {
    const pg::Result turn =
        co_await transaction.execute("SELECT barid.outbox_turn($1)", pg::Params(stream_.name));
    if (!turn.one().get<bool>(0)) co_return OutboxStep{.busy = true};
    const pg::Result rows = co_await transaction.execute(
        R"(
SELECT event_id, aggregate_type, aggregate_id, aggregate_version, event_type, payload,
       count(*) OVER () < all_of
FROM (SELECT e.*, sum(pg_column_size(e.payload)) OVER (ORDER BY e.place) AS bytes,
             count(*) OVER () AS all_of
      FROM barid.outbox_take($1, $2::int) WITH ORDINALITY AS
           e(event_id, aggregate_type, aggregate_id, aggregate_version, event_type, payload,
             occurred_at, tags, place)) e
WHERE place = 1 OR bytes <= $3::bigint
ORDER BY place)",
        pg::Params(stream_.name, most, kTakenBytes), limits_.statement_timeout + kAnswerMargin);
    if (rows.empty()) co_return OutboxStep{};
    const bool has_more = rows.size() >= most || rows[0].get<bool>(6);
    std::vector<ProjectionEvent> events;
    events.reserve(static_cast<std::size_t>(rows.size()));
    for (const pg::Row row : rows) events.push_back(event_of(row, stream_.name));
    const Applied applied = co_await apply_events(
        transaction,
        {.name = stream_.projection, .schema = stream_.shop_schema, .role = stream_.role},
        std::move(events));

    std::vector<bool> left(static_cast<std::size_t>(rows.size()), false);
    json::array failed;
    for (const std::size_t place : applied.held) left[place] = true;
    for (const auto& failure : applied.failed) {
        left[failure.event] = true;
        failed.push_back(failure_json(rows[static_cast<int>(failure.event)], failure.error));
    }
    pg::ArrayBuilder done;
    std::optional<int> last;
    int many = 0;
    for (int i = 0; i < rows.size(); ++i) {
        if (left[static_cast<std::size_t>(i)]) continue;
        done.add(rows[i].text(0));
        last = i;
        ++many;
    }
    co_await transaction.execute(
        "SELECT barid.outbox_settle($1, $2::text[], $3, $4, $5::jsonb)",
        pg::Params(stream_.name, std::move(done), last ? rows[*last].text(1) : std::string_view(),
                   last ? rows[*last].text(2) : std::string_view(), json::serialize(failed)),
        limits_.statement_timeout + kAnswerMargin);
    co_return OutboxStep{
        .events = many, .blocked = static_cast<int>(applied.failed.size()), .full = has_more};
}

awaitable<int> OutboxRelay::prune(int most) const {
    pg::Transaction transaction = co_await begin();
    const pg::Result result = co_await transaction.execute(
        "SELECT barid.outbox_prune($1, $2::interval, $3::int)",
        pg::Params(stream_.name, std::chrono::microseconds(stream_.retention), most),
        limits_.statement_timeout + kAnswerMargin);
    co_await transaction.commit();
    co_return result.one().get<int>(0);
}

}  // namespace barid::commerce
