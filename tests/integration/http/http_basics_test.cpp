// What goes out and what comes back when all is well, over HTTP/1.1, TLS and HTTP/2.
#include <gmock/gmock.h>

#include "base/crypto.hpp"
#include "tests/integration/http/http_fixture.hpp"

namespace barid {
namespace {

using http::Request;
using http::Sent;
using ::testing::HasSubstr;
using ::testing::Not;

class HttpBasics : public support::HttpTest {};

std::string text_at(const json::value& value, std::string_view pointer) {
    const auto* text = find_string(value, pointer);
    return text == nullptr ? "(missing)" : std::string(*text);
}

TEST_F(HttpBasics, ReturnsEveryStatusWithHeadersAndBody) {
    for (const int status : {200, 400, 404, 429, 500, 503}) {
        const auto response = send({.url = plain + "/status/" + std::to_string(status)});
        EXPECT_EQ(response.status, status);
        EXPECT_EQ(response.body, "status " + std::to_string(status));
        EXPECT_EQ(response.header("X-Stub"), "yes");
        EXPECT_EQ(response.header("absent"), std::nullopt);
        EXPECT_EQ(http::retry_after(response, {}), std::chrono::seconds(7));
    }
    EXPECT_EQ(send({.url = plain + "/status/204"}).body, "");
}

TEST_F(HttpBasics, SpeaksTheBestVersionThatTheServerOffers) {
    EXPECT_EQ(send({.url = plain + "/echo"}).http_version, 11);
    EXPECT_EQ(send({.url = tls1 + "/echo"}).http_version, 11);
    EXPECT_EQ(send({.url = tls2 + "/echo"}).http_version, 20);
}

TEST_F(HttpBasics, SendsMethodHeadersAuthorizationAndBodyAsGiven) {
    for (const std::string& base : {plain, tls2}) {
        for (const std::string method : {"POST", "PUT", "PATCH", "DELETE", "GET"}) {
            Request request{.method = method, .url = base + "/echo?q=1"};
            request.headers = {{"X-One", "1"}, {"Content-Type", "text/x"}, {"X-Empty", ""}};
            request.authorization = Secret("Bearer abc");
            request.body = "hello";
            const auto echo = body_of(send(request));
            EXPECT_EQ(text_at(echo, "/method"), method);
            EXPECT_EQ(text_at(echo, "/url"), "/echo?q=1");
            EXPECT_EQ(text_at(echo, "/headers/x-one"), "1");
            EXPECT_EQ(text_at(echo, "/headers/x-empty"), "");
            EXPECT_EQ(text_at(echo, "/headers/content-type"), "text/x");
            EXPECT_EQ(text_at(echo, "/headers/content-length"), "5");
            EXPECT_EQ(text_at(echo, "/headers/authorization"), "Bearer abc");
            EXPECT_EQ(text_at(echo, "/headers/expect"), "(missing)");
            EXPECT_EQ(text_at(echo, "/headers/accept-encoding"), "(missing)");
            EXPECT_EQ(text_at(echo, "/body/sha256"), sha256_hex("hello"));
        }
    }
}

TEST_F(HttpBasics, SendsMethodsWithoutABody) {
    for (const std::string& base : {plain, tls2}) {
        for (const std::string method : {"POST", "PUT", "DELETE", "GET"}) {
            const auto echo = body_of(send({.method = method, .url = base + "/echo"}));
            EXPECT_EQ(text_at(echo, "/method"), method);
            EXPECT_EQ(echo.at("body").at("size").as_int64(), 0);
            EXPECT_EQ(text_at(echo, "/headers/content-type"), "(missing)");
        }
        const auto head = send({.method = "HEAD", .url = base + "/status/200"});
        EXPECT_EQ(head.status, 200);
        EXPECT_EQ(head.body, "");
    }
}

TEST_F(HttpBasics, StreamsABodyIn) {
    const std::string piece(1000, 'p');
    constexpr std::size_t kPieces = 3000;
    std::string whole;
    for (std::size_t i = 0; i < kPieces; ++i) whole += piece;
    for (const std::string& base : {plain, tls2}) {
        std::size_t at = 0;
        Request request{.method = "PUT", .url = base + "/echo"};
        request.body_size = whole.size();
        request.body_source = [&](std::size_t room) {
            auto next = whole.substr(at, std::min<std::size_t>(room, 777));
            at += next.size();
            return next;
        };
        const auto echo = body_of(send(request));
        EXPECT_EQ(text_at(echo, "/body/sha256"), sha256_hex(whole));
        EXPECT_EQ(text_at(echo, "/headers/content-length"), std::to_string(whole.size()));
    }
}

TEST_F(HttpBasics, StreamsOnlyAGoodAnswerOut) {
    std::size_t received = 0;
    Request request{.url = tls2 + "/bytes/3000000"};
    request.max_response_bytes = 3'000'000;
    request.on_body = [&](std::string_view piece) {
        received += piece.size();
        return true;
    };
    EXPECT_EQ(send(request).body, "");
    EXPECT_EQ(received, 3'000'000U);

    received = 0;
    request.url = tls2 + "/status/404";
    EXPECT_EQ(send(request).body, "status 404");
    EXPECT_EQ(received, 0U);
}

TEST_F(HttpBasics, IgnoresInterimAnswers) {
    for (const std::string& base : {plain, tls2}) {
        const auto response = send({.url = base + "/interim"});
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.body, "done");
        EXPECT_EQ(response.header("x-final"), "yes");
        EXPECT_EQ(response.header("link"), std::nullopt);
    }
}

TEST_F(HttpBasics, LeavesContentEncodingsAlone) {
    const auto response = send({.url = plain + "/gzip"});
    EXPECT_EQ(response.body, "not really gzip");
    EXPECT_EQ(response.header("content-encoding"), "gzip");
}

TEST_F(HttpBasics, RethrowsWhatCallbacksThrow) {
    Request out{.url = plain + "/bytes/10"};
    out.on_body = [](std::string_view) -> bool { throw std::runtime_error("disk full"); };
    EXPECT_THROW(send(out), std::runtime_error);

    Request in{.method = "PUT", .url = plain + "/echo"};
    in.body_size = 10;
    in.body_source = [](std::size_t) -> std::string { throw std::runtime_error("unreadable"); };
    EXPECT_THROW(send(in), std::runtime_error);
    EXPECT_EQ(send({.url = plain + "/status/200"}).status, 200);
}

TEST_F(HttpBasics, RefusesASourceThatEndsEarly) {
    Request request{.method = "PUT", .url = plain + "/echo"};
    request.body_size = 10;
    bool first = true;
    request.body_source = [&](std::size_t) { return std::exchange(first, false) ? "half" : ""; };
    const auto error = send_error(request);
    EXPECT_EQ(error.code(), "bad_request");
    EXPECT_EQ(error.sent(), Sent::unknown);
}

TEST_F(HttpBasics, RefusesRequestsThatWouldNotSurviveTheWire) {
    const auto refused = [&](Request request) {
        const auto error = send_error(std::move(request));
        EXPECT_EQ(error.code(), "bad_request");
        EXPECT_EQ(error.sent(), Sent::no);
        EXPECT_FALSE(error.transient());
    };
    const auto url = plain + "/echo";
    refused({.url = url, .headers = {{"X-A", "1\r\nX-B: 2"}}});
    refused({.url = url, .headers = {{"X-A", "1\nX-B: 2"}}});
    refused({.url = url, .headers = {{"X-A", std::string("1\0002", 3)}}});
    refused({.url = url, .headers = {{"X A", "1"}}});
    refused({.url = url, .headers = {{"", "1"}}});
    refused({.url = url, .headers = {{"Transfer-Encoding", "chunked"}}});
    refused({.url = url, .headers = {{"content-length", "3"}}});
    refused({.method = "GET / HTTP/1.1\r\nX:", .url = url});
    refused({.method = "", .url = url});
    refused({.url = url, .authorization = Secret("Bearer a\r\nX: 1")});
}

TEST_F(HttpBasics, RefusesBadUrls) {
    for (const std::string url : {"", "/relative", "127.0.0.1", "file:///etc/passwd",
                                  "gopher://127.0.0.1/x", "http://user:pass@127.0.0.1/", "http://",
                                  "http://127.0.0.1:99999/", "http://127.0.0.1/\r\nX: 1"}) {
        const auto error = send_error({.url = url});
        EXPECT_EQ(error.code(), "bad_url") << url;
        EXPECT_EQ(error.sent(), Sent::no);
    }
}

TEST_F(HttpBasics, NeverShowsPathsQueriesOrSecretsInErrors) {
    Request request{.url = plain + "/hang?token=s3cret"};
    request.authorization = Secret("Bearer s3cret");
    request.total_timeout = std::chrono::milliseconds(200);
    EXPECT_THAT(send_error(request).what(), Not(HasSubstr("s3cret")));
}

TEST_F(HttpBasics, IgnoresProxiesOfTheEnvironment) {
    ::setenv("http_proxy", "http://127.0.0.1:1", 1);
    ::setenv("https_proxy", "http://127.0.0.1:1", 1);
    EXPECT_EQ(send({.url = plain + "/status/200"}).status, 200);
    EXPECT_EQ(send({.url = tls2 + "/status/200"}).status, 200);
    ::unsetenv("http_proxy");
    ::unsetenv("https_proxy");
}

}  // namespace
}  // namespace barid
