// Accounts: people who sign in with a password. A password that an admin chose must be changed at
// the first sign-in.
#include <fmt/format.h>

#include "admin/access/grants_text.hpp"
#include "admin/api/call.hpp"
#include "admin/api/rights.hpp"
#include "admin/api/session_parts.hpp"
#include "queue/pg/error.hpp"

namespace barid::api {
namespace {

constexpr std::string_view kAccount = R"(
    SELECT (barid.admin_account_json(a.id) || jsonb_build_object('allowed_actions',
                '["update", "delete"]'::jsonb))::text, a.id
    FROM barid.admin_account a)";

struct AccountBody {
    std::optional<std::string> login;
    std::optional<std::string> name;
    std::optional<std::vector<std::string>> roles;
    std::optional<bool> disabled;
    std::optional<bool> must_change;
    Secret password;
};

/// `login`: the account's, when the body doesn't give another.
AccountBody read(Call& call, const std::string& login) {
    JsonReader in(call.body());
    AccountBody body{.login = in.optional_text("login", {.max_bytes = 200}),
                     .name = in.optional_text("name", {.min_bytes = 0, .max_bytes = 200}),
                     .roles = {},
                     .disabled = in.optional_boolean("disabled"),
                     .must_change = in.optional_boolean("must_change_password"),
                     .password = {}};
    const bool has_roles = call.body().as_object().contains("roles");
    auto roles = in.optional_texts("roles", 50, {.max_bytes = 63});
    if (has_roles) body.roles = std::move(roles);
    if (const auto password = in.optional_text("password", {.max_bytes = 2000})) {
        if (const auto bad = access::password_problem(*password, body.login.value_or(login))) {
            in.violate("/password", *bad);
        }
        body.password = Secret(*password);
    }
    if (body.login && (body.login->front() == ' ' || body.login->back() == ' ')) {
        in.violate("/login", "must not begin or end with a blank");
    }
    if (!body.login && login.empty()) in.violate("/login", "is missing");
    in.optional_text("reason", {.min_bytes = 0, .max_bytes = 500});
    in.finish();
    return body;
}

awaitable<std::string> current(Call& call, std::int64_t id) {
    co_return co_await call.document("account", fmt::format("{} WHERE a.id = $1", kAccount),
                                     pg::Params(id));
}

awaitable<void> set_roles(Call& call, std::int64_t id, const std::vector<std::string>& roles) {
    const auto found = co_await call.sql(
        R"(SELECT coalesce(array_agg(w), '{}')::text, barid.admin_role_permissions($1::text[])::text
           FROM unnest($1::text[]) w
           WHERE NOT EXISTS (SELECT FROM barid.admin_role r WHERE r.name = w))",
        pg::Params(roles));
    const auto unknown = pg::parse_array(found.one().text(0));
    if (!unknown.empty()) {
        throw Problem(422, "invalid", "a role doesn't exist",
                      {{"/roles", fmt::format("there is no role {}", unknown.front())}});
    }
    require_covered(call.who(), access::read_grants(parse_json(found.one().text(1))));
    co_await call.sql("DELETE FROM barid.admin_account_role WHERE account_id = $1", pg::Params(id));
    co_await call.sql(R"(INSERT INTO barid.admin_account_role (account_id, role)
                         SELECT DISTINCT $1::bigint, w FROM unnest($2::text[]) w)",
                      pg::Params(id, roles));
}

awaitable<void> set_password(Call& call, access::SignIn& door, std::int64_t id,
                             const AccountBody& body) {
    std::string hash;
    try {
        hash = co_await door.hash(body.password);
    } catch (const access::PasswordHasher::Busy&) {
        throw Problem(503, "busy", "too many passwords are being checked: try again soon");
    }
    co_await call.sql("SELECT barid.admin_account_set_password($1, $2, $3)",
                      pg::Params(id, hash, body.must_change.value_or(true)));
}

awaitable<std::int64_t> insert(Call& call, const AccountBody& body) {
    try {
        const auto made = co_await call.sql(
            "SELECT barid.admin_account_create($1, $2, $3)",
            pg::Params(*body.login, body.name.value_or(""), body.must_change.value_or(true)));
        co_return made.one().get<std::int64_t>(0);
    } catch (const pg::Error& e) {
        if (!e.is("23505")) throw;
        throw Problem(409, "login_taken", "there is an account with that login already");
    }
}

awaitable<web::Response> create(Call& call, access::SignIn& door) {
    const AccountBody body = read(call, "");
    const std::int64_t id = co_await insert(call, body);
    if (body.roles) co_await set_roles(call, id, *body.roles);
    if (!body.password.empty()) co_await set_password(call, door, id, body);
    if (body.disabled.value_or(false)) {
        co_await call.sql("UPDATE barid.admin_account SET disabled = true WHERE id = $1",
                          pg::Params(id));
    }
    const std::string after = co_await current(call, id);
    co_await call.audit({.action = "account.create",
                         .target_kind = "account",
                         .target = std::to_string(id),
                         .after = after});
    co_return json_response(after, 201);
}

