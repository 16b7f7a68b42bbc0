// What `barid translate …` is asked for, and what runs it. Prints to standard output; texts stand
// on lines of their own, so that Arabic and Latin never share one. Throws UsageError for what was
// typed wrong.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "config/settings.hpp"

namespace barid::worker {

struct ReviewArguments {
    std::int64_t id = 0;  ///< of the one to show or edit
    std::vector<std::int64_t> ids = {};
    std::string reason = {};  ///< which ones; for a rejection: why
    std::string lang = {};
    std::string entity_type = {};
    std::string state = "open";
    std::string text = {};  ///< the corrected text; "-": from standard input
    std::string actor = {};
    int limit = 20;
    bool json = false;
};
int run_review_list(const config::Settings& settings, const ReviewArguments& arguments);
int run_review_show(const config::Settings& settings, const ReviewArguments& arguments);
/// Those with the ids, or up to `limit` with the reason.
int run_review_accept(const config::Settings& settings, const ReviewArguments& arguments);
int run_review_edit(const config::Settings& settings, const ReviewArguments& arguments);
int run_review_reject(const config::Settings& settings, const ReviewArguments& arguments);

struct TranslateSetArguments {
    std::string entity_type = {};
    std::string entity_id = {};
    std::string field = {};
    std::string lang = {};
    std::string text = {};
    std::string source_text = {};
    std::string format = {};
    std::string actor = {};
    bool json = false;
};
int run_translate_set(const config::Settings& settings, const TranslateSetArguments& arguments);
/// Counts; with a type and an id, each text of that entity.
int run_translate_status(const config::Settings& settings, const std::string& entity_type,
                         const std::string& entity_id, bool json);

struct TranslateBackfillArguments {
    std::string name = {};  ///< the table's, or the entity type
    std::string queue = {};
    std::string actor = {};
    int ahead = 200;
    bool preview = false;
    bool json = false;
};
int run_translate_backfill(const config::Settings& settings,
                           const TranslateBackfillArguments& arguments);
int run_backfills_list(const config::Settings& settings, int limit, bool json);
/// `action`: pause, resume or cancel; prints the state that it has then.
int run_backfills_action(const config::Settings& settings, const std::string& action,
                         std::int64_t id, const std::string& actor, bool json);

}  // namespace barid::worker
