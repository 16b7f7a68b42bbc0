// The chain from a source text to a published translation: memory, attributes that need no
// translator, providers in order, review. The shop's terms are protected on the way to a provider
// and demanded of its answers.
//
// `run` is safe to repeat at any point: what a provider answered is in the memory before anything
// is published, a published text is not made again, and every write is a compare-and-set. It
// never publishes what a quality gate refused and never replaces a person's text. io thread only.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/log.hpp"
#include "translate/document.hpp"
#include "translate/gates.hpp"
#include "translate/polish.hpp"
#include "translate/provider.hpp"
#include "translate/provider_ledger.hpp"
#include "translate/store.hpp"
#include "translate/term_book.hpp"

namespace barid::translate {

struct TranslatorOptions {
    GateOptions gates;
    Typography typography;
    bool attributes = true;  ///< whether curated words are translated without a provider
    std::chrono::milliseconds batch_deadline{30'000};
    LedgerOptions ledger = {};
};

struct TranslationRequest {
    Entity entity;
    std::vector<SourceField> fields;  ///< hashes are filled in by `run`
    std::int64_t seq = 0;             ///< a newer source has a higher number (the job's id)
    /// What is known of fields whose sources are registered already (of an attached table).
    std::optional<std::map<std::string, FieldState>> registered = {};
    SteadyTime deadline;
};

/// `state`: published, current (was so already), review, waiting (in review already), suggested
/// (beside a person's stale text), human_kept, superseded (a newer source is there), pending.
struct FieldReport {
    std::string name;
    std::string state;
    std::string origin = {};       ///< of what was published: memory or the provider's name
    std::string reason = {};       ///< of a review
    std::string write_error = {};  ///< why a published text is not in the shop's column
};

struct Postponed {
    std::string error;
    std::optional<std::chrono::seconds> retry_after;
    bool spend_attempt = true;
};

struct TranslationReport {
    std::vector<FieldReport> fields;
    std::size_t provider_calls = 0;
    std::size_t characters = 0;  ///< sent to providers
    std::size_t memory_hits = 0;
    /// Set when some field has to be tried again later; the others are done.
    std::optional<Postponed> postponed;
};

class Translator {
  public:
    /// `providers` in order of preference; everything must outlive the Translator.
    Translator(pg::Pool& pool, std::vector<TranslationProvider*> providers,
               TranslatorOptions options, const Clock& clock);

    awaitable<TranslationReport> run(TranslationRequest request, log::Logger log);

  private:
    struct Piece;
    struct Field;
    struct Run;
    class ProviderRound;

    void prepare(Run& run) const;
    awaitable<void> recall(Run& run);
    awaitable<void> recognise(Run& run);
    awaitable<FieldReport> finish(Run& run, Field& field);
    awaitable<FieldReport> review(Run& run, Field& field, std::string reason, std::string detail);

    pg::Pool& pool_;
    Store store_;
    TermBook terms_;
    ProviderLedger ledger_;
    std::vector<TranslationProvider*> providers_;
    TranslatorOptions options_;
    const Clock& clock_;
};

}  // namespace barid::translate
