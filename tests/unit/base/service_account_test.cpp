// Keys that are rotated under a running worker, clocks that are wrong, and the metadata server.
#include "base/service_account.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/access_token.hpp"
#include "tests/support/rsa_key.hpp"
#include "tests/support/token_endpoint.hpp"

namespace barid::oauth {
namespace {

using namespace std::chrono_literals;
using support::FakeEndpoint;
using support::ManualClock;
using testing::HasSubstr;
using testing::Not;

/// The claims, and the key's id, of an assertion in a form.
json::object claims_of(const std::string& form) {
    const std::string jwt = form.substr(form.rfind('=') + 1);
    const auto first = jwt.find('.');
    const auto second = jwt.rfind('.');
    json::object claims =
        parse_json(support::base64url_decode(jwt.substr(first + 1, second - first - 1)))
            .as_object();
    const json::value header = parse_json(support::base64url_decode(jwt.substr(0, first)));
    claims["kid"] = header.at("kid");
    return claims;
}

http::Response refusal(const std::string& description, const std::string& date = "") {
    http::Response response;
    response.status = 400;
    response.body = json::serialize(
        json::object{{"error", "invalid_grant"}, {"error_description", description}});
    if (!date.empty()) response.headers.push_back({"date", date});
    return response;
}

class ServiceAccount : public testing::Test {
  protected:
    ServiceAccount() {
        std::string pattern = (std::filesystem::temp_directory_path() / "barid-sa-XXXXXX").string();
        directory_ = ::mkdtemp(pattern.data());
        file = directory_ / "account.json";
        write(account("key-1"));
        renew();
    }
    ~ServiceAccount() override { std::filesystem::remove_all(directory_); }

    static std::string account(const std::string& key, const std::string& project = "shop-1") {
        return json::serialize(json::object{{"type", "service_account"},
                                            {"project_id", project},
                                            {"private_key_id", key},
                                            {"private_key", support::rsa_key().private_pem},
                                            {"client_email", "barid@shop-1.example"}});
    }
    /// As a careful operator does it: a new file under the old name.
    void write(const std::string& text) const {
        const auto fresh = directory_ / "fresh.json";
        std::ofstream(fresh) << text;
        std::filesystem::rename(fresh, file);
    }
    void renew() {
        ServiceAccountOptions options;
        options.file = file.string();
        source = std::make_unique<AccessTokenSource>(
            std::make_unique<ServiceAccountIssuer>(
                endpoint, clock, ServiceAccountKey::from_file(options.file), options),
            clock);
    }
    std::string ask() {
        std::string out = "nothing";
        asio::co_spawn(io, source->token(), [&](std::exception_ptr error, const Secret& token) {
            try {
                if (error) std::rethrow_exception(error);
                out = token.reveal();
            } catch (const TokenError& e) {
                out = std::string(e.transient() ? "later: " : "error: ") + e.what();
            }
        });
        io.restart();
        io.run_for(5s);
        return out;
    }
    std::string last_key() {
        return std::string(claims_of(endpoint.last.body).at("kid").as_string());
    }
    void refuse_key(const std::string& key) {
        endpoint.answer = [this, key] {
            if (last_key() == key) return refusal("Invalid JWT Signature.");
            return FakeEndpoint::ok("token-" + std::to_string(endpoint.exchanges), 3600);
        };
    }

    asio::io_context io{1};
    ManualClock clock;
    FakeEndpoint endpoint{io};
    std::filesystem::path file;
    std::unique_ptr<AccessTokenSource> source;

