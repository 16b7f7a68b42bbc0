// Every route of the API × every permission × every way not to be let in. Nothing is listed by
// hand: a new route is in the matrix the moment it is registered, and fails here unless it says
// what it needs.
#include <fmt/format.h>

#include <set>

#include "tests/integration/admin_access/real_door.hpp"

namespace barid {
namespace {

using access::Permission;
using api::Route;
using support::Headers;

/// What a stranger may ask without being known. A route is open to all by being here and nowhere
/// else.
const std::set<std::string> kOpenToAll = {"getSignInWays", "signIn", "getOpenApi"};
/// What everybody who is known may ask: about themselves, or filtered by what they may see.
const std::set<std::string> kOpenToKnown = {"signOut",         "getMe",      "changePassword",
                                            "listPermissions", "listTokens", "createToken",
                                            "revokeToken",     "watchEvents"};

access::GatekeeperOptions unhurried() {
    return {.rate = 1e9, .burst = 1e9, .stranger_rate = 1e9, .stranger_burst = 1e9};
}

class Matrix : public support::RealDoor {
  protected:
    Matrix() : RealDoor(unhurried()) {}

    /// The route's path with something in the place of its parameters.
    static std::string target(const Route& route) {
        std::string path = route.path;
        for (std::size_t at = 0; (at = path.find('{')) != std::string::npos;) {
            path.replace(at, path.find('}', at) - at + 1, "1");
        }
        return path;
    }
    /// Status and code of a request that no handler can do anything with: a parameter that no route
    /// has is refused right after the permission was looked at, before the body is read.
    std::string knock(const Route& route, Headers headers) {
        const auto answer = ask(route.method, target(route) + "?no-such-parameter=1",
                                std::move(headers), route.method == "GET" ? "" : "{}");
        return fmt::format("{} {}", answer.status, answer.code());
    }
    std::string token_for(Permission permission) {
        return add_token(fmt::format(R"([{{"permission":"{}"}}])", access::name_of(permission)));
    }
    std::string name(const Route& route) { return route.method + " " + route.path; }

