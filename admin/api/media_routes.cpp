// /media: picture sets, and making them again.
#include "admin/api/media_routes.hpp"

#include <fmt/format.h>

#include <memory>

#include "admin/api/call.hpp"
#include "admin/api/query.hpp"
#include "base/json.hpp"
#include "jobs/image_reprocess.hpp"
#include "queue/pg/params.hpp"

namespace barid::api {
namespace {

using access::Permission;
using Type = Parameter::Type;
using Parts = std::shared_ptr<const MediaParts>;

constexpr int kMaxPlaces = 200;  ///< of one set, asked for again at once

/// The addresses of private files, where they can be signed; also says until when.
void sign_files(const MediaParts& parts, json::object& set) {
    set["urls_expire_at"] = nullptr;
    if (!set.at("private").as_bool() || !parts.sign || set.at("store").as_string() != parts.store)
        return;
    const auto expires =
        std::chrono::ceil<std::chrono::seconds>(std::chrono::system_clock::now()) + parts.lifetime;
    const auto sign = [&](json::value& file) {
        json::object& object = file.as_object();
        object["url"] = parts.sign(object.at("key").as_string(), expires);
    };
    if (set.at("preview").is_object()) sign(set.at("preview"));
    if (json::value* variants = set.if_contains("variants")) {
        for (json::value& file : variants->as_array()) sign(file);
    }
    std::string until = pg::format_timestamp(expires);  // 2026-11-22 10:00:00.000000+00
    until[10] = 'T';
    set["urls_expire_at"] = until.substr(0, 26) + "Z";
}

awaitable<web::Response> list_media(Call& call, Parts parts) {
    web::Response response = co_await call.page(
        R"sql(SELECT item, at FROM barid.media_page($1, $2, $3, $4, $5::timestamptz,
                                                    $6::timestamptz, $7, $8, $9))sql",
        pg::Params(call.optional_text("entity"), call.optional_text("prefix"),
                   call.optional_text("state"), call.optional_text("recipe"), call.time("from"),
                   call.time("to"), call.position(), call.limit() + 1,
                   call.may(Permission::media_manage)));
    json::value page = parse_json(response.body);
    for (json::value& item : page.at("items").as_array()) sign_files(*parts, item.as_object());
    response.body = json::serialize(page);
    co_return response;
}

awaitable<web::Response> count_media(Call& call) {
    co_return co_await call.count(
        R"sql(SELECT barid.media_count($1, $2, $3, $4, $5::timestamptz, $6::timestamptz))sql",
        pg::Params(call.optional_text("entity"), call.optional_text("prefix"),
                   call.optional_text("state"), call.optional_text("recipe"), call.time("from"),
                   call.time("to")));
}

awaitable<std::string> document_of(Call& call, const MediaParts& parts) {
    const std::string text =
        co_await call.document("picture set", "SELECT barid.media_document($1::bigint, $2, $3)",
                               pg::Params(call.integer("id"), call.may(Permission::media_manage),
                                          call.may(Permission::data_view)));
    json::value document = parse_json(text);
    sign_files(parts, document.as_object());
    co_return json::serialize(document);
}

awaitable<web::Response> show_media(Call& call, Parts parts) {
    co_return json_response(co_await document_of(call, *parts));
}

/// The jobs for all places of a set, as barid.enqueue_many takes them; throws 409 when there are
/// none.
json::array jobs_of(const pg::Result& places, const MediaParts& parts,
                    const jobs::ReprocessWish& wish) {
    json::array made;
    auto why = jobs::NotReprocessed::without_request;
    for (const pg::Row row : places) {
        auto job = jobs::reprocess_job({.entity = row.get<std::string>("entity"),
                                        .slot = row.get<std::string>("slot"),
                                        .set = row.get<std::int64_t>("set_id"),
                                        .recipe_hash = row.get<std::string>("recipe_hash"),
                                        .request = row.get<std::optional<std::string>>("request")},
                                       parts.recipes, wish);
        if (auto* object = std::get_if<json::object>(&job)) {
            made.emplace_back(std::move(*object));
        } else {
            why = std::get<jobs::NotReprocessed>(job);
        }
    }
    if (!made.empty()) return made;
    if (places.empty()) {
        throw Problem(409, "conflict", "nothing shows this picture, or it is being made now");
    }
    throw why == jobs::NotReprocessed::unknown_recipe
        ? Problem(409, "unknown_recipe", "its recipe isn't known any more: name another one")
        : Problem(409, "no_request", "it isn't known where this picture came from");
}

