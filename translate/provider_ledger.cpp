#include "translate/provider_ledger.hpp"

#include <algorithm>

namespace barid::translate {

using Kind = ProviderError::Kind;
using std::chrono::seconds;

std::optional<seconds> pause_after(const ProviderError& error, const LedgerOptions& options) {
    std::optional<seconds> fallback;
    switch (error.kind()) {
        case Kind::unavailable:
            // What it asks for counts when it is more than it would get anyway.
            return std::clamp(error.retry_after().value_or(seconds(0)), options.unavailable_pause,
                              options.longest_pause);
        case Kind::rate_limited:
            fallback = options.rate_limit_pause;
            break;
        case Kind::quota:
            fallback = options.quota_pause;
            break;
        case Kind::unauthorized:
        case Kind::misconfigured:
            fallback = options.unauthorized_pause;
            break;
        case Kind::too_large:
        case Kind::refused:
            return std::nullopt;
    }
    return std::clamp(error.retry_after().value_or(*fallback), seconds(1), options.longest_pause);
}

awaitable<std::expected<Ticket, ProviderWait>> ProviderLedger::reserve(
    const TranslationProvider& provider, std::int64_t characters, std::size_t texts) {
    const Terms& terms = provider.terms();
    const pg::Result rows = co_await pool_.execute(
        R"sql(
        SELECT granted, coalesce(wait_seconds, 0), coalesce(kind, ''), coalesce(reason, ''),
               day::text, probe, clean
        FROM barid.translation_reserve($1, $2::bigint, $3::int, $4::bigint, $5::bigint,
                                       $6::numeric)
    )sql",
        pg::Params(provider.name(), characters, static_cast<std::int64_t>(texts),
                   terms.daily_characters, options_.daily_characters, terms.price_per_million));
    const pg::Row row = rows.one();
    if (!row.get<bool>(0)) {
        co_return std::unexpected(ProviderWait{seconds(row.get<std::int64_t>(1)),
                                               row.get<std::string>(2), row.get<std::string>(3)});
    }
    co_return Ticket{.provider = provider.name(),
                     .price_per_million = terms.price_per_million,
                     .day = row.get<std::string>(4),
                     .characters = characters,
                     .probe = row.get<bool>(5),
                     .clean = row.get<bool>(6)};
}

awaitable<void> ProviderLedger::answered(const Ticket& ticket) {
    if (ticket.clean && !ticket.probe) co_return;
    co_await pool_.execute(R"sql(
        SELECT barid.translation_settle($1, $2::date, $3::bigint, $4::numeric, NULL, false,
                                        $5::boolean)
    )sql",
                           pg::Params(ticket.provider, ticket.day, ticket.characters,
                                      ticket.price_per_million, ticket.probe));
}

awaitable<seconds> ProviderLedger::failed(const Ticket& ticket, const ProviderError& error) {
    const std::optional<seconds> pause = pause_after(error, options_);
    std::optional<std::int64_t> pause_seconds;
    if (pause) pause_seconds = pause->count();
    const seconds longest = error.kind() == Kind::unavailable && pause
                                ? std::max(*pause, options_.longest_unavailable)
                                : options_.longest_pause;
    const int allowed = error.connected() ? options_.failures_allowed : 1;
    const pg::Result rows = co_await pool_.execute(
        R"sql(
        SELECT barid.translation_settle($1, $2::date, $3::bigint, $4::numeric, $5, $6::boolean,
                                        $7::boolean, $8, make_interval(secs => $9::bigint),
                                        $10::int, make_interval(secs => $11::bigint))
    )sql",
        pg::Params(ticket.provider, ticket.day, ticket.characters, ticket.price_per_million,
                   to_string(error.kind()), !error.may_be_billed(), ticket.probe,
                   std::string_view(error.what()), pause_seconds, allowed, longest.count()));
    co_return seconds(rows.one().get<std::int64_t>(0));
}

}  // namespace barid::translate
