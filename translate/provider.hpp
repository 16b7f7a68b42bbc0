// A machine translator as a seam, and what can go wrong with one.
//
// A provider translates one batch within its own limits and says what happened in ProviderError's
// terms; fail-over, pauses and budgets are the Translator's business. The answer has one text per
// sent text, in order; nothing about its quality is promised. Used on the io thread only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/asio.hpp"
#include "base/error.hpp"
#include "base/http_client.hpp"
#include "translate/language.hpp"
#include "translate/mask.hpp"

namespace barid::translate {

struct Batch {
    Language source = Language::en;
    Language target = Language::ar;
    std::vector<std::string> texts;  ///< protected in the provider's own token style
    std::chrono::milliseconds deadline{30'000};
};

struct BatchLimits {
    std::size_t max_texts = 50;
    std::size_t max_bytes = 64 * 1024;  ///< of all texts together
};

class ProviderError : public Error {
  public:
    enum class Kind {
        unavailable,   ///< network, timeout, 5xx, an answer that can't be read: later
        rate_limited,  ///< 429: the whole fleet waits
        quota,         ///< the allowance is used up: the whole fleet waits, for long
        unauthorized,  ///< the key is refused: the whole fleet waits until somebody mends it
        too_large,     ///< 413: smaller pieces may work
        refused,       ///< these texts will never be accepted
    };

    ProviderError(Kind kind, const std::string& message,
                  std::optional<std::chrono::seconds> retry_after = std::nullopt,
                  bool may_be_billed = false)
        : Error(kind == Kind::refused || kind == Kind::too_large ? Retry::permanent
                                                                 : Retry::transient,
                message),
          kind_(kind),
          retry_after_(retry_after),
          may_be_billed_(may_be_billed) {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
    /// The texts may have been counted although no usable answer came.
    [[nodiscard]] bool may_be_billed() const noexcept { return may_be_billed_; }

  private:
    Kind kind_;
    std::optional<std::chrono::seconds> retry_after_;
    bool may_be_billed_;
};

class TranslationProvider {
  public:
    virtual ~TranslationProvider() = default;
    /// A stable name ("deepl"), the key of its state in the database.
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// What else its answers depend on (model, glossary): part of the memory's key.
    [[nodiscard]] virtual const std::string& version() const = 0;
    [[nodiscard]] virtual BatchLimits limits() const = 0;
    [[nodiscard]] virtual TokenStyle token_style() const = 0;
    /// Characters a day, or nothing for no limit.
    [[nodiscard]] virtual std::optional<std::int64_t> daily_budget() const = 0;
    /// Throws ProviderError, and nothing else but a cancellation.
    virtual awaitable<std::vector<std::string>> translate(Batch batch) = 0;
};

/// Index ranges [first, last) of `texts`, each within the limits; a single text above
/// `max_bytes` gets a batch of its own.
std::vector<std::pair<std::size_t, std::size_t>> plan_batches(const std::vector<std::string>& texts,
                                                              const BatchLimits& limits);

/// Sends a provider's request and turns a failed exchange or status into ProviderError.
/// `quota_status` is the provider's own "allowance used up" (DeepL: 456), or 0.
awaitable<http::Response> exchange(http::HttpClient& client, http::Request request,
                                   std::string provider, int quota_status);

/// For an answer that is not what the documentation promises: ProviderError (unavailable).
[[noreturn]] void throw_bad_answer(const std::string& provider, const std::string& problem);

}  // namespace barid::translate
