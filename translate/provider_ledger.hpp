// Money and rest, for the whole fleet: who may be asked now, what it costs, who is left alone.
//
// `reserve` counts a request's characters as spent before it is sent; a failure that is known not
// to be billed gives them back. Nothing said afterwards (a crash, a lost answer) leaves them spent:
// the budget errs on the side of the shop's purse. A provider that is unavailable rests for a
// while that grows, and then one request of the fleet tries it again before the others do
// (queue/migrations/0020_translation_cost.sql). No state but the pool; io thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "queue/pg/pool.hpp"
#include "translate/provider.hpp"

namespace barid::translate {

struct LedgerOptions {
    /// Of all providers together in a day (UTC); nothing: no limit.
    std::optional<std::int64_t> daily_characters = {};
    std::chrono::seconds rate_limit_pause{30};     ///< for a 429 without Retry-After
    std::chrono::seconds quota_pause{3'600};       ///< until a used-up allowance is tried again
    std::chrono::seconds unauthorized_pause{300};  ///< until a refused key is tried again
    std::chrono::seconds unavailable_pause{15};    ///< the first; each further one is twice as long
    std::chrono::seconds longest_unavailable{300};
    std::chrono::seconds longest_pause{6 * 3'600};
    /// Answers in a row that are none, until the provider rests; without a connection it is one.
    int failures_allowed = 3;
};

/// A request that was granted, until it is settled.
struct Ticket {
    std::string provider;
    std::string price_per_million;
    std::string day;
    std::int64_t characters = 0;
    bool probe = false;  ///< its outcome decides for the fleet
    bool clean = true;   ///< nothing is known against the provider
};

struct ProviderWait {
    std::chrono::seconds wait{0};
    std::string kind = {};  ///< rate_limited, quota, unauthorized, …, or "budget"
    std::string reason = {};
};

class ProviderLedger {
  public:
    ProviderLedger(pg::Pool& pool, LedgerOptions options) : pool_(pool), options_(options) {}

    awaitable<std::expected<Ticket, ProviderWait>> reserve(const TranslationProvider& provider,
                                                           std::int64_t characters,
                                                           std::size_t texts);
    /// A usable answer came.
    awaitable<void> answered(const Ticket& ticket);
    /// How long the provider rests now; 0: it may be asked again at once.
    awaitable<std::chrono::seconds> failed(const Ticket& ticket, const ProviderError& error);

  private:
    pg::Pool& pool_;
    LedgerOptions options_;
};

/// For how long such a failure asks the provider to rest; nothing: the provider is well, what it
/// was given is not. Pure.
std::optional<std::chrono::seconds> pause_after(const ProviderError& error,
                                                const LedgerOptions& options);

}  // namespace barid::translate
