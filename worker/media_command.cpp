// `barid media …`: what is shown, made again, deleted and collected, and signed addresses.
#include "worker/media_command.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <memory>

#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "worker/command_line_state.hpp"
#include "worker/command_session.hpp"
#include "worker/command_values.hpp"
#include "worker/commands.hpp"
#include "worker/media_parts.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

/// The store of the settings, for a command.
struct StoreSession {
    explicit StoreSession(const config::Settings& settings)
        : session(settings),
          http(session.io),
          parts(make_store(http, session.blocking, clock, settings.media)) {}

    CommandSession session;
    SystemClock clock;
    http::CurlHttpClient http;
    StoreParts parts;
};

void print_object(const json::object& object) {
    fmt::print("{}\n", json::serialize(object));
}

}  // namespace

void CommandLine::State::add_media() {
    CLI::App* group =
        app.add_subcommand("media", "pictures: shown, made again, deleted, collected");
    group->require_subcommand(1);

    const auto listed = std::make_shared<MediaListArguments>();
    CLI::App* sub = add_json(
        add(*group, "list", "what shows which picture", [this, listed](const config::Settings& s) {
            listed->json = json;
            return run_media_list(s, *listed);
        }));
    sub->add_option("PREFIX", listed->prefix, "only entities that begin so, such as product:");
    sub->add_option("--after", listed->after, "only entities after this one, for the next page");
    sub->add_option("--limit", listed->limit)->check(CLI::Range(1, 1000));

    const auto shown = std::make_shared<MediaShowArguments>();
    sub = add_json(add(*group, "show", "the pictures of an entity as a shop reads them",
                       [this, shown](const config::Settings& s) {
                           shown->json = json;
                           return run_media_show(s, *shown);
                       }));
    sub->add_option("ENTITY", shown->entity, "such as product:42")->required();
    sub->add_option("--slot", shown->slot, "only this one");
    add_media_reprocess(*group);

    const auto removed = std::make_shared<MediaDeleteArguments>();
    sub = add_json(add(*group, "delete", "show pictures no more; files go after the grace",
                       [this, removed](const config::Settings& s) {
                           removed->json = json;
                           return run_media_delete(s, *removed);
                       }));
    sub->add_option("ENTITY", removed->entity, "such as product:42");
    sub->add_option("--slot", removed->slot, "only this one of the entity");
    sub->add_option("--set", removed->set, "a set, wherever it is shown")
        ->check(CLI::PositiveNumber);
    sub->add_flag("--now", removed->now, "remove the files at once, and purge them");

    add_json(add(*group, "collect", "remove the files that are due, now",
                 [this](const config::Settings& s) { return run_media_collect(s, json); }));

    const auto address = std::make_shared<MediaUrlArguments>();
    sub = add_json(add(*group, "url", "signed addresses of a private store's files",
                       [this, address](const config::Settings& s) {
                           address->json = json;
                           return run_media_url(s, *address);
                       }));
    sub->add_option("WHAT", address->what, "an entity, or a file's key")->required();
    sub->add_option("--slot", address->slot, "only this one of the entity");
    sub->add_option("--for", address->lifetime, "how long it works, such as 10m")
        ->check([](const std::string& text) {
            return lifetime_of(text) ? std::string() : "must be like 30s, 10m or 24h";
        });
}

int run_media_list(const config::Settings& settings, const MediaListArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT e.entity, e.slot, e.set_id AS set, s.recipe, s.recipe_hash, s.store,
               (SELECT count(*) FROM barid.media_variant v WHERE v.set_id = s.id) AS files,
               (SELECT coalesce(sum(v.bytes), 0) FROM barid.media_variant v
                WHERE v.set_id = s.id)::bigint AS bytes,
               e.attached_at
           FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
           WHERE starts_with(e.entity, $1) AND e.entity > $2 AND s.state = 'complete'
           ORDER BY e.entity, e.slot, e.set_id LIMIT $3::int)",
        pg::Params(a.prefix, a.after, a.limit)));
    print_result(result, a.json);
    return static_cast<int>(Exit::ok);
}

