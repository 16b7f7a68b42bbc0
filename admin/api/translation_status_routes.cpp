// /translations/entities, providers, backfills and cost: how translation is doing.
#include <fmt/format.h>

#include "admin/api/call.hpp"
#include "admin/api/translations_routes.hpp"

namespace barid::api {
namespace {

using access::Permission;
using Type = Parameter::Type;

awaitable<web::Response> show_entity(Call& call) {
    co_return json_response(co_await call.document("entity with translations",
                                                   "SELECT barid.entity_translations($1, $2)",
                                                   pg::Params(call.text("type"), call.text("id"))));
}

awaitable<web::Response> list_providers(Call& call) {
    co_return co_await call.page(
        R"sql(SELECT barid.provider_item(p, $3), p.provider
              FROM barid.translation_providers p
              WHERE ($1::text IS NULL OR p.provider > $1) ORDER BY p.provider LIMIT $2::int)sql",
        pg::Params(call.position(), call.limit() + 1, call.may(Permission::translations_review)));
}

awaitable<std::string> provider_of(Call& call) {
    co_return co_await call.document(
        "provider", R"sql(
        SELECT barid.provider_item(p, $2) FROM barid.translation_providers p
        WHERE p.provider = $1)sql",
        pg::Params(call.text("name"), call.may(Permission::translations_review)));
}

awaitable<web::Response> resume_provider(Call& call) {
    std::string before = co_await provider_of(call);
    co_await call.sql("SELECT barid.resume_translation_provider($1)",
                      pg::Params(call.text("name")));
    std::string after = co_await provider_of(call);
    co_await call.audit({.action = "translation.resume_provider",
                         .target_kind = "translation_provider",
                         .target = call.text("name"),
                         .before = std::move(before),
                         .after = after});
    co_return json_response(std::move(after));
}

awaitable<web::Response> list_backfills(Call& call) {
    co_return co_await call.page(
        R"sql(SELECT barid.backfill_item(b, $3), b.id::text
              FROM barid.translation_backfills b
              WHERE ($1::bigint IS NULL OR b.id < $1) ORDER BY b.id DESC LIMIT $2::int)sql",
        pg::Params(call.position(), call.limit() + 1, call.may(Permission::translations_review)));
}

awaitable<std::string> backfill_of(Call& call) {
    co_return co_await call.document(
        "backfill", R"sql(
        SELECT barid.backfill_item(b, $2) FROM barid.translation_backfills b
        WHERE b.id = $1::bigint)sql",
        pg::Params(call.integer("id"), call.may(Permission::translations_review)));
}

awaitable<web::Response> show_backfill(Call& call) {
    co_return json_response(co_await backfill_of(call));
}

/// `wanted` is the state that the act leads to.
awaitable<web::Response> change_backfill(Call& call, const char* act, const char* wanted) {
    std::string before = co_await backfill_of(call);
    const pg::Result state =
        co_await call.sql("SELECT barid.translate_backfill_set($1::bigint, $2, $3)",
                          pg::Params(call.integer("id"), wanted, actor_of(call)));
    const std::string now = state.one().get<std::string>(0);
    if (now != wanted) {
        throw Problem(409, "conflict", fmt::format("the backfill is {} already", now));
    }
    std::string after = co_await backfill_of(call);
    co_await call.audit({.action = fmt::format("translation.{}_backfill", act),
                         .target_kind = "translation_backfill",
                         .target = std::to_string(call.integer("id").value_or(0)),
                         .before = std::move(before),
                         .after = after});
    co_return json_response(std::move(after));
}

