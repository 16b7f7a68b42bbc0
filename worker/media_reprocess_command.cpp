// `barid media reprocess`: asks again for pictures that a filter names, a page at a time.
//
// jobs/image_reprocess.hpp says what becomes of each.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/json.hpp"
#include "config/value.hpp"
#include "jobs/image_reprocess.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/media_command.hpp"
#include "worker/media_parts.hpp"

namespace barid::worker {
namespace {

jobs::ReprocessWish wish_of(const MediaReprocessArguments& a) {
    return {.filter = {.prefix = a.prefix,
                       .recipe = a.recipe,
                       .missing_format = a.missing_format,
                       .stale = a.stale},
            .per_minute = a.per_minute,
            .queue = a.queue,
            .priority = a.priority};
}

awaitable<jobs::ReprocessCounts> reprocess(pg::Pool& pool, jobs::ReprocessWish wish,
                                           const media::RecipeBook& recipes, bool preview) {
    jobs::ReprocessWalk walk;
    while (co_await jobs::reprocess_page(pool, wish, recipes, walk, preview)) {
    }
    co_return walk.counts;
}

}  // namespace

std::optional<std::chrono::seconds> lifetime_of(const std::string& text) {
    const auto duration = config::parse_duration(text);
    if (!duration || *duration < std::chrono::seconds(1) || *duration > std::chrono::hours(168)) {
        return std::nullopt;
    }
    return std::chrono::ceil<std::chrono::seconds>(*duration);
}

void CommandLine::State::add_media_reprocess(CLI::App& group) {
    const auto wish = std::make_shared<MediaReprocessArguments>();
    CLI::App* sub = add_json(add(group, "reprocess", "make pictures again, such as by a new recipe",
                                 [this, wish](const config::Settings& s) {
                                     wish->json = json;
                                     return run_media_reprocess(s, *wish);
                                 }));
    sub->add_option("PREFIX", wish->prefix, "only entities that begin so, such as product:");
    sub->add_option("--recipe", wish->recipe, "only pictures of this recipe");
    sub->add_flag("--stale", wish->stale, "only what its recipe would make otherwise now");
    sub->add_option("--missing", wish->missing_format, "only pictures without this format")
        ->check(CLI::IsMember({"webp", "avif", "jpeg"}));
    sub->add_flag("--preview", wish->preview, "only count");
    sub->add_option("--per-minute", wish->per_minute, "how many start in a minute; 60 unless given")
        ->check(CLI::Range(1, 1'000'000));
    sub->add_option("--queue", wish->queue, "\"default\" unless given")->check(name_problem);
    sub->add_option("--priority", wish->priority, "0 (first) to 9; 8 unless given")
        ->check(CLI::Range(0, 9));
}

int run_media_reprocess(const config::Settings& settings, const MediaReprocessArguments& a) {
    if (a.prefix.empty() && a.recipe.empty() && a.missing_format.empty() && !a.stale) {
        throw UsageError("say which: a PREFIX, --recipe, --missing or --stale");
    }
    const media::RecipeBook recipes = recipe_book(settings.media);
    CommandSession session(settings);
    const jobs::ReprocessCounts counts =
        session.run(reprocess(session.pool, wish_of(a), recipes, a.preview));
    if (a.json) {
        fmt::print("{}\n", json::serialize(jobs::reprocess_json(counts)));
        return static_cast<int>(Exit::ok);
    }
    fmt::print("{} of {} pictures {}\n", counts.chosen, counts.looked_at,
               a.preview ? "would be made again" : "are to be made again");
    if (!a.preview && counts.added < counts.chosen) {
        fmt::print("{} of them were waiting already\n", counts.chosen - counts.added);
    }
    if (counts.without_request > 0) {
        fmt::print(stderr, "barid: of {} pictures it isn't known where they came from\n",
                   counts.without_request);
    }
    if (counts.unknown_recipe > 0) {
        fmt::print(stderr, "barid: of {} pictures the recipe isn't known any more\n",
                   counts.unknown_recipe);
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
