// `barid media reprocess`: asks again for pictures that a filter names, a page at a time.
//
// Each picture becomes one `image.process` with the payload that first asked for it, spread over
// time. The job's unique key holds what it is to replace: the same command again adds nothing
// twice, and one that was cut off simply goes on.
#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/json_reader.hpp"
#include "config/value.hpp"
#include "jobs/image_process.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/commands.hpp"
#include "worker/media_command.hpp"
#include "worker/media_parts.hpp"

namespace barid::worker {
namespace {

constexpr int kPage = 500;

struct Counts {
    std::int64_t looked_at = 0;
    std::int64_t chosen = 0;
    std::int64_t added = 0;
    std::int64_t without_request = 0;  ///< older than this program remembers requests
    std::int64_t unreadable = 0;       ///< their recipe isn't known any more
};

/// What the request would make today; nothing when its recipe isn't known any more.
std::optional<std::string> current_hash(const json::value& request,
                                        const media::RecipeBook& recipes) {
    JsonReader in(request);
    const media::Recipe recipe = jobs::parse_image_recipe(in, recipes);
    if (!in.ok()) return std::nullopt;
    return media::recipe_hash(recipe);
}

struct Page {
    std::string entity = {};
    std::string slot = {};
    std::int64_t set = 0;
};

awaitable<pg::Result> read_page(pg::Pool& pool, const MediaReprocessArguments& a, Page after) {
    co_return co_await pool.execute(
        R"(SELECT e.entity, e.slot, e.set_id, e.request::text AS request, s.recipe_hash
           FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
           WHERE s.state = 'complete' AND starts_with(e.entity, $1)
             AND ($2 = '' OR s.recipe = $2)
             AND ($3 = '' OR NOT EXISTS (SELECT 1 FROM barid.media_variant v
                                         WHERE v.set_id = s.id AND v.format = $3))
             AND (e.entity, e.slot, e.set_id) > ($4, $5, $6::bigint)
           ORDER BY e.entity, e.slot, e.set_id LIMIT $7::int)",
        pg::Params(a.prefix, a.recipe, a.missing_format, after.entity, after.slot, after.set,
                   kPage));
}

/// The job that asks for the row's picture again, or nothing when it isn't to be.
std::optional<json::object> job_of(const pg::Row& row, const media::RecipeBook& recipes,
                                   const MediaReprocessArguments& a, Counts& counts) {
    const auto text = row.get<std::optional<std::string>>("request");
    if (!text) {
        ++counts.without_request;
        return std::nullopt;
    }
    json::value payload = parse_json(*text);
    const auto hash = current_hash(payload, recipes);
    if (!hash) {
        ++counts.unreadable;
        return std::nullopt;
    }
    const auto made = row.get<std::string>("recipe_hash");
    if (a.stale && *hash == made) return std::nullopt;
    payload.as_object()["entity"] = row.get<std::string>("entity");
    const auto slot = row.get<std::string>("slot");
    if (!slot.empty()) payload.as_object()["slot"] = slot;
    return json::object{
        {"kind", "image.process"},
        {"payload", std::move(payload)},
        {"queue", a.queue},
        {"priority", a.priority},
        {"unique_key",
         fmt::format("media.reprocess:{}:{}:{}", row.get<std::int64_t>("set_id"), *hash,
                     sha256_hex(row.get<std::string>("entity") + "\n" + slot).substr(0, 16))}};
}

/// `first` is the place of the page's first job in the whole: the n-th starts n/rate later.
awaitable<std::int64_t> enqueue_page(pg::Pool& pool, json::array jobs, std::int64_t first,
                                     int per_minute) {
    const auto result = co_await pool.execute(
        R"(SELECT count(added) FROM barid.enqueue_many((
               SELECT jsonb_agg(j || jsonb_build_object('run_at',
                          now() + interval '1 minute' * ((i - 1 + $2::bigint) / $3::float8))
                      ORDER BY i)
               FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY u(j, i))) AS added)",
        pg::Params(json::serialize(jobs), first, per_minute));
    co_return result.one().get<std::int64_t>(0);
}

awaitable<Counts> reprocess(pg::Pool& pool, const MediaReprocessArguments& a,
                            const media::RecipeBook& recipes) {
    Counts counts;
    Page after;
    for (;;) {
        const pg::Result rows = co_await read_page(pool, a, after);
        if (rows.empty()) co_return counts;
        json::array jobs;
        for (const pg::Row row : rows) {
            ++counts.looked_at;
            if (auto job = job_of(row, recipes, a, counts)) jobs.emplace_back(std::move(*job));
            after = {.entity = row.get<std::string>("entity"),
                     .slot = row.get<std::string>("slot"),
                     .set = row.get<std::int64_t>("set_id")};
        }
        const std::int64_t first = counts.chosen;
        counts.chosen += static_cast<std::int64_t>(jobs.size());
        if (a.preview || jobs.empty()) continue;
        counts.added += co_await enqueue_page(pool, std::move(jobs), first, a.per_minute);
    }
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
    const Counts counts = session.run(reprocess(session.pool, a, recipes));
    if (a.json) {
        fmt::print("{}\n", json::serialize(json::object{{"looked_at", counts.looked_at},
                                                        {"chosen", counts.chosen},
                                                        {"added", counts.added},
                                                        {"without_request", counts.without_request},
                                                        {"unknown_recipe", counts.unreadable}}));
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
    if (counts.unreadable > 0) {
        fmt::print(stderr, "barid: of {} pictures the recipe isn't known any more\n",
                   counts.unreadable);
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