  private:
    std::filesystem::path directory_;
};

TEST_F(ServiceAccount, TakesUpANewKeyWithoutARestart) {
    EXPECT_EQ(ask(), "token-1");
    EXPECT_EQ(last_key(), "key-1");
    write(account("key-2"));
    clock.advance(29s);
    EXPECT_EQ(ask(), "token-1");
    clock.advance(2s);
    EXPECT_EQ(ask(), "token-2");
    EXPECT_EQ(last_key(), "key-2");
    clock.advance(60s);
    EXPECT_EQ(ask(), "token-2");
}

TEST_F(ServiceAccount, LooksAtOnceWhenTheApiRefusesAToken) {
    EXPECT_EQ(ask(), "token-1");
    write(account("key-2"));
    source->reject(Secret("token-1"));
    EXPECT_EQ(ask(), "token-2");
    EXPECT_EQ(last_key(), "key-2");
}

TEST_F(ServiceAccount, LooksAtOnceWhenTheEndpointRefusesTheKey) {
    refuse_key("key-1");
    write(account("key-2"));
    EXPECT_EQ(ask(), "token-2");
    EXPECT_EQ(endpoint.exchanges, 2);
}

TEST_F(ServiceAccount, ABrokenFileKeepsTheOldKey) {
    EXPECT_EQ(ask(), "token-1");
    for (const std::string& text :
         {std::string("{\"type\": \"serv"), std::string(), account("key-2", "another-shop")}) {
        write(text);
        clock.advance(31s);
        EXPECT_EQ(ask(), "token-1");
    }
    source->reject(Secret("token-1"));
    EXPECT_EQ(ask(), "token-2");
    EXPECT_EQ(last_key(), "key-1");
    EXPECT_EQ(source->project_id(), "shop-1");
    std::filesystem::remove(file);
    clock.advance(31s);
    EXPECT_EQ(ask(), "token-2");
}

TEST_F(ServiceAccount, ANewKeyThatIsRefusedLeavesTheOldOneAtWork) {
    EXPECT_EQ(ask(), "token-1");
    refuse_key("key-2");
    write(account("key-2"));
    source->reject(Secret("token-1"));
    EXPECT_EQ(ask(), "token-3");
    EXPECT_EQ(last_key(), "key-1");
    // And once the new one is known at Google's, it is used.
    endpoint.answer = nullptr;
    source->reject(Secret("token-3"));
    EXPECT_EQ(ask(), "token-4");
    EXPECT_EQ(last_key(), "key-2");
}

TEST_F(ServiceAccount, CorrectsAClockThatIsWrongByTheEndpointsDate) {
    // ManualClock stands at 2027-01-15 08:00:00; the endpoint is 12 minutes ahead of it.
    endpoint.answer = [this] {
        const std::int64_t issued = claims_of(endpoint.last.body).at("iat").as_int64();
        if (issued < 1'800'000'000 + 600) {
            return refusal("Invalid JWT: Token must be a short-lived token (60 minutes)",
                           "Fri, 15 Jan 2027 08:12:00 GMT");
        }
        return FakeEndpoint::ok("token-" + std::to_string(endpoint.exchanges), 3600);
    };
    EXPECT_EQ(ask(), "token-2");
    // The correction is kept.
    source->reject(Secret("token-2"));
    EXPECT_EQ(ask(), "token-3");
}

TEST_F(ServiceAccount, SaysByHowMuchTheClockIsWrongWhenThatDoesNotHelp) {
    endpoint.answer = [] { return refusal("Invalid JWT", "Fri, 15 Jan 2027 07:55:00 GMT"); };
    const std::string error = ask();
    EXPECT_THAT(error, HasSubstr("error: "));
    EXPECT_THAT(error, HasSubstr("this machine's clock is 300 s ahead of the endpoint's"));
    EXPECT_THAT(error, Not(HasSubstr("PRIVATE")));
}

TEST_F(ServiceAccount, IsSilentAboutAClockThatIsRight) {
    endpoint.answer = [] { return refusal("Invalid grant", "Fri, 15 Jan 2027 08:00:10 GMT"); };
    EXPECT_THAT(ask(), Not(HasSubstr("clock")));
    EXPECT_EQ(endpoint.exchanges, 1);
}

class Metadata : public ServiceAccount {
  protected:
    Metadata() {
        source = std::make_unique<AccessTokenSource>(
            std::make_unique<MetadataIssuer>(endpoint, "http://metadata.example/", "shop-1"),
            clock);
        endpoint.answer = [this] {
            http::Response response =
                FakeEndpoint::ok("token-" + std::to_string(endpoint.exchanges), life);
            response.headers.push_back({"Metadata-Flavor", "Google"});
            return response;
        };
    }
    int life = 3600;
};

TEST_F(Metadata, AsksAsGoogleWantsIt) {
    EXPECT_EQ(ask(), "token-1");
    EXPECT_EQ(endpoint.last.url,
              "http://metadata.example/computeMetadata/v1/instance/service-accounts/default/token");
    ASSERT_EQ(endpoint.last.headers.size(), 1U);
    EXPECT_EQ(endpoint.last.headers[0].name, "Metadata-Flavor");
    EXPECT_EQ(endpoint.last.headers[0].value, "Google");
    EXPECT_EQ(source->project_id(), "shop-1");
}

TEST_F(Metadata, AsksAgainNotBeforeTheServerHasANewToken) {
    EXPECT_EQ(ask(), "token-1");
    clock.advance(3600s - 226s);
    EXPECT_EQ(ask(), "token-1");
    clock.advance(2s);
    EXPECT_EQ(ask(), "token-2");
}

TEST_F(Metadata, DistrustsWhoeverElseAnswers) {
    endpoint.answer = [] { return FakeEndpoint::ok("stolen", 3600); };
    EXPECT_THAT(ask(), HasSubstr("later: access token: what answered is not Google's"));
}

TEST_F(Metadata, SaysThatTheMachineHasNoServiceAccount) {
    endpoint.answer = [] {
        http::Response response;
        response.status = 404;
        return response;
    };
    EXPECT_THAT(ask(), HasSubstr("error: access token: the metadata server answered HTTP 404"));
}

}  // namespace
}  // namespace barid::oauth
