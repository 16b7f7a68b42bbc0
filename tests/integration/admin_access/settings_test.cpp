// The door as the settings describe it, and what the database's roles can see of it.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "admin/door.hpp"
#include "tests/support/database.hpp"
#include "tests/support/jwt_signer.hpp"
#include "tests/support/token_endpoint.hpp"

namespace barid {
namespace {

using support::JwtSigner;
using testing::HasSubstr;

class DoorSettings : public testing::Test, protected support::IoFixture {
  protected:
    DoorSettings() {
        std::string pattern = (std::filesystem::temp_directory_path() / "barid-XXXXXX").string();
        directory = ::mkdtemp(pattern.data());
        shop.issuer = "https://shop.example";
        shop.audience = {"barid"};
        shop.roles = {"a=b=support", "boss=admin"};
    }
    ~DoorSettings() override { std::filesystem::remove_all(directory); }

    access::GatekeeperOptions options() {
        config::Admin settings;
        settings.rate_limit = 7;
        settings.jwt.emplace("shop", shop);
        return admin::gatekeeper_options(settings, http, clock);
    }
    void key_file(const std::string& text) {
        shop.public_key_file = (directory / "key.pem").string();
        std::ofstream(shop.public_key_file) << text;
    }
    std::string problem() {
        try {
            options();
            return "";
        } catch (const Error& e) {
            return e.what();
        }
    }

    std::filesystem::path directory;
    config::AdminJwt shop;
    support::FakeEndpoint http{io};
    support::ManualClock clock;
};

TEST_F(DoorSettings, MakeIssuers) {
    shop.jwks_url = "https://shop.example/keys";
    shop.algorithms = {"ES256"};
    const auto made = options();
    EXPECT_EQ(made.rate, 7);
    ASSERT_EQ(made.issuers.size(), 1U);
    EXPECT_EQ(made.issuers[0].name, "shop");
    EXPECT_EQ(made.issuers[0].rules.issuer, "https://shop.example");
    EXPECT_THAT(made.issuers[0].algorithms, testing::ElementsAre(access::Algorithm::es256));
    EXPECT_THAT(made.issuers[0].roles,
                testing::UnorderedElementsAre(testing::Pair("a=b", "support"),
                                              testing::Pair("boss", "admin")));
    http.answer = [] {
        http::Response response;
        response.status = 200;
        response.body = support::key_set(JwtSigner::es256().jwk());
        return response;
    };
    EXPECT_EQ(run(made.issuers[0].keys->keys("one"))->size(), 1U);
    EXPECT_EQ(http.last.url, "https://shop.example/keys");
}

TEST_F(DoorSettings, HaveEachIssuerOnce) {
    shop.jwks_url = "https://shop.example/keys";
    config::Admin settings;
    settings.jwt.emplace("shop", shop);
    settings.jwt.emplace("staff", shop);
    try {
        admin::gatekeeper_options(settings, http, clock);
        ADD_FAILURE() << "the second one is never looked at";
    } catch (const Error& e) {
        EXPECT_THAT(e.what(), HasSubstr("admin.jwt.staff.issuer: admin.jwt.shop has the same"));
    }
}

TEST_F(DoorSettings, TakeAKeyFromAFileOrSayWhatIsWrongWithIt) {
    key_file(JwtSigner::rs256().public_pem());
    EXPECT_EQ(run(options().issuers[0].keys->keys(""))->size(), 1U);
    key_file("not a key");
    EXPECT_THAT(problem(), HasSubstr("admin.jwt.shop.public_key_file: "));
    EXPECT_THAT(problem(), HasSubstr("is no PEM public key"));
    key_file(JwtSigner::make("RS256", 1024).public_pem());
    EXPECT_THAT(problem(), HasSubstr("2048 bits or more"));
    shop.public_key_file = "/nowhere/key.pem";
    EXPECT_THAT(problem(), HasSubstr("No such file"));
}

TEST_F(DoorSettings, NoRoleOfTheDatabaseReadsWhatSecretsAreCheckedBy) {
    const support::TestDatabase database;
    for (const char* role :
         {"barid_producer", "barid_worker", "barid_operator", "barid_readonly", "barid_admin"}) {
        for (const char* column : {"admin_account', 'password_hash", "admin_token', 'hash",
                                   "admin_session', 'hash", "admin_sign_in_attempt', 'login"}) {
            EXPECT_EQ(database.sql("SELECT has_column_privilege('" + std::string(role) +
                                   "', 'barid." + column + "', 'SELECT')"),
                      "f")
                << role << " " << column;
        }
        if (role == std::string("barid_admin")) continue;
        for (const char* table : {"admin_account", "admin_token", "admin_session", "admin_role"}) {
            EXPECT_EQ(database.sql("SELECT has_any_column_privilege('" + std::string(role) +
                                   "', 'barid." + table + "', 'SELECT, INSERT, UPDATE')"),
                      "f")
                << role << " " << table;
        }
        for (const char* function :
             {"admin_token_create(bytea, text, text, bigint, jsonb, timestamptz, text)",
              "admin_sign_in_begin(text, text)", "admin_account_password(bigint)",
              "admin_account_set_password(bigint, text, boolean, text)"}) {
            EXPECT_EQ(database.sql("SELECT has_function_privilege('" + std::string(role) +
                                   "', 'barid." + function + "', 'EXECUTE')"),
                      "f")
                << role << " " << function;
        }
    }
}

}  // namespace
}  // namespace barid
