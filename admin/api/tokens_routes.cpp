// Tokens for programs. An account makes its own, which never give more than the account has at the
// time of use; who has `admin` makes tokens of nobody in particular too. The text is answered once
// and stored nowhere.
#include <fmt/format.h>

#include "admin/access/grants_text.hpp"
#include "admin/api/call.hpp"
#include "admin/api/rights.hpp"
#include "admin/api/session_parts.hpp"

namespace barid::api {
namespace {

using access::Permission;
using access::Principal;

constexpr std::string_view kToken = R"(
    SELECT (t.shown || jsonb_build_object('allowed_actions',
                CASE WHEN t.shown->>'state' = 'active' THEN '["revoke"]'::jsonb
                     ELSE '[]' END))::text, t.id
    FROM (SELECT k.id, k.account_id, barid.admin_token_json(k.id) AS shown
          FROM barid.admin_token k OFFSET 0) t)";

/// The account whose own tokens the caller may see and make, or nothing.
std::optional<std::int64_t> own_account(const Principal& who) {
    if (who.kind != Principal::Kind::account) return std::nullopt;
    return std::stoll(who.id.substr(who.id.find(':') + 1));
}

awaitable<web::Response> list(Call& call) {
    co_return co_await call.page(
        R"(SELECT (barid.admin_token_json(k.id) || jsonb_build_object('allowed_actions',
                       CASE WHEN k.revoked_at IS NULL AND k.expires_at > now()
                            THEN '["revoke"]'::jsonb ELSE '[]' END))::text, k.id
           FROM barid.admin_token k
           WHERE ($1::bigint IS NULL OR k.id < $1) AND ($2 OR k.account_id = $3::bigint)
           ORDER BY k.id DESC LIMIT $4 + 1)",
        pg::Params(call.position(), call.may(Permission::admin), own_account(call.who()),
                   call.limit()));
}

struct TokenBody {
    std::string name;
    access::Grants grants;
    std::int64_t days = 90;
    bool personal = true;
};

TokenBody read(Call& call) {
    JsonReader in(call.body());
    TokenBody body{
        .name = in.text("name", {.max_bytes = 200}),
        .grants = access::parse_grants(in, "permissions"),
        .days = in.optional_integer("expires_in_days", {.min = 1, .max = 1825}).value_or(90),
        .personal = in.optional_boolean("personal").value_or(true)};
    in.optional_text("reason", {.min_bytes = 0, .max_bytes = 500});
    in.finish();
    return body;
}

awaitable<web::Response> create(Call& call) {
    const Principal& who = call.who();
    auto account = own_account(who);
    // A token that makes tokens would outlive its own end.
    if (!account) call.require(Permission::admin);
    const TokenBody body = read(call);
    if (account && !body.personal) {
        call.require(Permission::admin);
        account.reset();
    }
    require_covered(who, body.grants);
    const std::string text = std::string(access::kTokenPrefix) + access::new_secret_text();
    const auto made = co_await call.sql(
        R"(SELECT barid.admin_token_create($1::bytea, $2, $3, $4, $5::jsonb,
                                           now() + make_interval(days => $6::int), $7))",
        pg::Params(access::secret_hash(text), text.substr(0, access::kTokenPrefix.size() + 6),
                   body.name, account, json::serialize(access::grants_json(body.grants)), body.days,
                   who.id));
    const auto id = made.one().get<std::int64_t>(0);
    const std::string after =
        co_await call.document("token", fmt::format("{} WHERE t.id = $1", kToken), pg::Params(id));
    co_await call.audit({.action = "token.create",
                         .target_kind = "token",
                         .target = std::to_string(id),
                         .after = after});
    json::value answer = parse_json(after);
    answer.as_object()["token"] = text;
    co_return json_response(json::serialize(answer), 201);
}

