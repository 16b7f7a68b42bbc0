#include "media/stores/store_http.hpp"

#include <gtest/gtest.h>

#include "tests/unit/media_stores/expect_error.hpp"
#include "tests/unit/media_stores/fake_http_client.hpp"

namespace barid::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr RetryLimits kQuick{.max_attempts = 3,
                             .total = seconds(10),
                             .per_request = seconds(1),
                             .first_pause = milliseconds(1),
                             .max_pause = milliseconds(2)};

http::Error broken_line() {
    return {http::Error::Retry::transient, http::Sent::unknown, "protocol_error", "reset"};
}

class StoreHttpTest : public testing::Test {
  protected:
    http::Response send(RetryLimits limits = kQuick) {
        StoreHttp http(client, clock, limits, "the store");
        return run(http.send([] { return http::Request{}; }, "asking"));
    }

    FakeHttpClient client;
    FixedClock clock;
};

TEST_F(StoreHttpTest, ReturnsAnswersThatWontChange) {
    for (const int status : {200, 204, 301, 400, 401, 403, 404, 409, 412, 501}) {
        client.requests.clear();
        client.answer = [&](const auto&) { return respond(status); };
        EXPECT_EQ(send().status, status);
        EXPECT_EQ(client.requests.size(), 1U) << status;
    }
}

TEST_F(StoreHttpTest, RepeatsWhatMayPassAndStopsAtTheBound) {
    for (const int status : {408, 425, 429, 500, 502, 503, 504, 529}) {
        client.requests.clear();
        client.answer = [&](const auto&) { return respond(status); };
        const auto error = thrown_by([&] { send(); });
        EXPECT_TRUE(error.transient()) << status;
        EXPECT_EQ(client.requests.size(), 3U) << status;
        const bool busy = status == 425 || status == 429 || status == 503;
        EXPECT_EQ(error.code(), busy ? "store_busy" : "store_unreachable") << status;
    }
}

TEST_F(StoreHttpTest, ReturnsTheAnswerOfALaterAttempt) {
    client.answer = [&](const auto&) {
        if (client.requests.size() == 1) throw broken_line();
        return respond(client.requests.size() == 2 ? 503 : 200);
    };
    EXPECT_EQ(send().status, 200);
    EXPECT_EQ(client.requests.size(), 3U);
}

TEST_F(StoreHttpTest, ALineThatStaysBrokenIsUnreachable) {
    client.answer = [](const auto&) -> http::Response { throw broken_line(); };
    const auto error = thrown_by([&] { send(); });
    EXPECT_EQ(error.code(), "store_unreachable");
    EXPECT_TRUE(error.transient());
    EXPECT_EQ(client.requests.size(), 3U);
}

TEST_F(StoreHttpTest, APermanentHttpErrorIsNotRepeated) {
    client.answer = [](const auto&) -> http::Response {
        throw http::Error(http::Error::Retry::permanent, http::Sent::no, "bad_url", "no");
    };
    const auto error = thrown_by([&] { send(); });
    EXPECT_FALSE(error.transient());
    EXPECT_EQ(client.requests.size(), 1U);
}

TEST_F(StoreHttpTest, ACancelledRequestIsNotRepeated) {
    client.answer = [](const auto&) -> http::Response {
        throw http::Error(http::Error::Retry::transient, http::Sent::unknown, "cancelled", "");
    };
    EXPECT_THROW(send(), http::Error);
    EXPECT_EQ(client.requests.size(), 1U);
}

TEST_F(StoreHttpTest, DoesNotWaitLongerThanItsTotalAndHandsTheRetryAfterOn) {
    client.answer = [](const auto&) { return respond(429, "", {{"Retry-After", "120"}}); };
    const auto error = thrown_by([&] { send(); });
    EXPECT_EQ(error.code(), "store_busy");
    EXPECT_EQ(error.retry_after(), seconds(120));
    EXPECT_EQ(client.requests.size(), 1U);
}

TEST_F(StoreHttpTest, ClampsAnAbsurdRetryAfter) {
    client.answer = [](const auto&) { return respond(503, "", {{"Retry-After", "99999999"}}); };
    EXPECT_EQ(thrown_by([&] { send(); }).retry_after(), seconds(3600));
}

TEST_F(StoreHttpTest, GivesEachAttemptABoundedTime) {
    client.answer = [](const auto&) { return respond(200); };
    send();
    EXPECT_EQ(client.requests.at(0).total_timeout, seconds(1));
}

TEST(PauseAfter, DoublesWithJitterUpToTheCap) {
    const RetryLimits limits{.first_pause = milliseconds(200), .max_pause = milliseconds(1000)};
    EXPECT_EQ(pause_after(limits, 1, {}, 0), milliseconds(50));
    EXPECT_EQ(pause_after(limits, 1, {}, 150), milliseconds(200));
    EXPECT_EQ(pause_after(limits, 2, {}, 0), milliseconds(100));
    EXPECT_EQ(pause_after(limits, 3, {}, 600), milliseconds(800));
    for (std::uint64_t random = 0; random < 5000; random += 7) {
        const auto pause = pause_after(limits, 60, {}, random);
        EXPECT_GE(pause, milliseconds(250));
        EXPECT_LE(pause, milliseconds(1000));
    }
}

TEST(PauseAfter, ObeysTheServer) {
    EXPECT_EQ(pause_after({}, 1, seconds(7), 12345), seconds(7));
}

TEST(Endpoint, IsLowerCaseWithoutTheSchemesOwnPort) {
    const auto a = Endpoint::parse("https://Acct.R2.example:443/", "it", false);
    EXPECT_EQ(a.scheme, "https");
    EXPECT_EQ(a.host, "acct.r2.example");
    EXPECT_EQ(Endpoint::parse("http://127.0.0.1:7480", "it", false).host, "127.0.0.1:7480");
    EXPECT_EQ(Endpoint::parse("http://[::1]:80", "it", true).host, "[::1]");
}

TEST(Endpoint, RefusesAnythingBehindTheHostAndOddSchemes) {
    for (const std::string url :
         {"", "host", "ftp://host", "https://", "https://user:pw@host", "https://host/path",
          "https://host?x", "https://ho st", "https://host\n", "https://host%2e"}) {
        const auto error = thrown_by([&] { Endpoint::parse(url, "it", false); });
        EXPECT_EQ(error.code(), "store_misconfigured") << url;
        EXPECT_FALSE(error.transient()) << url;
    }
}

TEST(Endpoint, AKeyInAHeaderNeedsTlsExceptOnLoopback) {
    EXPECT_THROW(Endpoint::parse("http://storage.example", "it", true), Error);
    EXPECT_NO_THROW(Endpoint::parse("http://127.0.0.1:99", "it", true));
    EXPECT_NO_THROW(Endpoint::parse("https://storage.example", "it", true));
}

TEST(PublicUrl, LosesItsLastSlashAndTakesPathsToo) {
    EXPECT_EQ(parse_public_url("https://cdn.example/img//", "it"), "https://cdn.example/img");
    EXPECT_EQ(parse_public_url("/media", "it"), "/media");
    for (const std::string url :
         {"", "cdn.example", "https://a b", "https://a?b", "https://a\"b"}) {
        EXPECT_THROW(parse_public_url(url, "it"), Error) << url;
    }
}

}  // namespace
}  // namespace barid::media
