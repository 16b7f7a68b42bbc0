// The translation tables, as the Translator uses them (queue/migrations/0004_translate.sql and
// 0021_translation_publishing.sql).
//
// Every write is a compare-and-set on the source's hash, and none of them replaces a text of
// human origin: the WHERE clauses here and barid.publish_translation are what keeps editors'
// words safe. No state but the pool; io thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "queue/pg/pool.hpp"
#include "translate/language.hpp"

namespace barid::translate {

struct Entity {
    std::string type;
    std::string id;
    Language source = Language::en;
    Language target = Language::ar;
};

struct SourceField {
    std::string name;
    Format format = Format::text;
    std::string text;
    std::string hash = {};  ///< hexadecimal, as all hashes here
};

/// What the database knows about a field whose source has just been registered.
struct FieldState {
    bool current = false;  ///< the published text belongs to this very source
    bool human = false;
    bool suggested = false;  ///< a suggestion for this source stands beside it
    std::string review_state =
        {};  ///< of the newest review of this source: open, rejected, or empty
    std::string review_reason = {};
};

/// A field of an attached entity, as its row in the shop's table has it now.
struct AttachedField {
    Language source = Language::en;
    Language target = Language::ar;
    SourceField field;
    FieldState state;
};

enum class Work { translate, suggest, current, waiting, superseded };

/// What a job has to do for a field; `state` is nothing when a newer job's source is there.
Work decide(const std::optional<FieldState>& state);

struct MemoryHit {
    std::string text;
    std::string provider;
};

/// What is looked up: a text, and what its translation depends on besides its maker (the shop's
/// terms in it, Glossary::key), which follows the maker's version in the memory.
struct MemoryKey {
    std::string hash;
    std::string terms = {};
};

struct MemoryEntry {
    std::string hash;
    Format format = Format::text;
    std::string source_text;
    std::string text;
    std::string terms = {};  ///< as in MemoryKey
};

enum class Written { published, suggested, human_kept, moved };

/// As a job's output says it: `moved` is "superseded".
std::string_view to_string(Written written);

struct Publication {
    Written written = Written::moved;
    /// What kept a published text from the shop's own column; empty when nothing did.
    std::string write_error;
};

class Store {
  public:
    explicit Store(pg::Pool& pool) : pool_(pool) {}

    /// Makes these sources the newest ones, unless a job with a higher `seq` has been here; a
    /// field that is missing in the answer was superseded.
    awaitable<std::map<std::string, FieldState>> register_sources(
        const Entity& entity, const std::vector<SourceField>& fields, std::int64_t seq);

    /// Takes note of an attached entity's row and says what there is to do for it; nothing when
    /// the row or the attachment is gone. Texts of more than `max_bytes` go to review instead.
    awaitable<std::vector<AttachedField>> attached_fields(const std::string& entity_type,
                                                          const std::string& entity_id,
                                                          std::size_t max_bytes);
    /// The memory learns what people wrote in the shop's columns.
    awaitable<void> learn(const std::string& entity_type, const std::string& entity_id);

    /// By hash. `makers` are (provider, version); people's texts always count and come first.
    /// Without makers, anybody's texts count.
    awaitable<std::map<std::string, MemoryHit>> look_up(
        const std::vector<MemoryKey>& keys, Language source, Language target,
        const std::vector<std::pair<std::string, std::string>>& makers);
    awaitable<void> remember(const std::vector<MemoryEntry>& entries, Language source,
                             Language target, const std::string& provider,
                             const std::string& version);

    /// Publishes a machine's text if `field.hash` is still the newest source and no person has
    /// written; beside a person's stale text it becomes the suggestion instead. An attached
    /// table's column gets the text in the same transaction.
    awaitable<Publication> publish(const Entity& entity, const SourceField& field,
                                   const std::string& text, const std::string& provider);

    /// Opens or refreshes the field's review; false when source or text moved on meanwhile.
    awaitable<bool> queue_review(const Entity& entity, const SourceField& field,
                                 const std::string& reason, const std::string& detail,
                                 const std::optional<std::string>& suggestion,
                                 const std::string& provider);

  private:
    pg::Pool& pool_;
};

}  // namespace barid::translate
