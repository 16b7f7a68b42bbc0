#include "tests/integration/admin_access/real_door.hpp"

#include <fmt/format.h>

namespace barid::support {
namespace {

pg::ConnectOptions admin_options(const TestDatabase& database) {
    auto options = database.options();
    options.settings = {{"role", "barid_admin"}, {"statement_timeout", "5000"}};
    return options;
}

access::GatekeeperOptions with_issuer(access::GatekeeperOptions options) {
    access::Issuer issuer{.name = "shop",
                          .rules = {.issuer = "https://shop.example/auth", .audiences = {"barid"}},
                          .algorithms = {access::Algorithm::eddsa},
                          .roles_claim = "/app_metadata/roles",
                          .roles = {{"shop_admin", "admin"}, {"staff", "support"}},
                          .keys = {}};
    issuer.keys = std::make_shared<access::FixedKeys>(
        access::parse_key_set(key_set(JwtSigner::eddsa().jwk())));
    options.issuers.push_back(std::move(issuer));
    return options;
}

}  // namespace

RealDoor::RealDoor(access::GatekeeperOptions options)
    : pool(io, blocking, admin_options(database), 4, {}),
      gatekeeper(pool, clock, with_issuer(std::move(options)), {}),
      desk(pool, hasher, gatekeeper),
      changes(pool),
      dispatcher(routes, gatekeeper, {.reads = pool, .writes = pool}, {}, {}) {
    api::add_all(
        routes,
        {.gatekeeper = gatekeeper, .changes = changes, .version = "test", .sign_in = &desk});
    application = dispatcher.application();
}

ApiAnswer RealDoor::ask(const std::string& method, const std::string& target, Headers headers,
                        const std::string& body) {
    web::Request request;
    request.head.method = method;
    request.head.target = std::string(api::kPrefix) + target;
    request.head.headers = std::move(headers);
    request.head.headers.emplace_back("Host", host);
    if (!body.empty() && request.head.count("content-type") == 0) {
        request.head.headers.emplace_back("Content-Type", "application/json");
    }
    request.path = web::path_of(request.head.target);
    request.client_address = address;
    request.secure = secure;
    request.id = "req-1";
    const auto asked = [&]() -> awaitable<web::Response> {
        auto admission = co_await application.admit(request);
        if (admission.refusal) co_return std::move(*admission.refusal);
        request.body = body;
        co_return co_await application.answer(request, admission.context);
    };
    auto response = run(asked());
    ApiAnswer answer{.status = response.status,
                     .json = {},
                     .body = std::move(response.body),
                     .content_type = std::move(response.content_type),
                     .headers = std::move(response.headers)};
    if (answer.content_type.ends_with("json") && !answer.body.empty() &&
        !answer.content_type.ends_with("ndjson")) {
        answer.json = parse_json(answer.body);
    }
    return answer;
}

ApiAnswer RealDoor::sign_in(const std::string& login, const std::string& password) {
    return ask("POST", "/session", {{"Sec-Fetch-Site", "same-origin"}},
               json::serialize(json::object{{"login", login}, {"password", password}}));
}

std::string RealDoor::cookie_of(const ApiAnswer& answer) {
    const std::string header = answer.header("Set-Cookie");
    return header.substr(0, header.find(';'));
}

std::string RealDoor::add_account(const std::string& login, const std::string& role) {
    const std::string hash = run(hasher.hash(Secret(kPassword)));
    const std::string id =
        database.sql(fmt::format("SELECT barid.admin_account_create('{}', 'نورة', false)", login));
    database.sql(fmt::format("INSERT INTO barid.admin_account_role VALUES ({}, '{}')", id, role));
    database.sql(fmt::format("SELECT barid.admin_account_set_password({}, '{}', false)", id, hash));
    return id;
}

std::string RealDoor::add_token(const std::string& permissions, const std::string& ends,
                                const std::string& account) {
    const std::string text = std::string(access::kTokenPrefix) + access::new_secret_text();
    database.sql(fmt::format(
        R"(INSERT INTO barid.admin_token (hash, prefix, name, account_id, permissions, expires_at,
                                          created_by)
           VALUES ('{}', 'barid_', 'أداة', {}, '{}', now() + interval '{}', 'test'))",
        access::secret_hash(text), account, permissions, ends));
    return text;
}

std::string RealDoor::jwt(const std::string& roles, const std::string& more) {
    return JwtSigner::eddsa().token(
        fmt::format(R"({{"iss":"https://shop.example/auth","aud":"barid","sub":"u-7",)"
                    R"("email":"nora@shop.example","exp":1800000600,)"
                    R"("app_metadata":{{"roles":{}}}{}}})",
                    roles, more));
}

}  // namespace barid::support
