// /webhooks: endpoints, their deliveries, and delivering again.
#include "admin/api/webhooks_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "admin/api/call.hpp"
#include "base/json.hpp"

namespace barid::api {
namespace {

using access::Permission;
using Type = Parameter::Type;
using Parts = std::shared_ptr<const WebhookParts>;

awaitable<json::object> endpoint_of(Call& call, const WebhookParts& parts,
                                    const WebhookEndpoint& endpoint) {
    const std::string counts =
        co_await call.document("endpoint", "SELECT barid.webhook_counts($1, $2)",
                               pg::Params(endpoint.name, call.may(Permission::data_view)));
    json::object shown = parse_json(counts).as_object();
    shown["name"] = endpoint.name;
    shown["url"] = shown_url(endpoint.url);
    shown["timeout_ms"] = endpoint.timeout.count();
    shown["concurrency"] = endpoint.concurrency;
    shown["breaker"] = nullptr;
    shown["rests_for_ms"] = nullptr;
    shown["under_way"] = nullptr;
    if (const auto lane = parts.lane ? parts.lane(endpoint.name) : std::nullopt) {
        shown["breaker"] = lane->breaker;
        shown["rests_for_ms"] = lane->rests_for.count();
        shown["under_way"] = lane->under_way;
    }
    co_return shown;
}

/// A page of the configuration's list: each endpoint costs one bounded statement.
awaitable<web::Response> list_endpoints(Call& call, Parts parts) {
    std::vector<const WebhookEndpoint*> listed;
    const auto after = call.position();
    for (const WebhookEndpoint& endpoint : parts->endpoints) {
        if (!after || endpoint.name > *after) listed.push_back(&endpoint);
    }
    const auto limit = static_cast<std::size_t>(call.limit());
    const bool more = listed.size() > limit;
    if (more) listed.resize(limit);
    json::array items;
    for (const WebhookEndpoint* endpoint : listed) {
        items.push_back(co_await endpoint_of(call, *parts, *endpoint));
    }
    json::value next = nullptr;
    if (more) next = call.next_cursor(listed.back()->name);
    co_return json_response(
        json::serialize(json::object{{"items", std::move(items)}, {"next", std::move(next)}}));
}

awaitable<web::Response> show_endpoint(Call& call, Parts parts) {
    const auto found =
        std::ranges::find(parts->endpoints, call.text("name"), &WebhookEndpoint::name);
    if (found == parts->endpoints.end()) {
        throw Problem(404, "not_found",
                      "this process has no such endpoint in its configuration: [deliver.NAME]");
    }
    co_return json_response(json::serialize(co_await endpoint_of(call, *parts, *found)));
}

awaitable<web::Response> list_deliveries(Call& call) {
    co_return co_await call.page(
        "SELECT item, at FROM barid.webhook_page($1, $2, $3, $4::bigint, $5, $6, $7)",
        pg::Params(call.text("name"), call.optional_text("state"), call.optional_text("type"),
                   call.position(), call.limit() + 1, call.may(Permission::webhooks_manage),
                   call.may(Permission::data_view)));
}

awaitable<std::string> delivery_of(Call& call, std::optional<std::int64_t> id) {
    co_return co_await call.document(
        "delivery", "SELECT barid.webhook_document($1::bigint, $2, $3)",
        pg::Params(id, call.may(Permission::webhooks_manage), call.may(Permission::data_view)));
}

awaitable<web::Response> show_delivery(Call& call) {
    co_return json_response(co_await delivery_of(call, call.integer("id")));
}

awaitable<web::Response> redeliver(Call& call) {
    JsonReader in(call.body());
    in.optional_text("reason", {.max_bytes = 500});
    in.finish();
    const pg::Result rows =
        co_await call.sql("SELECT outcome, job_id FROM barid.webhook_redeliver($1::bigint, $2)",
                          pg::Params(call.integer("id"), call.request().id));
    const auto outcome = rows.one().get<std::optional<std::string>>(0);
    if (!outcome) throw Problem(404, "not_found", "there is no such delivery");
    if (*outcome == "running") {
        throw Problem(409, "conflict", "it is being delivered at this moment");
    }
    if (*outcome == "parked") {
        throw Problem(409, "conflict", "it waits for another job: see the job's page");
    }
    if (*outcome == "gone") {
        throw Problem(409, "conflict", "the job can't be run again any more");
    }
    const auto job = rows.one().get<std::int64_t>(1);
    co_await call.audit(
        {.action = "webhook.redeliver",
         .target_kind = "job",
         .target = std::to_string(call.integer("id").value_or(0)),
         .after = json::serialize(json::object{{"outcome", *outcome}, {"job_id", job}})});
    co_return json_response(co_await delivery_of(call, job));
}

constexpr std::string_view kDelivery = R"(
    "job_id": {"type": "integer"},
    "webhook_id": {"type": "string", "description": "as the receiver sees it"},
    "endpoint": {"type": ["string", "null"]}, "type": {"type": ["string", "null"]},
    "state": {"enum": ["waiting", "running", "parked", "completed", "failed", "cancelled"]},
    "attempt": {"type": "integer"}, "max_attempts": {"type": "integer"},
    "created_at": {"type": "string", "format": "date-time"},
    "run_at": {"type": ["string", "null"], "format": "date-time"},
    "finished_at": {"type": ["string", "null"], "format": "date-time"},
    "http_status": {"type": ["number", "null"], "description": "of the answer that took it"},
    "duration_ms": {"type": ["number", "null"]},
    "error": {"type": ["string", "null"]},
    "redelivers_job": {"type": ["number", "null"]},
    "tags": {"type": "array", "items": {"type": "string"}},
    "allowed_actions": {"type": "array", "items": {"enum": ["redeliver"]}})";

void add_schemas(Routes& routes) {
    routes.schema("WebhookEndpoint", R"({"type": "object", "properties": {
        "name": {"type": "string"},
        "url": {"type": "string", "description": "without user, password and query"},
        "timeout_ms": {"type": "integer"}, "concurrency": {"type": "integer"},
        "breaker": {"enum": ["closed", "open", "half_open", null],
            "description": "of the process that answers; null where it delivers nothing"},
        "rests_for_ms": {"type": ["integer", "null"]}, "under_way": {"type": ["integer", "null"]},
        "counts": {"type": "object", "properties": {
            "completed": {"type": "integer", "description": "in the last day, as the next two"},
            "failed": {"type": "integer"}, "cancelled": {"type": "integer"},
            "capped": {"type": "boolean", "description": "only the newest 2,000 were counted"},
            "waiting": {"type": "integer"}, "retrying": {"type": "integer"},
            "running": {"type": "integer"}, "live_capped": {"type": "boolean"}}},
        "last_success_at": {"type": ["string", "null"], "format": "date-time"},
        "last_failure_at": {"type": ["string", "null"], "format": "date-time"},
        "last_error": {"type": ["string", "null"]}}})");
    routes.schema("WebhookEndpointPage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookEndpoint"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("WebhookDeliveryItem",
                  fmt::format(R"({{"type": "object", "properties": {{{}}}}})", kDelivery));
    routes.schema("WebhookDeliveryPage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/WebhookDeliveryItem"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("WebhookDelivery", fmt::format(R"({{"type": "object", "properties": {{{},
        "queue": {{"type": "string"}}, "request_id": {{"type": ["string", "null"]}},
        "traceparent": {{"type": ["string", "null"]}},
        "data": {{"description": "what is sent; hidden without data.view"}},
        "answer": {{"description": "of the receiver; hidden without data.view"}},
        "attempts": {{"type": "array", "items": {{"type": "object", "properties": {{
            "attempt": {{"type": ["integer", "null"]}}, "at": {{"type": ["string", "null"]}},
            "worker": {{"type": ["string", "null"]}},
            "duration_ms": {{"type": ["number", "null"]}},
            "error": {{"type": ["string", "null"]}}}}}}}}}}}})",
                                                 kDelivery));
    routes.schema("WebhookRedeliver", R"({"type": "object", "properties": {
        "reason": {"type": "string"}}})");
}