awaitable<web::Response> reprocess_media(Call& call, Parts parts) {
    JsonReader in(call.body());
    jobs::ReprocessWish wish{.priority = 5};
    wish.recipe = in.optional_text("recipe", {.max_bytes = 64}).value_or("");
    if (!wish.recipe.empty() && parts->recipes.find(wish.recipe) == nullptr) {
        in.violate("/recipe", "is no recipe that this program knows");
    }
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    co_await document_of(call, *parts);  // 404 when it isn't there
    const pg::Result places = co_await call.sql(
        R"sql(SELECT e.entity, e.slot, e.set_id, e.request::text AS request, s.recipe_hash
              FROM barid.media_entity e JOIN barid.media_set s ON s.id = e.set_id
              WHERE e.set_id = $1::bigint AND s.state = 'complete'
              ORDER BY e.entity, e.slot LIMIT $2::int)sql",
        pg::Params(call.integer("id"), kMaxPlaces));
    const json::array jobs = jobs_of(places, *parts, wish);
    const pg::Result added = co_await call.sql(
        "SELECT coalesce(jsonb_agg(added), '[]') FROM barid.enqueue_many($1::jsonb) AS added",
        pg::Params(json::serialize(jobs)));
    json::object after{{"places", jobs.size()}, {"jobs", parse_json(added.one().text(0))}};
    if (!wish.recipe.empty()) after["recipe"] = wish.recipe;
    co_await call.audit({.action = "media.reprocess",
                         .target_kind = "media",
                         .target = std::to_string(call.integer("id").value_or(0)),
                         .after = json::serialize(after)});
    co_return json_response(co_await document_of(call, *parts));
}

/// The body without what is the API's alone.
jobs::ReprocessWish read_wish(Call& call, const MediaParts& parts, bool with_reason) {
    JsonReader in(call.body());
    jobs::ReprocessWish wish = jobs::parse_reprocess(in, parts.recipes);
    if (!wish.filter.before.empty() && !is_rfc3339(wish.filter.before)) {
        in.violate("/filter/before", "must be a time with its zone, as the preview gives it");
    }
    if (with_reason) in.text("reason", {.max_bytes = 500});
    in.finish();
    return wish;
}

