// The job kind translate.content: a product's (or any entity's) texts between English and Arabic.
//
//     {"entity_type": "product", "entity_id": "42", "source": "en", "target": "ar",
//      "fields": {"name": "Red shirt", "description": {"html": "<p>Soft cotton</p>"}}}
//
// or, for an entity of a table that barid.auto_translate attached, whatever its row needs now:
//
//     {"entity_type": "product", "entity_id": "42", "attached": true}
//
// Ends Done when every field is published, in review or not the machine's to write, with one line
// per field in its output. Everything referred to must outlive the registry. io thread only.
#pragma once

#include <vector>

#include "base/clock.hpp"
#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"
#include "translate/translator.hpp"

namespace barid::jobs {

inline constexpr std::size_t kMaxTranslateFields = 64;
inline constexpr std::size_t kMaxTranslateFieldBytes = 128UL * 1024UL;
inline constexpr std::size_t kMaxTranslateBytes = 512UL * 1024UL;

struct TranslateDeps {
    pg::Pool& pool;
    /// In order of preference; may be empty (everything unknown goes to review).
    std::vector<translate::TranslationProvider*> providers;
    translate::TranslatorOptions options;
    const Clock& clock;
};

struct TranslatePayload {
    translate::TranslationRequest request;
    bool attached = false;  ///< only the request's entity's type and id are given
};

/// Notes every violation in `in`; the caller finishes it.
TranslatePayload parse_translate_payload(JsonReader& in);

/// What the report means for the job. Pure.
queue::Outcome translate_outcome(const translate::TranslationReport& report);

void register_translate_content(Registry& registry, TranslateDeps deps);

}  // namespace barid::jobs