awaitable<web::Response> revoke(Call& call, access::SignIn& door) {
    const auto id = *call.integer("id");
    JsonReader in(call.body());
    in.optional_text("reason");
    in.finish();
    const std::string reason = call.reason(true);
    const auto find = [&]() -> awaitable<std::string> {
        co_return co_await call.document(
            "token",
            fmt::format("{} WHERE t.id = $1 AND ($2 OR t.account_id = $3::bigint)", kToken),
            pg::Params(id, call.may(Permission::admin), own_account(call.who())));
    };
    const std::string before = co_await find();
    co_await call.sql(R"(UPDATE barid.admin_token SET revoked_at = coalesce(revoked_at, now())
                         WHERE id = $1)",
                      pg::Params(id));
    const std::string after = co_await find();
    co_await call.audit({.action = "token.revoke",
                         .target_kind = "token",
                         .target = std::to_string(id),
                         .before = before,
                         .after = after,
                         .reason = reason});
    door.forget(fmt::format("token:{}", id));
    co_return json_response(after);
}

constexpr std::string_view kTokenMembers = R"(
    "id": {"type": "integer"}, "name": {"type": "string"}, "prefix": {"type": "string"},
    "account": {"oneOf": [{"type": "null"}, {"type": "object", "properties": {
        "id": {"type": "integer"}, "login": {"type": "string"}}}]},
    "permissions": {"type": "array", "items": {"$ref": "#/components/schemas/Grant"}},
    "state": {"type": "string", "enum": ["active", "expired", "revoked"]},
    "created_at": {"type": "string", "format": "date-time"}, "created_by": {"type": "string"},
    "expires_at": {"type": "string", "format": "date-time"},
    "revoked_at": {"type": ["string", "null"], "format": "date-time"},
    "last_used_at": {"type": ["string", "null"], "format": "date-time"},
    "allowed_actions": {"type": "array", "items": {"type": "string"}})";

void add_schemas(Routes& routes) {
    routes.schema("Token",
                  fmt::format(R"({{"type": "object", "properties": {{{}}}}})", kTokenMembers));
    routes.schema("MadeToken", fmt::format(R"({{"type": "object", "properties": {{{},
        "token": {{"type": "string", "description": "shown this once"}}}}}})",
                                           kTokenMembers));
    routes.schema("Tokens", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Token"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("NewToken", R"({"type": "object", "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "permissions": {"type": "array", "items": {"$ref": "#/components/schemas/Grant"}},
        "expires_in_days": {"type": "integer", "minimum": 1, "maximum": 1825},
        "personal": {"type": "boolean",
            "description": "false: not the caller's own; needs the permission admin"},
        "reason": {"type": "string", "maxLength": 500}}, "required": ["name", "permissions"]})");
    routes.schema("Revocation", R"({"type": "object", "properties": {
        "reason": {"type": "string", "minLength": 1, "maxLength": 500}}, "required": ["reason"]})");
}

}  // namespace

void add_tokens(Routes& routes, access::SignIn& door) {
    add_schemas(routes);
    routes.add({.method = "GET",
                .path = "/tokens",
                .operation = "listTokens",
                .tag = "access",
                .summary = "The caller's own tokens, newest first; with `admin` everybody's.",
                .open = Route::Open::to_signed_in,
                .parameters = keyset_parameters(),
                .answer = "Tokens",
                .handler = &list});
    routes.add({.method = "POST",
                .path = "/tokens",
                .operation = "createToken",
                .tag = "access",
                .summary = "Make a token with at most the caller's own permissions; its text is "
                           "answered this once.",
                .open = Route::Open::to_signed_in,
                .body = "NewToken",
                .answer = "MadeToken",
                .status = 201,
                .keeps_answer = false,
                .handler = &create});
    routes.add({.method = "DELETE",
                .path = "/tokens/{id}",
                .operation = "revokeToken",
                .tag = "access",
                .summary = "Revoke a token; everywhere it stops working within ten seconds.",
                .open = Route::Open::to_signed_in,
                .parameters = {{.name = "id",
                                .type = Parameter::Type::integer,
                                .means = "the token's id"}},
                .body = "Revocation",
                .answer = "Token",
                .handler = [&door](Call& call) { return revoke(call, door); }});
}

}  // namespace barid::api
