// /payments: what gateways said about orders, asking them again, and the gateways themselves.
#include "admin/api/call.hpp"
#include "admin/api/job_reach.hpp"
#include "base/json_reader.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::string_view kCheck = R"({"type": "object", "properties": {
    "id": {"type": "integer"},
    "order": {"type": "string"},
    "cause": {"enum": ["reconcile", "webhook", "expire", "person", "refund"]},
    "verdict": {"enum": ["PAID", "UNPAID", "UNSURE", "MISMATCH", "REFUND_REQUESTED", "REFUNDED",
                         "REFUND_REJECTED", "REFUND_UNKNOWN"]},
    "checked_at": {"type": "string", "description": "before the gateway was asked"},
    "result": {"type": ["string", "null"], "description": "what the shop said to it"},
    "times": {"type": "integer", "description": "how often the same was heard in a row"},
    "job_id": {"type": ["integer", "null"]},
    "attempts": {"type": "array", "items": {"type": "object", "additionalProperties": true}}}})";

constexpr std::string_view kGateway = R"({"type": "object", "properties": {
    "name": {"type": "string"},
    "paused_at": {"type": ["string", "null"]},
    "paused_why": {"type": ["string", "null"]},
    "rests_until": {"type": ["string", "null"], "description": "it wants to be asked less"},
    "unknown_attempts": {"type": "integer"},
    "open_refunds": {"type": "integer"},
    "swept_at": {"type": ["string", "null"]}}})";

awaitable<web::Response> list_checks(Call& call) {
    co_return co_await call.page(
        "SELECT item::text, id FROM barid.admin_payment_checks($1, $2, $3::bigint, $4::int)",
        pg::Params(call.text("order"), call.may(Permission::data_view), call.position(),
                   call.limit() + 1));
}

awaitable<web::Response> list_gateways(Call& call) {
    co_return json_response(co_await call.document(
        "gateways",
        R"(SELECT jsonb_build_object('held', barid.payment_held(), 'items', coalesce(jsonb_agg(
               jsonb_build_object('name', g.name, 'paused_at', barid.admin_time(g.paused_at),
                   'paused_why', g.paused_why, 'rests_until', barid.admin_time(g.rests_until),
                   'unknown_attempts', g.unknown_attempts, 'open_refunds', g.open_refunds,
                   'swept_at', barid.admin_time(g.swept_at)) ORDER BY g.name), '[]'))::text
           FROM barid.payment_gateways() g)"));
}

awaitable<web::Response> check(Call& call) {
    JsonReader in(call.body());
    const std::string order = in.text("order", {.max_bytes = 128});
    in.finish();
    std::string job = co_await call.document(
        "job",
        "SELECT jsonb_build_object('job_id', barid.request_payment_check($1, NULL, $2))::text",
        pg::Params(order, call.request().id));
    co_await call.audit({.action = "payment.check", .target_kind = "order", .target = order});
    co_return json_response(std::move(job), 202);
}

awaitable<web::Response> resume(Call& call) {
    const std::string name = call.text("name");
    const pg::Result known = co_await call.sql(
        "SELECT g.paused_why FROM barid.payment_gateways() g WHERE g.name = $1", pg::Params(name));
    if (known.empty()) throw Problem(404, "not_found", "no payment gateway of that name was used");
    const std::string why = known.one().is_null(0) ? "" : std::string(known.one().text(0));
    std::string done = co_await call.document("gateway",
                                              "SELECT jsonb_build_object('done', r.done)::text "
                                              "FROM barid.payment_resume($1, $2) r",
                                              pg::Params(name, call.who().id));
    co_await call.audit({.action = "payment.resume",
                         .target_kind = "payment_gateway",
                         .target = name,
                         .before = json::serialize(json::object{{"paused", why}})});
    co_return json_response(std::move(done));
}

void add_schemas(Routes& routes) {
    routes.schema("PaymentCheck", kCheck);
    routes.schema("PaymentChecks", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/PaymentCheck"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("PaymentGateway", kGateway);
    routes.schema("PaymentGateways", R"({"type": "object", "properties": {
        "held": {"type": "integer",
            "description": "orders whose last answer was a mismatch, up to 10,000"},
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/PaymentGateway"}}}})");
    routes.schema("PaymentCheckWish", R"({"type": "object", "required": ["order"], "properties": {
        "order": {"type": "string", "maxLength": 128}}})");
    routes.schema("PaymentCheckJob",
                  R"({"type": "object", "properties": {"job_id": {"type": "integer"}}})");
    routes.schema("PaymentResumed", R"({"type": "object", "properties": {
        "done": {"type": "boolean", "description": "false: it wasn't paused"}}})");
}

}  // namespace

void add_payments(Routes& routes) {
    add_schemas(routes);
    auto parameters = page_parameters();
    parameters.push_back(
        {.name = "order", .means = "the order's id", .required = true, .max_bytes = 128});
    routes.add({.method = "GET",
                .path = "/payments/checks",
                .operation = "listPaymentChecks",
                .tag = "payments",
                .summary = "What gateways said about an order, the newest first.",
                .permission = Permission::commerce_view,
                .parameters = std::move(parameters),
                .answer = "PaymentChecks",
                .handler = &list_checks});
    routes.add({.method = "GET",
                .path = "/payments/gateways",
                .operation = "listPaymentGateways",
                .tag = "payments",
                .summary = "The gateways that were used, and which of them are paused.",
                .permission = Permission::commerce_view,
                .answer = "PaymentGateways",
                .handler = &list_gateways});
    routes.add({.method = "POST",
                .path = "/payments/check",
                .operation = "checkPayment",
                .tag = "payments",
                .summary = "Ask the gateway about an order's payments now.",
                .permission = Permission::commerce_manage,
                .body = "PaymentCheckWish",
                .answer = "PaymentCheckJob",
                .status = 202,
                .handler = &check});
    routes.add(
        {.method = "POST",
         .path = "/payments/gateways/{name}/resume",
         .operation = "resumePaymentGateway",
         .tag = "payments",
         .summary = "Ask a gateway again that was paused.",
         .permission = Permission::commerce_manage,
         .parameters =
             {{.name = "name", .means = "a [payment.NAME]", .required = true, .max_bytes = 40}},
         .answer = "PaymentResumed",
         .handler = &resume});
}

}  // namespace barid::api