awaitable<web::Response> show_cost(Call& call) {
    co_return json_response(co_await call.document(
        "cost", R"sql(
        WITH days AS MATERIALIZED (
            SELECT * FROM barid.translation_cost
            WHERE day > barid.translation_today() - $1::int
              AND ($2::text IS NULL OR provider = $2)
            ORDER BY day DESC, provider LIMIT 5000)
        SELECT jsonb_build_object(
            'days', $1::int,
            'items', coalesce((SELECT jsonb_agg(jsonb_build_object('day', d.day,
                'provider', d.provider, 'requests', d.requests, 'texts', d.texts,
                'characters', d.characters, 'errors', d.errors, 'cost', d.cost)
                ORDER BY d.day DESC, d.provider) FROM days d), '[]'::jsonb),
            'providers', coalesce((SELECT jsonb_agg(to_jsonb(p) ORDER BY p.provider)
                FROM (SELECT d.provider, sum(d.requests)::bigint AS requests,
                             sum(d.characters)::bigint AS characters,
                             sum(d.errors)::bigint AS errors, sum(d.cost) AS cost
                      FROM days d GROUP BY 1) p), '[]'::jsonb),
            'total', (SELECT jsonb_build_object('requests', coalesce(sum(d.requests), 0)::bigint,
                'characters', coalesce(sum(d.characters), 0)::bigint,
                'cost', coalesce(sum(d.cost), 0)) FROM days d)))sql",
        pg::Params(call.integer("days").value_or(30), call.optional_text("provider"))));
}

void add_schemas(Routes& routes) {
    routes.schema("TranslationEntity", R"({"type": "object", "properties": {
        "entity_type": {"type": "string"}, "entity_id": {"type": "string"},
        "attached": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {
            "table": {"type": "string"}, "write_back": {"type": "string"},
            "queue": {"type": "string"}}}]},
        "texts": {"type": "array", "items": {"type": "object", "properties": {
            "field": {"type": "string"}, "source_lang": {"enum": ["en", "ar", null]},
            "lang": {"enum": ["en", "ar"]},
            "state": {"enum": ["pending", "published", "review", "stale"]},
            "origin": {"enum": ["memory", "provider", "human", null]},
            "provider": {"type": ["string", "null"]}, "written_by": {"type": ["string", "null"]},
            "source_text": {"type": ["string", "null"]}, "text": {"type": ["string", "null"]},
            "suggestion": {"type": ["string", "null"]},
            "clipped": {"type": "boolean", "description": "texts are cut at 4,000 characters"},
            "review_id": {"type": ["integer", "null"]},
            "review_reason": {"type": ["string", "null"]},
            "write_error": {"type": ["string", "null"]}, "job_id": {"type": ["integer", "null"]},
            "updated_at": {"type": "string", "format": "date-time"}}}}}})");
    routes.schema("TranslationProvider", R"({"type": "object", "properties": {
        "name": {"type": "string"}, "paused": {"type": "boolean"},
        "paused_until": {"type": ["string", "null"], "format": "date-time"},
        "pause_kind": {"enum": ["rate_limited", "quota", "unauthorized", "misconfigured",
                                "unavailable", null]},
        "pause_reason": {"type": ["string", "null"]}, "failures": {"type": "integer"},
        "characters_today": {"type": "integer"},
        "daily_characters": {"type": ["integer", "null"],
                             "description": "its budget of a day, by UTC"},
        "allowed_actions": {"type": "array", "items": {"enum": ["resume"]}}}})");
    routes.schema("TranslationProviderPage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/TranslationProvider"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("TranslationBackfill", R"({"type": "object", "properties": {
        "id": {"type": "integer"}, "entity_type": {"type": "string"},
        "state": {"enum": ["running", "paused", "cancelled", "done", "failed"]},
        "total": {"type": "integer"}, "seen": {"type": "integer"},
        "enqueued": {"type": "integer"}, "in_flight": {"type": "integer"},
        "progress": {"type": "number"},
        "estimated_end": {"type": ["string", "null"], "format": "date-time"},
        "ahead": {"type": "integer"}, "queue": {"type": "string"},
        "job_id": {"type": ["integer", "null"]}, "actor": {"type": "string"},
        "changed_by": {"type": "string"}, "error": {"type": ["string", "null"]},
        "started_at": {"type": "string", "format": "date-time"},
        "finished_at": {"type": ["string", "null"], "format": "date-time"},
        "allowed_actions": {"type": "array", "items": {"enum": ["pause", "resume", "cancel"]}}}})");
    routes.schema("TranslationBackfillPage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/TranslationBackfill"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("TranslationReason", R"({"type": "object", "properties": {
        "reason": {"type": "string"}}})");
    routes.schema("TranslationCost", R"({"type": "object", "properties": {
        "days": {"type": "integer"},
        "items": {"type": "array", "items": {"type": "object", "properties": {
            "day": {"type": "string", "format": "date"}, "provider": {"type": "string"},
            "requests": {"type": "integer"}, "texts": {"type": "integer"},
            "characters": {"type": "integer"}, "errors": {"type": "integer"},
            "cost": {"type": "number"}}}},
        "providers": {"type": "array", "items": {"type": "object", "properties": {
            "provider": {"type": "string"}, "requests": {"type": "integer"},
            "characters": {"type": "integer"}, "errors": {"type": "integer"},
            "cost": {"type": "number"}}}},
        "total": {"type": "object", "properties": {"requests": {"type": "integer"},
            "characters": {"type": "integer"}, "cost": {"type": "number"}}}}})");
}

