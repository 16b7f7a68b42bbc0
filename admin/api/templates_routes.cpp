// Templates: versions that never change, saved and shown, and what a phone would show of them,
// before they are saved, too.
#include <fmt/format.h>

#include <algorithm>

#include "admin/api/notify_parts.hpp"
#include "admin/api/notify_preview.hpp"
#include "admin/api/notify_schemas.hpp"
#include "notify/template_check.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::string_view kItem = R"(
    "key": {"type": "string"}, "version": {"type": "integer"},
    "locales": {"type": "array", "items": {"type": "string"}},
    "channels": {"type": "array", "items": {"type": "string"},
        "description": "*: for each channel that has no text of its own"},
    "variables": {})";

constexpr std::string_view kPreview = R"({"type": "object", "properties": {
    "locale": {"type": "string"}, "dir": {"enum": ["rtl", "ltr"]},
    "channel": {"enum": ["push", "email"]}, "title": {"type": "string"},
    "body": {"type": "string"}, "html": {"type": ["string", "null"]},
    "image": {"type": ["string", "null"]},
    "platforms": {"type": "array", "items": {"type": "object", "properties": {
        "platform": {"enum": ["android", "ios", "web"]}, "title": {"type": "string"},
        "title_cut": {"type": "boolean"}, "body": {"type": "string"},
        "body_cut": {"type": "boolean"}, "bytes": {"type": "integer"},
        "max_bytes": {"type": "integer"}}},
        "description": "what each shows of a message that isn't expanded, about; … where it cuts"},
    "problems": {"type": "array", "items": {"type": "object", "properties": {
        "at": {"type": "string"}, "problem": {"type": "string"}}}}}})";

constexpr std::string_view kWish = R"(
    "locale": {"type": "string"}, "version": {"type": "integer"},
    "vars": {"type": "object", "additionalProperties": true,
        "description": "the samples unless given"},
    "channel": {"enum": ["push", "email"]}, "platform": {"enum": ["android", "ios", "web"]},
    "tz": {"type": "string"}, "image": {"type": "string"})";

constexpr std::string_view kContent = R"(
    "texts": {"type": "object", "additionalProperties": true,
        "description": "{\"ar\": {\"title\", \"body\", \"html\", \"push\": {…}, \"email\": {…}}}"},
    "variables": {"type": "object", "additionalProperties": true,
        "description": "{\"n\": {\"type\": \"integer\", \"sample\": 3}}"})";

std::string item_schema(std::string_view variables, std::string_view more) {
    std::string members(kItem);
    members.replace(members.rfind("{}"), 2, variables);
    return fmt::format(R"({{"type": "object", "properties": {{{},
        "created_at": {{"type": "string"}},
        "allowed_actions": {{"type": "array", "items": {{"enum": ["edit"]}}}}{}}}}})",
                       members, more);
}

void add_schemas(Routes& routes) {
    routes.schema("TemplateItem",
                  item_schema(R"({"type": "array", "items": {"type": "string"}})", ""));
    routes.schema("TemplatePage", page_schema("TemplateItem"));
    routes.schema("Template",
                  item_schema(R"({"type": "object", "additionalProperties": true})", R"(,
        "newest": {"type": "integer"},
        "texts": {"type": "array", "items": {"type": "object", "properties": {
            "channel": {"enum": ["*", "push", "email"]}, "locale": {"type": "string"},
            "dir": {"enum": ["rtl", "ltr"]}, "title": {"type": "string"},
            "body": {"type": "string"}, "html": {"type": ["string", "null"]}}}})"));
    routes.schema("TemplateSave", fmt::format(R"({{"type": "object", "properties": {{{},
        "reason": {{"type": "string"}}}}, "required": ["texts"]}})",
                                              kContent));
    routes.schema("TemplatePreviewRequest", fmt::format(R"({{"type": "object", "properties": {{{},
        "draft": {{"type": "object", "properties": {{{}}}, "required": ["texts"],
            "description": "shown instead of what is saved"}}}}, "required": []}})",
                                                        kWish, kContent));
}