int run_media_show(const config::Settings& settings, const MediaShowArguments& a) {
    CommandSession session(settings);
    const pg::Result result = session.run(session.pool.execute(
        R"(SELECT p->>'slot' AS slot, (p->>'set')::bigint AS set, p->>'recipe' AS recipe,
               (v->>'width')::int AS width, (v->>'height')::int AS height, v->>'format' AS format,
               (v->>'bytes')::bigint AS bytes, v->>'url' AS url, p::text AS picture
           FROM jsonb_array_elements(barid.media($1)) p, jsonb_array_elements(p->'variants') v
           WHERE $2::text IS NULL OR p->>'slot' = $2::text)",
        pg::Params(a.entity, given(a.slot))));
    if (result.empty()) {
        fmt::print(stderr, "barid: {} shows no picture\n", printable(a.entity));
        return static_cast<int>(Exit::failed);
    }
    std::string last;
    for (const pg::Row row : result) {
        const auto picture = row.get<std::string>("picture");
        if (a.json && picture != last) fmt::print("{}\n", picture);
        if (!a.json && picture != last) {
            fmt::print("set {} in slot \"{}\", recipe {}\n", row.get<std::int64_t>("set"),
                       printable(row.get<std::string>("slot")),
                       printable(row.get<std::string>("recipe")));
        }
        if (!a.json) {
            fmt::print("  {:>5} x {:<5} {:<5} {:>9}  {}\n", row.get<std::string>("width"),
                       row.get<std::string>("height"), row.get<std::string>("format"),
                       row.get<std::string>("bytes"), printable(row.get<std::string>("url")));
        }
        last = picture;
    }
    return static_cast<int>(Exit::ok);
}

int run_media_delete(const config::Settings& settings, const MediaDeleteArguments& a) {
    if (a.entity.empty() == !a.set.has_value() || (!a.slot.empty() && a.entity.empty())) {
        throw UsageError("say ENTITY, ENTITY and --slot, or --set");
    }
    StoreSession s(settings);
    const pg::Result result = s.session.run(
        s.session.pool.execute("SELECT barid.media_remove($1, $2, $3::bigint, $4::boolean)",
                               pg::Params(given(a.entity), given(a.slot), a.set, a.now)));
    const auto places = result.one().get<std::int64_t>(0);
    jobs::Collected collected;
    if (a.now) {
        collected = s.session.run(jobs::collect_garbage(
            s.session.pool, *s.parts.store, collect_options(settings.media), [] { return false; }));
    }
    if (a.json) {
        print_object({{"places", places}, {"files", collected.files}});
    } else {
        fmt::print("{} places show it no more; {} files are removed\n", places, collected.files);
    }
    if (collected.failed == 0) return static_cast<int>(Exit::ok);
    fmt::print(stderr, "barid: {} files are left: {}\n", collected.failed,
               printable(collected.error));
    return static_cast<int>(Exit::failed);
}

int run_media_collect(const config::Settings& settings, bool json) {
    StoreSession s(settings);
    const jobs::Collected collected = s.session.run(jobs::collect_garbage(
        s.session.pool, *s.parts.store, collect_options(settings.media), [] { return false; }));
    if (json) {
        fmt::print("{}\n", jobs::collected_json(collected));
    } else {
        fmt::print("{} sets collected, {} files removed\n", collected.sets, collected.files);
    }
    if (collected.failed == 0) return static_cast<int>(Exit::ok);
    fmt::print(stderr, "barid: {} files are left: {}\n", collected.failed,
               printable(collected.error));
    return static_cast<int>(Exit::failed);
}

int run_media_url(const config::Settings& settings, const MediaUrlArguments& a) {
    if (!settings.media.is_private) {
        fmt::print(stderr, "barid: media.private is false: these addresses don't expire\n");
    }
    StoreSession s(settings);
    std::chrono::seconds lifetime = std::chrono::ceil<std::chrono::seconds>(settings.media.url_ttl);
    if (!a.lifetime.empty()) lifetime = lifetime_of(a.lifetime).value();
    const auto now = std::chrono::floor<std::chrono::seconds>(s.clock.system_now());
    const pg::Result result = s.session.run(s.session.pool.execute(
        R"(SELECT DISTINCT key, slot, width, height, format FROM barid.media_pictures
           WHERE (entity = $1 AND ($2::text IS NULL OR slot = $2::text)) OR key = $1
           ORDER BY slot, width, format)",
        pg::Params(a.what, given(a.slot))));
    for (const pg::Row row : result) {
        const std::string url =
            s.parts.store->signed_url(row.get<std::string>("key"), now + lifetime);
        if (a.json) {
            print_object({{"key", row.get<std::string>("key")},
                          {"slot", row.get<std::string>("slot")},
                          {"width", row.get<int>("width")},
                          {"format", row.get<std::string>("format")},
                          {"expires", (now + lifetime).time_since_epoch().count()},
                          {"url", url}});
        } else {
            fmt::print("{}\n", url);
        }
    }
    if (!result.empty()) return static_cast<int>(Exit::ok);
    fmt::print(stderr, "barid: there is no picture of {}\n", printable(a.what));
    return static_cast<int>(Exit::failed);
}

}  // namespace barid::worker
