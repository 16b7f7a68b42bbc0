#include "base/service_account_key.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/error.hpp"
#include "base/json.hpp"
#include "tests/support/rsa_key.hpp"

namespace barid::oauth {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

json::object good() {
    return {{"type", "service_account"},
            {"project_id", "shop-1"},
            {"private_key_id", "key-1"},
            {"private_key", support::rsa_key().private_pem},
            {"client_email", "barid@shop-1.iam.gserviceaccount.com"},
            {"token_uri", "https://oauth2.googleapis.com/token"}};
}

std::string error_of(const std::string& text) {
    try {
        (void)ServiceAccountKey::parse(text, "key.json");
        return "";
    } catch (const Error& error) {
        EXPECT_FALSE(error.transient());
        return error.what();
    }
}

TEST(ServiceAccountKey, ReadsAServiceAccount) {
    const auto credentials = ServiceAccountKey::parse(json::serialize(good()), "key.json");
    EXPECT_EQ(credentials.project_id, "shop-1");
    EXPECT_EQ(credentials.private_key_id, "key-1");
    EXPECT_EQ(credentials.client_email, "barid@shop-1.iam.gserviceaccount.com");
    EXPECT_EQ(credentials.token_uri, "https://oauth2.googleapis.com/token");
}

TEST(ServiceAccountKey, NamesEachMissingField) {
    for (const char* field :
         {"type", "project_id", "private_key_id", "private_key", "client_email"}) {
        json::object file = good();
        file.erase(field);
        EXPECT_THAT(error_of(json::serialize(file)),
                    AllOf(HasSubstr("key.json"), HasSubstr(field)));
    }
}

TEST(ServiceAccountKey, ListsAllProblemsAtOnce) {
    const std::string error = error_of("{}");
    for (const char* field :
         {"type", "project_id", "private_key_id", "private_key", "client_email"}) {
        EXPECT_THAT(error, HasSubstr(field));
    }
}

TEST(ServiceAccountKey, NeverQuotesAValue) {
    json::object file = good();
    file["private_key"] = "-----BEGIN PRIVATE KEY-----\nSECRETSTUFF\n-----END PRIVATE KEY-----\n";
    EXPECT_THAT(error_of(json::serialize(file)),
                AllOf(HasSubstr("\"private_key\""), Not(HasSubstr("SECRETSTUFF"))));
    EXPECT_THAT(error_of(R"({"private_key":"SECRETSTUFF)"), Not(HasSubstr("SECRETSTUFF")));
}

TEST(ServiceAccountKey, RefusesOtherKindsOfFiles) {
    json::object file = good();
    file["type"] = "authorized_user";
    EXPECT_THAT(error_of(json::serialize(file)), HasSubstr("service_account"));
    EXPECT_THAT(error_of("[]"), HasSubstr("JSON object"));
    EXPECT_THAT(error_of("not json"), HasSubstr("key.json"));
}

TEST(ServiceAccountKey, RefusesAProjectIdThatWouldChangeTheUrl) {
    json::object file = good();
    file["project_id"] = "shop/../other";
    EXPECT_THAT(error_of(json::serialize(file)), HasSubstr("project_id"));
}

TEST(ServiceAccountKey, RefusesAPlainTextTokenEndpoint) {
    json::object file = good();
    file["token_uri"] = "http://oauth2.example/token";
    EXPECT_THAT(error_of(json::serialize(file)), HasSubstr("token_uri"));
}

TEST(ServiceAccountKey, SaysWhyAFileCanNotBeRead) {
    char name[] = "/tmp/barid-credentials-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    const std::filesystem::path directory = name;
    try {
        (void)ServiceAccountKey::from_file(directory / "absent.json");
        ADD_FAILURE() << "read a file that is not there";
    } catch (const Error& error) {
        EXPECT_THAT(error.what(), HasSubstr("absent.json"));
    }
    std::ofstream(directory / "big.json") << std::string(100'000, ' ');
    EXPECT_THROW((void)ServiceAccountKey::from_file(directory / "big.json"), Error);
    std::ofstream(directory / "good.json") << json::serialize(good());
    EXPECT_EQ(ServiceAccountKey::from_file(directory / "good.json").project_id, "shop-1");
    std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace barid::oauth