std::vector<Parameter> paged(std::vector<Parameter> parameters) {
    parameters.push_back({.name = "cursor", .means = "of the page before", .max_bytes = 1000});
    parameters.push_back(
        {.name = "limit", .type = Type::integer, .means = "items, 50", .min = 1, .max = 200});
    return parameters;
}

}  // namespace

std::string shown_url(std::string_view url) {
    url = url.substr(0, url.find_first_of("?#"));
    const auto scheme = url.find("://");
    const std::size_t host = scheme == std::string_view::npos ? 0 : scheme + 3;
    const auto path = std::min(url.find_first_of("/\\", host), url.size());
    const auto at = url.substr(0, path).rfind('@');
    if (at == std::string_view::npos || at < host) return std::string(url);
    return std::string(url.substr(0, host)) + std::string(url.substr(at + 1));
}

void add_webhooks(Routes& routes) {
    add_webhooks(routes, {});
}

void add_webhooks(Routes& routes, WebhookParts given) {
    add_schemas(routes);
    std::ranges::sort(given.endpoints, {}, &WebhookEndpoint::name);
    const auto parts = std::make_shared<const WebhookParts>(std::move(given));
    const auto with = [&parts](auto handler) {
        return [parts, handler](Call& call) { return handler(call, parts); };
    };
    const Parameter name{.name = "name", .means = "of [deliver.NAME]", .required = true};
    const Parameter id{
        .name = "id", .type = Type::integer, .means = "the job", .required = true, .min = 1};
    const auto add = [&](std::string method, std::string path, std::string operation,
                         std::string summary, std::vector<Parameter> parameters, std::string answer,
                         auto handler) {
        const bool get = method == "GET";
        routes.add({.method = std::move(method),
                    .path = "/webhooks" + path,
                    .operation = std::move(operation),
                    .tag = "webhooks",
                    .summary = std::move(summary),
                    .permission = get ? Permission::webhooks_view : Permission::webhooks_manage,
                    .parameters = std::move(parameters),
                    .body = get ? "" : "WebhookRedeliver",
                    .answer = std::move(answer),
                    .handler = handler});
    };
    add("GET", "", "listWebhooks", "The endpoints of the configuration, and how they do.",
        paged({}), "WebhookEndpointPage", with(list_endpoints));
    add("GET", "/{name}", "showWebhook", "One of them.", {name}, "WebhookEndpoint",
        with(show_endpoint));
    add("GET", "/{name}/deliveries", "listWebhookDeliveries",
        "What was sent to it or is to be, the newest first.",
        paged({name,
               {.name = "state",
                .means = "of the job",
                .one_of = {"waiting", "running", "parked", "completed", "failed", "cancelled"}},
               {.name = "type", .means = "of the message, such as order.paid"}}),
        "WebhookDeliveryPage", list_deliveries);
    add("GET", "/deliveries/{id}", "showWebhookDelivery", "One with what was sent and answered.",
        {id}, "WebhookDelivery", show_delivery);
    add("POST", "/deliveries/{id}/redeliver", "redeliverWebhook",
        "Sends the message once more, under the same webhook-id.", {id}, "WebhookDelivery",
        redeliver);
}

}  // namespace barid::api
