#include "base/access_token.hpp"

#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>

#include "base/json.hpp"
#include "tests/support/rsa_key.hpp"
#include "tests/support/token_endpoint.hpp"

namespace barid::oauth {
namespace {

using support::FakeEndpoint;
using support::ManualClock;
using testing::HasSubstr;
using testing::Not;

class AccessToken : public testing::Test {
  protected:
    /// Asks `count` times at once; errors become "error: …".
    std::vector<std::string> ask(AccessTokenSource& from, int count = 1) {
        std::vector<std::string> out;
        for (int i = 0; i < count; ++i) {
            asio::co_spawn(io, from.token(), [&](std::exception_ptr error, const Secret& token) {
                if (!error) {
                    out.push_back(token.reveal());
                    return;
                }
                try {
                    std::rethrow_exception(error);
                } catch (const TokenError& e) {
                    out.push_back(std::string(e.transient() ? "later: " : "error: ") + e.what());
                }
            });
        }
        io.restart();
        io.run_for(std::chrono::seconds(5));
        return out;
    }

    asio::io_context io{1};
    ManualClock clock;
    FakeEndpoint endpoint{io};
    ServiceAccountKey credentials = credentials_of();
    AccessTokenSource source{endpoint, clock, credentials};

  private:
    static ServiceAccountKey credentials_of() {
        ServiceAccountKey out;
        out.project_id = "shop-1";
        out.client_email = "barid@shop-1.example";
        out.private_key_id = "key-1";
        out.private_key = Secret(support::rsa_key().private_pem);
        return out;
    }
};

TEST_F(AccessToken, SignsAnAssertionThatGoogleCanVerify) {
    const std::string jwt = make_assertion(credentials, "scope-a", clock.system_now());
    const auto first = jwt.find('.');
    const auto second = jwt.rfind('.');
    EXPECT_TRUE(support::rs256_verify(support::rsa_key().public_pem, jwt.substr(0, second),
                                      support::base64url_decode(jwt.substr(second + 1))));
    const auto header = parse_json(support::base64url_decode(jwt.substr(0, first)));
    EXPECT_EQ(*find_string(header, "/alg"), "RS256");
    EXPECT_EQ(*find_string(header, "/kid"), "key-1");
    const auto claims =
        parse_json(support::base64url_decode(jwt.substr(first + 1, second - first - 1)));
    EXPECT_EQ(*find_string(claims, "/iss"), "barid@shop-1.example");
    EXPECT_EQ(*find_string(claims, "/scope"), "scope-a");
    EXPECT_EQ(*find_string(claims, "/aud"), credentials.token_uri);
    const auto issued = claims.at("iat").as_int64();
    EXPECT_LE(issued, 1'800'000'000);
    EXPECT_GE(issued, 1'800'000'000 - 60);
    EXPECT_EQ(claims.at("exp").as_int64(), issued + 3600);
}

TEST_F(AccessToken, PostsAFormAndNothingElse) {
    ask(source);
    EXPECT_EQ(endpoint.last.method, "POST");
    EXPECT_EQ(endpoint.last.url, "https://oauth2.googleapis.com/token");
    EXPECT_THAT(endpoint.last.body,
                HasSubstr("grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&"));
}

TEST_F(AccessToken, FiftyCallersShareOneExchange) {
    EXPECT_EQ(ask(source, 50), std::vector<std::string>(50, "token-1"));
    EXPECT_EQ(endpoint.exchanges, 1);
}

TEST_F(AccessToken, IsKeptUntilFiveMinutesBeforeItExpires) {
    ask(source);
    clock.advance(std::chrono::seconds(3299));
    EXPECT_EQ(ask(source).at(0), "token-1");
    clock.advance(std::chrono::seconds(1));
    EXPECT_EQ(ask(source).at(0), "token-2");
    EXPECT_EQ(endpoint.exchanges, 2);
}

TEST_F(AccessToken, OthersGoOnWithTheOldTokenWhileItIsRefreshed) {
    ask(source);
    clock.advance(std::chrono::seconds(3400));
    const auto tokens = ask(source, 10);
    EXPECT_EQ(std::ranges::count(tokens, "token-1"), 9);
    EXPECT_EQ(std::ranges::count(tokens, "token-2"), 1);
    EXPECT_EQ(endpoint.exchanges, 2);
}

TEST_F(AccessToken, AFailedRefreshFallsBackToAGoodOldToken) {
    ask(source);
    endpoint.answer = [] {
        http::Response response;
        response.status = 503;
        return response;
    };
    clock.advance(std::chrono::seconds(3400));
    EXPECT_EQ(ask(source).at(0), "token-1");
    EXPECT_EQ(ask(source).at(0), "token-1");
    EXPECT_EQ(endpoint.exchanges, 2) << "asked again before its time";
    clock.advance(std::chrono::seconds(195));  // the old token is too close to its end now
    EXPECT_THAT(ask(source).at(0), testing::StartsWith("later: "));
}

TEST_F(AccessToken, AFailureIsSharedAndThenTriedAnew) {
    endpoint.answer = [] {
        http::Response response;
        response.status = 400;
        response.body = R"({"error":"invalid_grant","error_description":"Invalid JWT Signature."})";
        return response;
    };
    const auto errors = ask(source, 20);
    EXPECT_EQ(errors.size(), 20U);
    for (const auto& error : errors) {
        EXPECT_THAT(error, testing::AllOf(testing::StartsWith("error: "),
                                          HasSubstr("invalid_grant"), HasSubstr("400")));
    }
    EXPECT_EQ(endpoint.exchanges, 1);
    endpoint.answer = nullptr;
    EXPECT_EQ(ask(source).at(0), "token-2");
}

TEST_F(AccessToken, ARejectedTokenIsReplacedOnce) {
    const std::string token = ask(source).at(0);
    for (int i = 0; i < 50; ++i) source.reject(Secret(token));
    EXPECT_EQ(ask(source).at(0), "token-2");
    source.reject(Secret(token));  // late news about the old one
    EXPECT_EQ(ask(source).at(0), "token-2");
    EXPECT_EQ(endpoint.exchanges, 2);
}

TEST_F(AccessToken, RefusesAnswersThatCanNotBeUsed) {
    for (const char* body : {"", "[]", "<html>", R"({"access_token":7})", R"({"access_token":""})",
                             R"({"access_token":"a\r\nX-Evil: 1"})"}) {
        endpoint.answer = [body] {
            http::Response response;
            response.status = 200;
            response.body = body;
            return response;
        };
        EXPECT_THAT(ask(source).at(0), testing::StartsWith("later: ")) << body;
    }
}

TEST_F(AccessToken, ATokenThatIsNearlyOverIsUsedOnceAndNotLooped) {
    endpoint.answer = [] { return FakeEndpoint::ok("short", 1); };
    EXPECT_EQ(ask(source, 3), std::vector<std::string>(3, "short"));
    EXPECT_EQ(endpoint.exchanges, 1);
}

TEST_F(AccessToken, ACancelledLeaderHandsOver) {
    endpoint.first_hangs = true;
    asio::cancellation_signal cancel;
    bool first_ended = false;
    asio::co_spawn(
        io, source.token(),
        asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, const Secret&) {
            first_ended = error != nullptr;
        }));
    std::string second;
    asio::co_spawn(io, source.token(),
                   [&](std::exception_ptr, const Secret& token) { second = token.reveal(); });
    asio::post(io, [&] { cancel.emit(asio::cancellation_type::terminal); });
    io.run_for(std::chrono::seconds(5));
    EXPECT_TRUE(first_ended);
    EXPECT_EQ(second, "token-2");
}

}  // namespace
}  // namespace barid::oauth