awaitable<void> update(Call& call, std::int64_t id, const AccountBody& body) {
    try {
        co_await call.sql(R"(
            UPDATE barid.admin_account SET login = coalesce($2, login), name = coalesce($3, name),
                disabled = coalesce($4, disabled), must_change = coalesce($5, must_change),
                updated_at = clock_timestamp()
            WHERE id = $1)",
                          pg::Params(id, body.login, body.name, body.disabled, body.must_change));
    } catch (const pg::Error& e) {
        if (!e.is("23505")) throw;
        throw Problem(409, "login_taken", "there is an account with that login already");
    }
    // Who was shut out, or has other rights now, begins anew.
    if (body.disabled.value_or(false)) {
        co_await call.sql("DELETE FROM barid.admin_session WHERE account_id = $1", pg::Params(id));
    }
}

awaitable<web::Response> change(Call& call, access::SignIn& door) {
    const std::int64_t id = *call.integer("id");
    const AdminCount admins = co_await count_admins(call);
    const std::string before = co_await current(call, id);
    call.require_match(before);
    const AccountBody body = read(call, std::string(parse_json(before).at("login").as_string()));
    co_await update(call, id, body);
    if (body.roles) co_await set_roles(call, id, *body.roles);
    if (!body.password.empty()) co_await set_password(call, door, id, body);
    co_await require_an_admin(call, admins);
    const std::string after = co_await current(call, id);
    co_await call.audit({.action = body.password.empty() ? "account.change" : "account.password",
                         .target_kind = "account",
                         .target = std::to_string(id),
                         .before = before,
                         .after = after});
    door.forget(fmt::format("account:{}", id));
    co_return json_response(after);
}

awaitable<web::Response> remove(Call& call, access::SignIn& door) {
    const std::int64_t id = *call.integer("id");
    const AdminCount admins = co_await count_admins(call);
    const std::string before = co_await current(call, id);
    co_await call.sql("DELETE FROM barid.admin_account WHERE id = $1", pg::Params(id));
    co_await require_an_admin(call, admins);
    co_await call.audit({.action = "account.delete",
                         .target_kind = "account",
                         .target = std::to_string(id),
                         .before = before});
    door.forget(fmt::format("account:{}", id));
    co_return web::Response{.status = 204};
}

void add_schemas(Routes& routes) {
    routes.schema("Account", R"({"type": "object", "properties": {
        "id": {"type": "integer"}, "login": {"type": "string"}, "name": {"type": "string"},
        "roles": {"type": "array", "items": {"type": "string"}},
        "disabled": {"type": "boolean"}, "has_password": {"type": "boolean"},
        "must_change_password": {"type": "boolean"},
        "created_at": {"type": "string", "format": "date-time"},
        "updated_at": {"type": "string", "format": "date-time"},
        "signed_in_at": {"type": ["string", "null"], "format": "date-time"},
        "sessions": {"type": "integer"},
        "allowed_actions": {"type": "array", "items": {"type": "string"}}}})");
    routes.schema("Accounts", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/Account"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("AccountChange", R"({"type": "object", "properties": {
        "login": {"type": "string", "minLength": 1, "maxLength": 200},
        "name": {"type": "string", "maxLength": 200},
        "roles": {"type": "array", "items": {"type": "string"}},
        "disabled": {"type": "boolean"},
        "password": {"type": "string", "minLength": 12, "maxLength": 128},
        "must_change_password": {"type": "boolean"},
        "reason": {"type": "string", "maxLength": 500}}})");
}

void add_reading(Routes& routes, const Parameter& id) {
    routes.add({.method = "GET",
                .path = "/accounts",
                .operation = "listAccounts",
                .tag = "access",
                .summary = "The accounts, in the order they were made.",
                .parameters = keyset_parameters(),
                .answer = "Accounts",
                .handler = [](Call& call) -> awaitable<web::Response> {
                    co_return co_await call.page(
                        fmt::format("{} WHERE a.id > coalesce($1::bigint, 0) "
                                    "ORDER BY a.id LIMIT $2 + 1",
                                    kAccount),
                        pg::Params(call.position(), call.limit()));
                }});
    routes.add({.method = "GET",
                .path = "/accounts/{id}",
                .operation = "getAccount",
                .tag = "access",
                .summary = "One account.",
                .parameters = {id},
                .answer = "Account",
                .handler = [](Call& call) -> awaitable<web::Response> {
                    co_return json_response(co_await current(call, *call.integer("id")));
                }});
}

}  // namespace

void add_accounts(Routes& routes, access::SignIn& door) {
    add_schemas(routes);
    const Parameter id{.name = "id", .type = Parameter::Type::integer, .means = "the account's id"};
    add_reading(routes, id);
    routes.add({.method = "POST",
                .path = "/accounts",
                .operation = "createAccount",
                .tag = "access",
                .summary = "Make an account, with a password to be changed at the first sign-in.",
                .body = "AccountChange",
                .answer = "Account",
                .status = 201,
                .handler = [&door](Call& call) { return create(call, door); }});
    routes.add({.method = "PATCH",
                .path = "/accounts/{id}",
                .operation = "changeAccount",
                .tag = "access",
                .summary = "Change an account; a new password or `disabled` ends its sessions.",
                .parameters = {id},
                .body = "AccountChange",
                .answer = "Account",
                .handler = [&door](Call& call) { return change(call, door); }});
    routes.add({.method = "DELETE",
                .path = "/accounts/{id}",
                .operation = "deleteAccount",
                .tag = "access",
                .summary = "Remove an account with its sessions and tokens.",
                .parameters = {id},
                .status = 204,
                .handler = [&door](Call& call) { return remove(call, door); }});
}

}  // namespace barid::api