std::string key_of(const Call& call) {
    auto key = call.text("key");
    const bool usual = std::ranges::all_of(key, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
    if (!usual || key.size() > 64 || key.find_first_of("._-") == 0) {
        throw Problem(404, "not_found", "a template's key matches [a-z0-9][a-z0-9._-]{0,63}");
    }
    return key;
}

awaitable<web::Response> list(Call& call) {
    co_return co_await call.page(
        "SELECT item, place FROM barid.admin_templates($1, $2, $3::int + 1, $4::boolean)",
        pg::Params(call.optional_text("search"), call.position(), call.limit(),
                   call.may(Permission::templates_edit)));
}

awaitable<std::string> one(Call& call, std::optional<std::int64_t> version) {
    co_return co_await call.document(
        "template", "SELECT barid.admin_template($1, $2::int, $3::boolean)",
        pg::Params(call.text("key"), version, call.may(Permission::templates_edit)));
}

awaitable<web::Response> show(Call& call) {
    co_return json_response(co_await one(call, call.integer("version")));
}

awaitable<web::Response> versions(Call& call) {
    co_await one(call, std::nullopt);
    co_return co_await call.page(
        "SELECT item, place FROM barid.admin_template_versions($1, $2::int, $3::int + 1, "
        "$4::boolean)",
        pg::Params(call.text("key"), call.position(), call.limit(),
                   call.may(Permission::templates_edit)));
}

/// The database's words ("texts.ar.body, character 7: …") with the place that they begin with.
Problem problem_of(const std::string& words) {
    const auto start = std::min(words.find("texts."), words.find("variables."));
    const auto end = start == words.npos ? start : words.find_first_of(" ,:", start);
    std::string at = "/texts";
    if (end != words.npos && start < 20) {
        at = "/" + words.substr(start, end - start);
        std::ranges::replace(at, '.', '/');
    }
    return {422, "invalid", "the template is wrong", {{at, words}}};
}

awaitable<void> save_texts(Call& call, const std::string& texts, const std::string& variables) {
    std::optional<Problem> problem;
    try {
        co_await call.sql("SELECT barid.upsert_template($1, $2::jsonb, $3::jsonb)",
                          pg::Params(call.text("key"), texts, variables));
    } catch (const pg::Error& error) {
        if (!error.is("22023")) throw;
        problem = problem_of(error.what());
    }
    if (problem) throw std::move(*problem);
}

/// The objects of a body or of its draft.
std::pair<json::object, json::object> read_content(JsonReader& in) {
    const json::object* texts = in.object("texts");
    const json::object* variables = in.optional_object("variables");
    return {texts != nullptr ? *texts : json::object(),
            variables != nullptr ? *variables : json::object()};
}

awaitable<web::Response> save(Call& call) {
    const auto key = key_of(call);
    JsonReader in(call.body());
    const auto [texts, variables] = read_content(in);
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    const json::value schema = variables;
    auto problems = notify::template_problems(texts, &schema);
    if (!problems.empty()) {
        throw Problem(422, "invalid", "the template is wrong", std::move(problems));
    }
    co_await call.sql("SELECT barid.admin_lock_template($1)", pg::Params(key));
    const auto before =
        co_await call.sql("SELECT barid.admin_template($1, NULL, true)", pg::Params(key));
    const std::string was(before[0].text(0));
    call.require_match(was);
    co_await save_texts(call, json::serialize(texts), json::serialize(schema));
    auto answer = co_await one(call, std::nullopt);
    co_await call.audit({.action = "template.save",
                         .target_kind = "template",
                         .target = key,
                         .before = was,
                         .after = answer,
                         .reason = call.reason()});
    co_return json_response(std::move(answer));
}

/// The members that say how to show it; the caller finishes `in`.
PreviewWish read_wish(JsonReader& in, std::optional<std::int64_t>& version) {
    PreviewWish wish;
    wish.locale = in.optional_text("locale", {.max_bytes = 35}).value_or("");
    wish.channel = in.optional_text("channel", {.one_of = {"push", "email"}}).value_or("push");
    wish.platform =
        in.optional_text("platform", {.one_of = {"android", "ios", "web"}}).value_or("");
    wish.time_zone = in.optional_text("tz", {.max_bytes = 64}).value_or("UTC");
    wish.image = in.optional_text("image", {.max_bytes = 2000});
    if (const auto* vars = in.optional_object("vars")) wish.vars = *vars;
    version = in.optional_integer("version", {.min = 1, .max = 1'000'000'000});
    return wish;
}

/// A saved version; also tells the wish which language the shop speaks.
awaitable<std::optional<notify::TemplateVersion>> saved(Call& call, std::string key,
                                                        std::optional<std::int64_t> version,
                                                        PreviewWish& wish) {
    const auto source = parse_json(co_await call.document(
        "template", "SELECT barid.admin_template_source($1, $2::int)", pg::Params(key, version)));
    wish.default_locale = std::string_view(source.at("default_locale").as_string());
    if (source.at("template").is_null()) co_return std::nullopt;
    co_return notify::parse_template(source.at("template"));
}

awaitable<web::Response> preview(Call& call) {
    const auto key = key_of(call);
    JsonReader in(call.body());
    std::optional<std::int64_t> version;
    auto wish = read_wish(in, version);
    std::optional<std::pair<json::object, json::object>> draft;
    read_member(in, "draft", [&](JsonReader& member) { draft = read_content(member); });
    in.finish();
    auto shown = co_await saved(call, key, version, wish);
    if (draft) {
        const json::value variables = draft->second;
        shown = draft_of(key, draft->first, &variables);
    }
    if (!shown) throw Problem(404, "not_found", "there is no such template");
    co_return json_response(json::serialize(preview_of(*shown, wish)));
}

awaitable<web::Response> preview_by_key(Call& call) {
    JsonReader in(call.body());
    const auto key = in.text("template", {.max_bytes = 64});
    std::optional<std::int64_t> version;
    auto wish = read_wish(in, version);
    in.finish();
    const auto shown = co_await saved(call, key, version, wish);
    if (!shown) throw Problem(404, "not_found", "there is no such template");
    co_return json_response(json::serialize(preview_of(*shown, wish)));
}

}  // namespace

void add_notification_previews(Routes& routes) {
    routes.schema("TemplatePreview", kPreview);
    routes.schema("NotificationPreviewRequest",
                  fmt::format(R"({{"type": "object", "properties": {{{},
                      "template": {{"type": "string"}}}}, "required": ["template"]}})",
                              kWish));
    routes.add({.method = "POST",
                .path = "/notifications/preview",
                .operation = "previewNotification",
                .tag = "notifications",
                .summary = "What phones would show of a template.",
                .permission = Permission::notifications_view,
                .body = "NotificationPreviewRequest",
                .answer = "TemplatePreview",
                .changes = false,
                .handler = &preview_by_key});
}