std::vector<Parameter> pages() {
    return {{.name = "cursor", .means = "of the page before", .max_bytes = 1000},
            {.name = "limit", .type = Type::integer, .means = "items, 50", .min = 1, .max = 200}};
}

}  // namespace

void add_translation_status(Routes& routes) {
    add_schemas(routes);
    const auto get = [&](std::string path, std::string operation, std::string summary,
                         std::vector<Parameter> parameters, std::string answer, auto handler) {
        routes.add({.method = "GET",
                    .path = "/translations" + path,
                    .operation = std::move(operation),
                    .tag = "translations",
                    .summary = std::move(summary),
                    .permission = Permission::translations_view,
                    .parameters = std::move(parameters),
                    .answer = std::move(answer),
                    .handler = handler});
    };
    const auto post = [&](std::string path, std::string operation, std::string summary,
                          Parameter parameter, std::string answer, auto handler) {
        routes.add({.method = "POST",
                    .path = "/translations" + path,
                    .operation = std::move(operation),
                    .tag = "translations",
                    .summary = std::move(summary),
                    .permission = Permission::translations_review,
                    .parameters = {std::move(parameter)},
                    .body = "TranslationReason",
                    .answer = std::move(answer),
                    .handler = handler});
    };
    const Parameter id{
        .name = "id", .type = Type::integer, .means = "the backfill", .required = true, .min = 1};
    const Parameter name{.name = "name", .means = "such as deepl", .required = true};
    get("/entities/{type}/{id}", "showEntityTranslations", "All texts of one entity.",
        {{.name = "type", .means = "such as product", .required = true},
         {.name = "id", .means = "of the entity", .required = true, .max_bytes = 256}},
        "TranslationEntity", show_entity);
    get("/entities", "findEntityTranslations", "The same, for names with a slash in them.",
        {{.name = "type", .means = "such as product", .required = true},
         {.name = "id", .means = "of the entity", .required = true, .max_bytes = 256}},
        "TranslationEntity", show_entity);
    get("/providers", "listTranslationProviders", "Who rests and why, and today's budgets.",
        pages(), "TranslationProviderPage", list_providers);
    post("/providers/{name}/resume", "resumeTranslationProvider",
         "Asks a provider again at once, after it was mended.", name, "TranslationProvider",
         resume_provider);
    get("/backfills", "listTranslationBackfills", "Whole tables, the newest first.", pages(),
        "TranslationBackfillPage", list_backfills);
    get("/backfills/{id}", "showTranslationBackfill", "One of them.", {id}, "TranslationBackfill",
        show_backfill);
    post("/backfills/{id}/pause", "pauseTranslationBackfill", "Makes no more jobs.", id,
         "TranslationBackfill",
         [](Call& call) { return change_backfill(call, "pause", "paused"); });
    post("/backfills/{id}/resume", "resumeTranslationBackfill", "Goes on where it rests.", id,
         "TranslationBackfill",
         [](Call& call) { return change_backfill(call, "resume", "running"); });
    post("/backfills/{id}/cancel", "cancelTranslationBackfill",
         "Makes no more jobs, and cancels those under way.", id, "TranslationBackfill",
         [](Call& call) { return change_backfill(call, "cancel", "cancelled"); });
    get("/cost", "showTranslationCost", "What the providers were sent, by day.",
        {{.name = "days", .type = Type::integer, .means = "with today, 30", .min = 1, .max = 400},
         {.name = "provider", .means = "only this one"}},
        "TranslationCost", show_cost);
}

}  // namespace barid::api
