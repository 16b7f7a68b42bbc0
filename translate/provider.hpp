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

/// Of all texts of one request together.
struct BatchLimits {
    std::size_t max_texts = 50;
    std::size_t max_bytes = 64 * 1024;
    std::size_t max_characters = 64 * 1024;  ///< code points
};

/// What an operator agreed on with a provider, or wants to spend there.
struct Terms {
    std::optional<std::int64_t> daily_characters = {};  ///< nothing: no limit
    std::string price_per_million = "0";                ///< characters; a decimal number
};

class ProviderError : public Error {
  public:
    enum class Kind {
        unavailable,    ///< network, timeout, 5xx, an answer that can't be read: later
        rate_limited,   ///< 429: the whole fleet waits
        quota,          ///< the allowance is used up: the whole fleet waits, for long
        unauthorized,   ///< the key is refused: the whole fleet waits until somebody mends it
        misconfigured,  ///< no such address, project or glossary: as unauthorized
        too_large,      ///< 413: smaller pieces may work
        refused,        ///< these texts will never be accepted
    };

    ProviderError(Kind kind, const std::string& message,
                  std::optional<std::chrono::seconds> retry_after = std::nullopt,
                  bool may_be_billed = false, bool connected = true)
        : Error(kind == Kind::refused || kind == Kind::too_large ? Retry::permanent
                                                                 : Retry::transient,
                message),
          kind_(kind),
          retry_after_(retry_after),
          may_be_billed_(may_be_billed),
          connected_(connected) {}

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const { return retry_after_; }
    /// The texts may have been counted although no usable answer came.
    [[nodiscard]] bool may_be_billed() const noexcept { return may_be_billed_; }
    /// False: the texts have certainly not reached anybody; they can't be what is wrong.
    [[nodiscard]] bool connected() const noexcept { return connected_; }

  private:
    Kind kind_;
    std::optional<std::chrono::seconds> retry_after_;
    bool may_be_billed_;
    bool connected_;
};

/// "rate_limited": the words of the database and of logs.
std::string_view to_string(ProviderError::Kind kind);

class TranslationProvider {
  public:
    virtual ~TranslationProvider() = default;
    /// A stable name ("deepl"), the key of its state in the database.
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// What else its answers depend on (model, glossary): part of the memory's key.
    [[nodiscard]] virtual const std::string& version() const = 0;
    [[nodiscard]] virtual BatchLimits limits() const = 0;
    [[nodiscard]] virtual TokenStyle token_style() const = 0;
    [[nodiscard]] virtual const Terms& terms() const = 0;
    /// Throws ProviderError, and nothing else but a cancellation.
    virtual awaitable<std::vector<std::string>> translate(Batch batch) = 0;
};

/// Index ranges [first, last) of `texts`, each within the limits; a single text above them gets a
/// batch of its own.
std::vector<std::pair<std::size_t, std::size_t>> plan_batches(const std::vector<std::string>& texts,
                                                              const BatchLimits& limits);
bool fits(const std::string& text, const BatchLimits& limits);

/// What a provider means by a status beyond what HTTP says.
struct Verdict {
    std::optional<ProviderError::Kind> kind = {};  ///< nothing: what the status means anywhere
    std::string word = {};  ///< the provider's own code, for people; never a part of a text
};
using Classifier = Verdict (*)(const http::Response&);

/// Sends a provider's request; a failed exchange becomes ProviderError, any status is returned.
awaitable<http::Response> exchange(http::HttpClient& client, http::Request request,
                                   std::string provider);
/// Throws ProviderError unless the status is 2xx.
void check_status(const http::Response& response, const std::string& provider, Classifier classify);

/// For an answer that is not what the documentation promises: ProviderError (unavailable).
[[noreturn]] void throw_bad_answer(const std::string& provider, const std::string& problem);

}  // namespace barid::translate