void add_templates(Routes& routes) {
    add_schemas(routes);
    const Parameter key{.name = "key", .means = "the template's key", .max_bytes = 64};
    const auto route = [&](std::string method, std::string path, std::string operation,
                           std::string summary, auto handler) {
        return Route{.method = std::move(method),
                     .path = std::move(path),
                     .operation = std::move(operation),
                     .tag = "templates",
                     .summary = std::move(summary),
                     .permission = Permission::notifications_view,
                     .parameters = {key},
                     .answer = "Template",
                     .handler = handler};
    };
    auto all = route("GET", "/templates", "listTemplates", "The newest version of each.", &list);
    all.parameters = paged({{.name = "search", .means = "a part of the key", .max_bytes = 64}});
    all.answer = "TemplatePage";
    routes.add(std::move(all));
    auto get =
        route("GET", "/templates/{key}", "getTemplate", "One version with its texts.", &show);
    get.parameters.push_back({.name = "version",
                              .type = Parameter::Type::integer,
                              .means = "the newest unless given",
                              .min = 1,
                              .max = 1'000'000'000});
    routes.add(std::move(get));
    auto past = route("GET", "/templates/{key}/versions", "listTemplateVersions",
                      "Its versions, newest first.", &versions);
    past.parameters = paged({key});
    past.answer = "TemplatePage";
    routes.add(std::move(past));
    auto put = route("PUT", "/templates/{key}", "saveTemplate",
                     "Save a new version; If-Match: the newest one's ETag.", &save);
    put.permission = Permission::templates_edit;
    put.body = "TemplateSave";
    put.max_body_bytes = std::size_t{1} << 20U;
    routes.add(std::move(put));
    auto show_it = route("POST", "/templates/{key}/preview", "previewTemplate",
                         "What phones would show of it, or of a draft.", &preview);
    show_it.body = "TemplatePreviewRequest";
    show_it.answer = "TemplatePreview";
    show_it.max_body_bytes = std::size_t{1} << 20U;
    show_it.changes = false;
    routes.add(std::move(show_it));
}

}  // namespace barid::api