awaitable<web::Response> preview_reprocess(Call& call, Parts parts) {
    const jobs::ReprocessWish wish = read_wish(call, *parts, false);
    const auto& f = wish.filter;
    const pg::Result groups = co_await call.sql(
        R"sql(SELECT request, recipe_hash, places FROM barid.media_reprocess_preview(
                  $1, $2, $3, nullif($4, '')::timestamptz))sql",
        pg::Params(f.prefix, f.recipe, f.missing_format, f.before));
    jobs::ReprocessCounts counts;
    for (const pg::Row row : groups) {
        const auto places = row.get<std::int64_t>("places");
        counts.looked_at += places;
        auto job = jobs::reprocess_job({.recipe_hash = row.get<std::string>("recipe_hash"),
                                        .request = row.get<std::optional<std::string>>("request")},
                                       parts->recipes, wish);
        if (std::holds_alternative<json::object>(job)) {
            counts.chosen += places;
            continue;
        }
        const auto why = std::get<jobs::NotReprocessed>(job);
        counts.without_request += why == jobs::NotReprocessed::without_request ? places : 0;
        counts.unknown_recipe += why == jobs::NotReprocessed::unknown_recipe ? places : 0;
    }
    const bool capped = counts.looked_at > 10'000;
    const pg::Result now = co_await call.sql("SELECT barid.admin_time(clock_timestamp())");
    co_return json_response(json::serialize(json::object{
        {"matched", {{"count", std::min<std::int64_t>(counts.chosen, 10'000)}, {"capped", capped}}},
        {"looked_at", std::min<std::int64_t>(counts.looked_at, 10'000)},
        {"without_request", counts.without_request},
        {"unknown_recipe", counts.unknown_recipe},
        {"before", f.before.empty() ? now.one().get<std::string>(0) : f.before}}));
}

awaitable<web::Response> reprocess_many(Call& call, Parts parts) {
    read_wish(call, *parts, true);
    const std::string reason = call.reason(true);
    json::object payload = call.body().as_object();
    payload.erase("reason");
    const pg::Result job = co_await call.sql(
        R"sql(SELECT barid.enqueue('image.reprocess', jsonb_set(p.payload, '{filter,before}',
                  to_jsonb(barid.admin_time(coalesce(
                      (p.payload#>>'{filter,before}')::timestamptz, now())))),
                  request_id => $2, tags => '{media.reprocess}')
              FROM (SELECT $1::jsonb AS payload) p)sql",
        pg::Params(json::serialize(payload), call.request().id));
    const auto id = job.one().get<std::int64_t>(0);
    co_await call.audit({.action = "media.reprocess_many",
                         .target_kind = "job",
                         .target = std::to_string(id),
                         .after = json::serialize(payload),
                         .reason = reason});
    co_return json_response(fmt::format(R"({{"job_id":{}}})", id), 202);
}

std::vector<Parameter> filters() {
    return {{.name = "entity", .means = "what shows it, such as product:42", .max_bytes = 256},
            {.name = "prefix", .means = "of entities, such as product:", .max_bytes = 256},
            {.name = "state", .means = "of the set", .one_of = {"storing", "complete"}},
            {.name = "recipe", .means = "that made it"},
            {.name = "from", .type = Type::time, .means = "made at or after"},
            {.name = "to", .type = Type::time, .means = "made before"}};
}

std::vector<Parameter> paged(std::vector<Parameter> parameters) {
    parameters.push_back({.name = "cursor", .means = "of the page before", .max_bytes = 1000});
    parameters.push_back(
        {.name = "limit", .type = Type::integer, .means = "items, 50", .min = 1, .max = 200});
    return parameters;
}

}  // namespace

void add_media(Routes& routes) {
    add_media(routes, {});
}

void add_media(Routes& routes, MediaParts given) {
    add_media_schemas(routes);
    const auto parts = std::make_shared<const MediaParts>(std::move(given));
    const auto with = [&parts](auto handler) {
        return [parts, handler](Call& call) { return handler(call, parts); };
    };
    const Parameter id{
        .name = "id", .type = Type::integer, .means = "the set", .required = true, .min = 1};
    const auto add = [&](Route route) {
        route.permission =
            route.method == "GET" ? Permission::media_view : Permission::media_manage;
        routes.add(std::move(route));
    };
    add({.method = "GET",
         .path = "/media",
         .operation = "listMedia",
         .tag = "media",
         .summary = "Picture sets, the newest first.",
         .parameters = paged(filters()),
         .answer = "MediaPage",
         .handler = with(list_media)});
    add({.method = "GET",
         .path = "/media/count",
         .operation = "countMedia",
         .tag = "media",
         .summary = "How many there are, up to 10,000.",
         .parameters = filters(),
         .answer = "MediaCount",
         .handler = count_media});
    add({.method = "GET",
         .path = "/media/{id}",
         .operation = "showMedia",
         .tag = "media",
         .summary = "One set with its files, places and jobs.",
         .parameters = {id},
         .answer = "Media",
         .handler = with(show_media)});
    add({.method = "POST",
         .path = "/media/{id}/reprocess",
         .operation = "reprocessMedia",
         .tag = "media",
         .summary = "Asks again for the picture, wherever it is shown.",
         .parameters = {id},
         .body = "MediaReprocess",
         .answer = "Media",
         .handler = with(reprocess_media)});
    add({.method = "POST",
         .path = "/media/reprocess/preview",
         .operation = "previewReprocessMedia",
         .tag = "media",
         .summary = "How many a filter names.",
         .body = "MediaReprocessFilter",
         .answer = "MediaReprocessPreview",
         .changes = false,
         .handler = with(preview_reprocess)});
    add({.method = "POST",
         .path = "/media/reprocess",
         .operation = "reprocessManyMedia",
         .tag = "media",
         .summary = "Starts a job that asks again for all that a filter names.",
         .body = "MediaReprocessMany",
         .answer = "MediaReprocessStarted",
         .status = 202,
         .handler = with(reprocess_many)});
}

}  // namespace barid::api
