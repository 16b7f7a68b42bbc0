// Signing in to the dashboard, out of it, and who one is. Sign-in, sign-out and a new password are
// statements of their own (admin/access/sign_in.hpp): a failed one must be counted although its
// request fails, and what they answer must never be kept for a repetition.
#include <fmt/format.h>

#include "admin/api/call.hpp"
#include "admin/api/session_parts.hpp"

namespace barid::api {
namespace {

using access::Principal;

std::string_view kind_of(const Principal& who) {
    switch (who.kind) {
        case Principal::Kind::token:
            return "token";
        case Principal::Kind::account:
            return "account";
        case Principal::Kind::jwt:
            return "jwt";
    }
    return "token";
}

web::Response me(const Principal& who) {
    json::object permissions;
    for (const auto& info : access::permissions()) {
        const access::Reach* reach = who.grants.reach(info.permission);
        if (reach == nullptr) continue;
        json::value limit = nullptr;
        if (reach->names) limit = json::array(reach->names->begin(), reach->names->end());
        permissions[info.name] = json::object{{"limited_to", std::move(limit)}};
    }
    json::object out{{"id", who.id},
                     {"name", who.name},
                     {"kind", kind_of(who)},
                     {"permissions", std::move(permissions)},
                     {"must_change_password", who.must_change_password}};
    out["expires_at"] = who.expires_at.empty() ? json::value(nullptr) : json::value(who.expires_at);
    return json_response(json::serialize(out));
}

/// The new session's cookie and who it is, or the denial as a problem.
web::Response session_answer(const access::SignIn::Answer& answer) {
    if (const auto* denial = std::get_if<access::Denial>(&answer)) throw problem_of(*denial);
    const auto& session = std::get<access::SignIn::Session>(answer);
    web::Response response = me(session.who);
    response.headers.emplace_back("Set-Cookie", session.cookie);
    return response;
}

awaitable<web::Response> sign_in(Call& call, access::SignIn& door) {
    JsonReader in(call.body());
    std::string login = in.text("login", {.max_bytes = 1000});
    const Secret password(in.text("password", {.max_bytes = 2000}));
    in.finish();
    co_return session_answer(co_await door.sign_in(call.request(), std::move(login), password));
}

awaitable<web::Response> sign_out(Call& call, access::SignIn& door) {
    co_await door.sign_out(call.request(), call.who(), call.flag("everywhere"));
    co_return web::Response{.status = 204,
                            .headers = {{"Set-Cookie", access::no_session_cookie()}}};
}

awaitable<web::Response> change_password(Call& call, access::SignIn& door) {
    JsonReader in(call.body());
    const Secret current(in.text("current", {.max_bytes = 2000}));
    const Secret wanted(in.text("new", {.max_bytes = 2000}));
    in.finish();
    co_return session_answer(
        co_await door.change_password(call.request(), call.who(), current, wanted));
}

void add_schemas(Routes& routes) {
    routes.schema("SignInWays", R"({"type": "object", "properties": {
        "methods": {"type": "array", "items": {"type": "string", "enum": ["password", "token"]}},
        "version": {"type": "string"}}})");
    routes.schema("Credentials", R"({"type": "object", "properties": {
        "login": {"type": "string", "maxLength": 200},
        "password": {"type": "string", "maxLength": 128}}, "required": ["login", "password"]})");
    routes.schema("NewPassword", R"({"type": "object", "properties": {
        "current": {"type": "string", "maxLength": 128},
        "new": {"type": "string", "minLength": 12, "maxLength": 128}},
        "required": ["current", "new"]})");
    routes.schema("Reach", R"({"type": "object", "properties": {
        "limited_to": {"type": ["array", "null"], "items": {"type": "string"},
            "description": "queues or categories; null: all"}}})");
    routes.schema("Me", R"({"type": "object", "properties": {
        "id": {"type": "string"}, "name": {"type": "string"},
        "kind": {"type": "string", "enum": ["token", "account", "jwt"]},
        "permissions": {"type": "object",
            "additionalProperties": {"$ref": "#/components/schemas/Reach"}},
        "must_change_password": {"type": "boolean"},
        "expires_at": {"type": ["string", "null"], "format": "date-time"}}})");
}

}  // namespace

Problem problem_of(const access::Denial& denial) {
    Problem problem(denial.status, denial.code, denial.detail);
    problem.retry_after = denial.retry_after;
    return problem;
}

void add_session(Routes& routes, access::SignIn& door, std::string version) {
    add_schemas(routes);
    routes.add({.method = "GET",
                .path = "/sign-in",
                .operation = "getSignInWays",
                .tag = "session",
                .summary = "How one signs in here, and which version this is.",
                .open = Route::Open::to_all,
                .answer = "SignInWays",
                .handler = [version = std::move(version)](Call&) -> awaitable<web::Response> {
                    const json::object out{{"methods", {"password", "token"}},
                                           {"version", version}};
                    co_return json_response(json::serialize(out));
                }});
    routes.add({.method = "POST",
                .path = "/session",
                .operation = "signIn",
                .tag = "session",
                .summary = "Sign in with a password; the answer sets the session's cookie.",
                .open = Route::Open::to_all,
                .body = "Credentials",
                .answer = "Me",
                .max_body_bytes = 8192,
                .changes = false,
                .handler = [&door](Call& call) { return sign_in(call, door); }});
    routes.add({.method = "DELETE",
                .path = "/session",
                .operation = "signOut",
                .tag = "session",
                .summary = "End this session, or all sessions of its account.",
                .open = Route::Open::to_signed_in,
                .parameters = {{.name = "everywhere",
                                .type = Parameter::Type::boolean,
                                .means = "end all sessions of the account"}},
                .status = 204,
                .changes = false,
                .handler = [&door](Call& call) { return sign_out(call, door); }});
    routes.add(
        {.method = "GET",
         .path = "/me",
         .operation = "getMe",
         .tag = "session",
         .summary = "Who the caller is, and what the caller may do.",
         .open = Route::Open::to_signed_in,
         .answer = "Me",
         .handler = [](Call& call) -> awaitable<web::Response> { co_return me(call.who()); }});
    routes.add({.method = "POST",
                .path = "/me/password",
                .operation = "changePassword",
                .tag = "session",
                .summary = "Change one's own password; all sessions end, and a new one begins.",
                .open = Route::Open::to_signed_in,
                .body = "NewPassword",
                .answer = "Me",
                .max_body_bytes = 8192,
                .changes = false,
                .handler = [&door](Call& call) { return change_password(call, door); }});
}

}  // namespace barid::api
