// The whole API behind its real door, without a socket: tokens, JWTs and sessions as they are, over
// a database of its own, with the rights of the role `barid_admin`. The clock is the test's.
#pragma once

#include "admin/access/database_gatekeeper.hpp"
#include "admin/access/sign_in.hpp"
#include "admin/api/all_routes.hpp"
#include "admin/api/dispatcher.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/jwt_signer.hpp"
#include "tests/support/token_endpoint.hpp"

namespace barid::support {

inline constexpr const char* kPassword = "correct horse بطارية";

class RealDoor : public testing::Test, protected IoFixture {
  protected:
    explicit RealDoor(access::GatekeeperOptions options = {});

    /// Any request; `body` is sent as it is, as JSON.
    ApiAnswer ask(const std::string& method, const std::string& target, Headers headers,
                  const std::string& body = "");
    ApiAnswer get(const std::string& target, Headers headers) {
        return ask("GET", target, std::move(headers));
    }
    /// A sign-in from the dashboard's own page.
    ApiAnswer sign_in(const std::string& login, const std::string& password);
    /// `name=value` of the answer's Set-Cookie.
    static std::string cookie_of(const ApiAnswer& answer);

    /// An account with the password `kPassword`; gives its id.
    std::string add_account(const std::string& login, const std::string& role = "viewer");
    /// A token's text.
    std::string add_token(const std::string& permissions, const std::string& ends = "1 day",
                          const std::string& account = "NULL");
    /// A JWT of the configured issuer, with these roles of the shop's.
    static std::string jwt(const std::string& roles, const std::string& more = "");

    static Headers bearer(const std::string& text) { return {{"Authorization", "Bearer " + text}}; }
    /// What a browser sends along from our own page.
    static Headers page(const std::string& cookie) {
        return {{"Cookie", cookie}, {"Sec-Fetch-Site", "same-origin"}};
    }

    std::string address = "192.0.2.7";
    std::string host = "localhost:8787";
    bool secure = false;
    TestDatabase database;
    ManualClock clock;
    pg::Pool pool;
    access::PasswordHasher hasher{{.passes = 1, .memory_bytes = 8192}};
    access::DatabaseGatekeeper gatekeeper;
    access::SignIn desk;
    api::Changes changes;
    api::Routes routes;
    api::Dispatcher dispatcher;
    web::Application application;
};

}  // namespace barid::support
