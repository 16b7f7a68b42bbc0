#include "worker/job_filter.hpp"

#include <array>
#include <utility>

#include "base/json.hpp"
#include "worker/command_line_state.hpp"

namespace barid::worker {
namespace {

struct TextOption {
    const char* flag;
    const char* key;
    const char* what;
};

constexpr std::array<TextOption, 10> kTexts{{
    {"--queue", "queue", "of this queue"},
    {"--kind", "kind", "of this kind"},
    {"--tag", "tag", "with this tag"},
    {"--error", "error", "whose last error holds this text"},
    {"--request-id", "request_id", "of this request"},
    {"--unique-key", "unique_key", "with this unique key"},
    {"--ordering-key", "ordering_key", "with this ordering key"},
    {"--limit-key", "limit_key", "with this limit key"},
    {"--before", "created_before", "enqueued before this time"},
    {"--after", "created_after", "enqueued at this time or later"},
}};

}  // namespace

bool FilterOptions::empty() const {
    if (!ids.empty() || batch || !payload.empty() || all) return false;
    for (const auto& [key, text] : texts) {
        if (!text.empty()) return false;
    }
    return true;
}

void add_filter_options(CLI::App& command, FilterOptions& options) {
    command.add_option("ID", options.ids, "these jobs")->expected(0, 1000)->check(id_problem);
    for (const TextOption& option : kTexts) {
        command.add_option(option.flag, options.texts[option.key], option.what);
    }
    command.add_option("--state", options.texts["state"], "in this state")
        ->check(
            CLI::IsMember({"waiting", "parked", "running", "completed", "failed", "cancelled"}));
    command.add_option("--batch", options.batch, "of this batch");
    command.add_option("--payload", options.payload, "whose payload holds this JSON object");
    command.add_flag("--all", options.all, "all of them");
}

std::string filter_json(const FilterOptions& options) {
    if (options.empty()) {
        throw UsageError("say which jobs: ids, or a filter such as --queue NAME, or --all");
    }
    json::object filter;
    if (!options.ids.empty()) {
        json::array ids;
        for (const std::int64_t id : options.ids) ids.emplace_back(id);
        filter["ids"] = std::move(ids);
    }
    for (const auto& [key, text] : options.texts) {
        if (!text.empty()) filter[key] = text;
    }
    if (options.batch) filter["batch_id"] = *options.batch;
    if (options.all) filter["all"] = true;
    if (!options.payload.empty()) {
        try {
            filter["payload"] = parse_json(options.payload);
        } catch (const Error& e) {
            throw UsageError(std::string("--payload is not usable JSON: ") + e.what());
        }
    }
    return json::serialize(filter);
}

}  // namespace barid::worker
