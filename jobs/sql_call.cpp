#include "jobs/sql_call.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "base/timeout.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;

/// Beyond the longest that barid.allow_function takes.
constexpr auto kTimeout = 16min;
/// How much later than the server we give up waiting for its answer.
constexpr auto kAnswerMargin = 10s;
constexpr int kTries = 6;

// For this transaction only. The connection check ends a function whose worker has died: without
// it, it would run on to its end only to be undone. The function reads barid.traceparent when it
// wants to tell others about its trace; jobs that it enqueues are a part of it by themselves.
constexpr std::string_view kLimits = R"(
SELECT (extract(epoch FROM f.timeout) * 1000)::bigint,
       set_config('statement_timeout', (extract(epoch FROM f.timeout) * 1000)::bigint::text, true),
       set_config('lock_timeout', (extract(epoch FROM f.lock_timeout) * 1000)::bigint::text, true),
       CASE WHEN version() LIKE '%linux%'
            THEN set_config('client_connection_check_interval', '1s', true) END,
       set_config('barid.traceparent', $2, true)
FROM barid.allowed_function f WHERE f.name = $1)";

constexpr std::string_view kCall = "SELECT barid.sql_call($1, $2::uuid)";

/// Whether the transaction took effect is unknown, or the claim was found settled or lost at the
/// end: the next call tells.
bool in_doubt(const pg::Error& error) {
    return error.connection_lost() || error.is("JB409") || error.sqlstate().starts_with("08") ||
           error.sqlstate().starts_with("57P");
}

queue::Outcome not_allowed(const std::string& function) {
    return queue::Fail{
        fmt::format("the function {} is not allowed: `barid functions allow {}` "
                    "does that, and `barid jobs retry` runs the job again",
                    function, function)};
}

class SqlCall {
  public:
    explicit SqlCall(pg::Pool& pool) : pool_(pool) {}

    awaitable<queue::Outcome> run(JobContext& context, const std::string& function) const {
        auto pause = 100ms;
        for (int tries = 1;; ++tries) {
            std::optional<pg::Error> failure;
            try {
                co_return co_await call(context, function);
            } catch (const pg::Error& e) {
                failure = e;
            }
            if (!in_doubt(*failure) || tries == kTries) {
                co_return sql_call_outcome(function, *failure);
            }
            context.log.warn("a call's answer is missing, asked for again",
                             {{"function", function}, {"error", failure->what()}});
            if (!co_await sleep_for(pause)) {
                throw boost::system::system_error(asio::error::operation_aborted);
            }
            pause = std::min<std::chrono::milliseconds>(pause * 2, 2000ms);
        }
    }

  private:
    awaitable<queue::Outcome> call(JobContext& context, const std::string& function) const {
        std::optional<pg::Transaction> transaction;
        try {
            transaction.emplace(co_await pg::Transaction::begin(pool_));
        } catch (const TimeoutError& e) {
            // Nothing has run: other calls hold the connections.
            co_return queue::Retry{.error = e.what(), .after = 1s, .spend_attempt = false};
        }
        std::optional<pg::Error> failure;
        try {
            const pg::Result limits = co_await transaction->execute(
                kLimits, pg::Params(function, trace::format_traceparent(context.trace)));
            if (!limits.empty()) {
                const std::chrono::milliseconds timeout(limits.one().get<std::int64_t>(0));
                const pg::Result result = co_await transaction->execute(
                    kCall, pg::Params(context.job.id, context.job.claim_id),
                    timeout + kAnswerMargin);
                co_await transaction->commit();
                if (result.one().text(0) == "stale") {
                    context.log.warn("lease lost: the function was not called");
                }
                co_return queue::Settled{};
            }
        } catch (const pg::Error& e) {
            failure = e;
        }
        if (!failure || !in_doubt(*failure)) co_await transaction->rollback();
        if (failure) throw *failure;
        co_return not_allowed(function);
    }

    pg::Pool& pool_;
};

}  // namespace

SqlCallPayload parse_sql_call_payload(JsonReader& in) {
    SqlCallPayload payload;
    payload.function = in.text("function", {.max_bytes = 200});
    if (!payload.function.empty() && payload.function.find('.') == std::string::npos) {
        in.violate("/function", "must name a function with its schema, such as shop.close_day");
    }
    in.optional_object("arguments");
    return payload;
}

queue::Outcome sql_call_outcome(const std::string& function, const pg::Error& error) {
    static constexpr std::array<std::string_view, 5> kFinal{"0A", "22", "23", "42", "54"};
    if (error.is("JB002")) return queue::Cancel{error.what()};
    if (error.is("JB404")) return not_allowed(function);
    std::string text = fmt::format("{}: {}", function, error.what());
    if (!error.sqlstate().empty()) text += fmt::format(" (SQLSTATE {})", error.sqlstate());
    const bool hopeless =
        error.is("JB001") || std::ranges::any_of(kFinal, [&](std::string_view prefix) {
            return error.sqlstate().starts_with(prefix);
        });
    if (hopeless) return queue::Fail{std::move(text)};
    return queue::Retry{.error = std::move(text), .after = {}};
}

void register_sql_call(Registry& registry, pg::Pool& pool) {
    const auto handler = std::make_shared<const SqlCall>(pool);
    registry.add<SqlCallPayload>(
        {.kind = "sql.call", .timeout = kTimeout}, parse_sql_call_payload,
        [handler](JobContext& context, SqlCallPayload payload) -> awaitable<queue::Outcome> {
            co_return co_await handler->run(context, payload.function);
        });
}

}  // namespace barid::jobs