    static constexpr const char* kLetIn = "422 invalid";
};

TEST_F(Matrix, EveryRouteSaysWhatItNeeds) {
    ASSERT_GT(routes.all().size(), 60U) << "the whole API is here";
    std::set<std::string> operations;
    for (const Route& route : routes.all()) {
        EXPECT_TRUE(operations.insert(route.operation).second) << route.operation << " twice";
        EXPECT_EQ(route.open == Route::Open::to_all, kOpenToAll.contains(route.operation))
            << name(route) << " is open to everybody: add it to the list above if that is meant";
        EXPECT_EQ(route.open == Route::Open::to_signed_in, kOpenToKnown.contains(route.operation))
            << name(route) << " needs no permission: add it to the list above if that is meant";
    }
}

TEST_F(Matrix, EachPermissionOpensItsOwnRoutesAndNoOthers) {
    for (const auto& info : access::permissions()) {
        const auto caller = bearer(token_for(info.permission));
        for (const Route& route : routes.all()) {
            const bool allowed = route.open != Route::Open::to_permitted ||
                                 info.permission == Permission::admin ||
                                 route.permission == info.permission;
            EXPECT_EQ(knock(route, caller), allowed ? kLetIn : "403 forbidden")
                << name(route) << " with " << info.name;
        }
    }
}

TEST_F(Matrix, NobodyElseIsLetIn) {
    const auto everything = R"([{"permission":"admin"}])";
    const auto expired = add_token(everything, "-1 minute");
    const auto revoked = add_token(everything);
    database.sql("UPDATE barid.admin_token SET revoked_at = now() WHERE id = 2");
    const auto claims = [](const char* iss, const char* aud, const char* exp) {
        return fmt::format(R"({{"iss":"{}","aud":"{}","sub":"u","exp":{},)"
                           R"("app_metadata":{{"roles":["shop_admin"]}}}})",
                           iss, aud, exp);
    };
    const char* ours = "https://shop.example/auth";
    const auto& signer = support::JwtSigner::eddsa();
    const auto good = claims(ours, "barid", "1800000600");
    const auto unsigned_jwt =
        base64url_encode(R"({"alg":"none"})") + "." + base64url_encode(good) + ".";
    const auto text =
        base64url_encode(R"({"alg":"HS256","kid":"one"})") + "." + base64url_encode(good);
    const auto mac = hmac_sha256(signer.public_pem(), text);
    const auto confused = text + "." + base64url_encode(std::string(mac.begin(), mac.end()));
    auto tampered = signer.token(good);
    tampered[tampered.find('.') + 10] ^= 1;
    add_account("nora", "admin");
    const auto session = cookie_of(sign_in("nora", support::kPassword));
    database.sql("UPDATE barid.admin_session SET expires_at = now()");

    const std::vector<std::tuple<const char*, Headers, std::string>> callers = {
        {"nothing", {}, "401 unauthenticated"},
        {"an unknown token", bearer("barid_" + access::new_secret_text()), "401 unauthenticated"},
        {"an expired token", bearer(expired), "401 token_expired"},
        {"a revoked token", bearer(revoked), "401 token_revoked"},
        {"another issuer's JWT",
         bearer(signer.token(claims("https://evil.example", "barid", "1800000600"))),
         "401 unauthenticated"},
        {"a JWT of another key", bearer(support::JwtSigner::make("EdDSA").token(good)),
         "401 unauthenticated"},
        {"a JWT for others", bearer(signer.token(claims(ours, "other", "1800000600"))),
         "401 unauthenticated"},
        {"an expired JWT", bearer(signer.token(claims(ours, "barid", "1799990000"))),
         "401 token_expired"},
        {"a JWT without a signature", bearer(unsigned_jwt), "401 unauthenticated"},
        {"a JWT signed by the public key", bearer(confused), "401 unauthenticated"},
        {"a JWT that was changed", bearer(tampered), "401 unauthenticated"},
        {"an expired session", page(session), "401 session_expired"},
        {"a made-up session", page("__Host-barid=" + access::new_secret_text()),
         "401 unauthenticated"}};
    ASSERT_EQ(ask("GET", "/me", bearer(signer.token(good))).status, 200) << "the good one is good";
    for (const Route& route : routes.all()) {
        for (const auto& [what, headers, wanted] : callers) {
            EXPECT_EQ(knock(route, headers), route.open == Route::Open::to_all ? kLetIn : wanted)
                << name(route) << " with " << what;
        }
    }
}

TEST_F(Matrix, ASessionChangesNothingWithoutProofOfOrigin) {
    add_account("nora", "admin");
    const auto session = cookie_of(sign_in("nora", support::kPassword));
    for (const Route& route : routes.all()) {
        if (route.open == Route::Open::to_all) continue;
        EXPECT_EQ(knock(route, page(session)), kLetIn) << name(route);
        EXPECT_EQ(knock(route, {{"Cookie", session}}),
                  route.method == "GET" ? kLetIn : "403 cross_site")
            << name(route);
        EXPECT_EQ(knock(route, {{"Cookie", session}, {"Sec-Fetch-Site", "cross-site"}}),
                  route.method == "GET" ? kLetIn : "403 cross_site")
            << name(route);
    }
}

TEST_F(Matrix, RefusedRequestsLeaveNothingBehind) {
    const auto caller = bearer(token_for(Permission::media_view));
    const auto before = database.sql("SELECT count(*) FROM barid.admin_role");
    for (const Route& route : routes.all()) {
        if (route.open != Route::Open::to_permitted || route.method == "GET" ||
            route.permission == Permission::media_view) {
            continue;
        }
        const auto answer = ask(route.method, target(route), caller, R"({"reason": "x"})");
        EXPECT_EQ(answer.status, 403) << name(route);
    }
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log"), "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_idempotency"), "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_role"), before);
}

TEST_F(Matrix, AGrantForOneQueueReachesThatQueueAlone) {
    const auto mail = database.sql("SELECT barid.enqueue('k', queue => 'mail')");
    const auto other = database.sql("SELECT barid.enqueue('k', queue => 'other')");
    const auto caller = bearer(add_token(
        R"([{"permission":"jobs.view","limited_to":["mail"]},
            {"permission":"jobs.cancel","limited_to":["mail"]}])"));
    EXPECT_EQ(ask("GET", "/jobs/" + mail, caller).status, 200);
    EXPECT_EQ(ask("GET", "/jobs/" + other, caller).status, 404);
    const auto list = ask("GET", "/jobs", caller);
    ASSERT_EQ(list.items().size(), 1U) << list.body;
    EXPECT_EQ(list.items()[0].at("queue"), "mail");
    EXPECT_EQ(ask("POST", "/jobs/" + other + "/cancel", caller, "{}").status, 404);
    EXPECT_EQ(database.sql("SELECT state FROM barid.jobs WHERE id = " + other), "waiting");
    EXPECT_EQ(ask("POST", "/jobs/" + mail + "/cancel", caller, "{}").status, 200);
}

}  // namespace
}  // namespace barid
