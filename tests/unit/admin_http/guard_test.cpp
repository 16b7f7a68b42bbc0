#include "admin/http/guard.hpp"

#include <gtest/gtest.h>

namespace barid::web {
namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr std::size_t kMaxHeaders = 20;

/// The guard's verdict on `bytes`: 0 for a head that is served, else the status of its refusal. The
/// bytes arrive one by one, and all at once: both must give the same.
int verdict(const std::string& bytes, GuardedHead* head = nullptr) {
    HeadScanner whole(kMaxBytes);
    HeadScanner dribbled(kMaxBytes);
    const auto state = whole.scan(bytes);
    auto last = HeadScanner::State::more;
    for (std::size_t n = 0; n <= bytes.size() && last == HeadScanner::State::more; ++n) {
        last = dribbled.scan(std::string_view(bytes).substr(0, n));
    }
    EXPECT_EQ(state, last) << bytes;
    if (state == HeadScanner::State::more) return -1;
    if (state == HeadScanner::State::refused) {
        EXPECT_EQ(whole.refusal().reason, dribbled.refusal().reason);
        return whole.refusal().status;
    }
    EXPECT_EQ(whole.size(), dribbled.size());
    auto parsed = parse_head(std::string_view(bytes).substr(0, whole.size()), kMaxHeaders);
    if (!parsed) {
        EXPECT_FALSE(parsed.error().reason.empty());
        EXPECT_FALSE(parsed.error().code.empty());
        return parsed.error().status;
    }
    if (head != nullptr) *head = *std::move(parsed);
    return 0;
}

std::string with(const std::string& headers, const std::string& line = "POST /a HTTP/1.1") {
    return line + "\r\nHost: a\r\n" + headers + "\r\n";
}

TEST(HttpGuard, TakesPlainHeadsAsTheyAre) {
    GuardedHead parsed;
    EXPECT_EQ(verdict("GET /a%20b?c=%2f HTTP/1.1\r\nhost:shop.example:80\r\n"
                      "Accept:\t text/html \t\r\nX-Empty:\r\nAccept: */*\r\n\r\nrest",
                      &parsed),
              0);
    EXPECT_EQ(parsed.head.method, "GET");
    EXPECT_EQ(parsed.head.target, "/a%20b?c=%2f");
    EXPECT_EQ(parsed.path, "/a b");
    EXPECT_EQ(parsed.head.version, 11);
    ASSERT_EQ(parsed.head.headers.size(), 4U);
    EXPECT_EQ(parsed.head.header("HOST"), "shop.example:80");
    EXPECT_EQ(parsed.head.header("accept"), "text/html");
    EXPECT_EQ(parsed.head.count("Accept"), 2U);
    EXPECT_EQ(parsed.head.count("X-Empty"), 1U);
    EXPECT_EQ(parsed.framing.kind, Framing::Kind::none);
    EXPECT_EQ(verdict("GET / HTTP/1.0\r\n\r\n", &parsed), 0) << "HTTP/1.0 has no Host";
    EXPECT_EQ(parsed.head.version, 10);
}

TEST(HttpGuard, WaitsForTheBlankLine) {
    EXPECT_EQ(verdict(""), -1);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\n"), -1);
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: a\r\n\r"), -1);
}

TEST(HttpGuard, TellsHowTheBodyIsDelimited) {
    GuardedHead parsed;
    EXPECT_EQ(verdict(with("Content-Length: 0012\r\n"), &parsed), 0);
    EXPECT_EQ(parsed.framing.kind, Framing::Kind::sized);
    EXPECT_EQ(parsed.framing.length, 12U);
    EXPECT_EQ(verdict(with("content-length: 0\r\n"), &parsed), 0);
    EXPECT_EQ(parsed.framing.kind, Framing::Kind::none);
    EXPECT_EQ(verdict(with("TRANSFER-ENCODING: CHUNKED\r\n"), &parsed), 0);
    EXPECT_EQ(parsed.framing.kind, Framing::Kind::chunked);
    EXPECT_FALSE(parsed.framing.expects_continue);
    EXPECT_EQ(verdict(with("Content-Length: 1\r\nExpect: 100-Continue\r\n"), &parsed), 0);
    EXPECT_TRUE(parsed.framing.expects_continue);
    EXPECT_EQ(verdict(with("Expect: 100-continue\r\n"), &parsed), 0);
    EXPECT_FALSE(parsed.framing.expects_continue) << "there is nothing to continue with";
}

TEST(HttpGuard, RefusesBodiesThatCouldEndInTwoPlaces) {
    for (const std::string headers : {
             "Transfer-Encoding: gzip\r\n",
             "Transfer-Encoding: chunked, gzip\r\n",
             "Transfer-Encoding: gzip, chunked\r\n",
             "Transfer-Encoding: chunked, chunked\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
             "Transfer-Encoding: identity\r\n",
             "Transfer-Encoding:\r\n",
             "Transfer-Encoding: \"chunked\"\r\n",
             "Transfer-Encoding: chunked;q=1\r\n",
             "Transfer-Encoding: xchunked\r\n",
             "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
             "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
             "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n",
             "Content-Length: 3\r\nContent-Length: 3\r\n",
             "Content-Length: 3\r\ncontent-length: 4\r\n",
             "Content-Length: 3, 3\r\n",
             "Content-Length: +3\r\n",
             "Content-Length: -1\r\n",
             "Content-Length: 3 \xc2\xa0\r\n",
             "Content-Length: 0x3\r\n",
             "Content-Length: 3.0\r\n",
             "Content-Length:\r\n",
             "Content-Length: 1234567890123456789\r\n",
             "Content-Length: 18446744073709551619\r\n",
             "Trailer: X-Role\r\n",
             "Upgrade: h2c\r\n",
         }) {
        EXPECT_EQ(verdict(with(headers)), 400) << headers;
    }
    EXPECT_EQ(verdict("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
    EXPECT_EQ(verdict(with("Expect: 200-maybe\r\n")), 417);
    EXPECT_EQ(verdict(with("Expect: 100-continue\r\nExpect: 100-continue\r\n")), 400);
}

TEST(HttpGuard, RefusesLinesThatEndInAnotherWay) {
    for (const std::string head : {
             "GET / HTTP/1.1\nHost: a\n\n",
             "GET / HTTP/1.1\r\nHost: a\n\r\n",
             "GET / HTTP/1.1\r\nHost: a\r\nX: y\rZ: w\r\n\r\n",
             "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n",
             "\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
             "\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
         }) {
        EXPECT_EQ(verdict(head), 400) << head;
    }
}

TEST(HttpGuard, RefusesHeadersWithOddNamesOrValues) {
    for (const std::string headers : {
             " folded: x\r\n",
             "X: a\r\n b\r\n",
             "X: a\r\n\tb\r\n",
             "X : a\r\n",
             "X\t: a\r\n",
             ": a\r\n",
             "no colon\r\n",
             "X(y): a\r\n",
             "\xd8\xa7: a\r\n",
             "X\"y: a\r\n",
             "X: a\x01\r\n",
             "X: a\x7f\r\n",
         }) {
        EXPECT_EQ(verdict(with(headers)), 400) << headers;
    }
    EXPECT_EQ(verdict(with(std::string("X: a\0b\r\n", 8))), 400);
    EXPECT_EQ(verdict(with("X: \xd9\x85\r\n")), 0) << "RFC 9110 §5.5 lets values have other bytes";
}

TEST(HttpGuard, RefusesHostsThatArentOne) {
    EXPECT_EQ(verdict("GET / HTTP/1.1\r\n\r\n"), 400);
    EXPECT_EQ(verdict(with("Host: a\r\n")), 400) << "also when they are equal";
    EXPECT_EQ(verdict("GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n"), 400);
    for (const std::string host : {"", "a b", "a/b", "user@a", "a,b", "[::1", "a:x"}) {
        EXPECT_EQ(verdict("GET / HTTP/1.1\r\nHost: " + host + "\r\n\r\n"), 400) << host;
    }
}

TEST(HttpGuard, RefusesASecondOneOfHeadersThatDecideSomething) {
    for (const std::string name :
         {"Authorization", "cookie", "Content-Type", "ORIGIN", "Sec-Fetch-Site", "If-Match",
          "If-None-Match", "Idempotency-Key", "X-Request-Id", "Last-Event-ID"}) {
        EXPECT_EQ(verdict(with(name + ": a\r\n")), 0) << name;
        EXPECT_EQ(verdict(with(name + ": a\r\n" + name + ": a\r\n")), 400) << name;
    }
    EXPECT_EQ(verdict(with("X-Forwarded-For: 1.2.3.4\r\nX-Forwarded-For: 5.6.7.8\r\n")), 0);
}

TEST(HttpGuard, RefusesFirstLinesOfAnotherForm) {
    for (const std::string line : {"GET /",
                                   "GET",
                                   "GET  / HTTP/1.1",
                                   "GET / HTTP/1.1 ",
                                   " GET / HTTP/1.1",
                                   "GET\t/\tHTTP/1.1",
                                   "GET / b HTTP/1.1",
                                   "G(T / HTTP/1.1",
                                   "GET / http/1.1",
                                   "GET / HTTP/1.10",
                                   "GET / HTTPS/1",
                                   "GET / HTTP/11",
                                   "GET http://a/ HTTP/1.1",
                                   "GET a:443 HTTP/1.1",
                                   "OPTIONS * HTTP/1.1",
                                   "CONNECT a:443 HTTP/1.1",
                                   "GET //a/ HTTP/1.1",
                                   "GET /a#b HTTP/1.1",
                                   "GET /\xc3\xa9 HTTP/1.1",
                                   "GET a HTTP/1.1"}) {
        EXPECT_EQ(verdict(with("", line)), 400) << line;
    }
    EXPECT_EQ(verdict(with("", std::string(33, 'A') + " / HTTP/1.1")), 400);
    EXPECT_EQ(verdict(with("", "GET / HTTP/2.0")), 505);
    EXPECT_EQ(verdict(with("", "GET / HTTP/0.9")), 505);
    EXPECT_EQ(verdict("\x16\x03\x01 a TLS hello"), 400) << "at the first byte that can't be";
}

TEST(HttpGuard, BoundsTheHeadAndTheNumberOfHeaders) {
    std::string many;
    for (std::size_t i = 1; i < kMaxHeaders; ++i) many += "X: y\r\n";
    EXPECT_EQ(verdict(with(many)), 0) << "Host is one of them";
    EXPECT_EQ(verdict(with(many + "X: y\r\n")), 431);
    const auto filler = [](std::size_t total) {
        const auto rest = with("X: \r\n").size();
        return with("X: " + std::string(total - rest, 'x') + "\r\n");
    };
    EXPECT_EQ(verdict(filler(kMaxBytes)), 0);
    EXPECT_EQ(verdict(filler(kMaxBytes + 1)), 431);
    EXPECT_EQ(verdict("GET /" + std::string(kMaxBytes, 'x')), 431);
}

TEST(HttpGuard, GuessesTheTargetOfBrokenHeads) {
    EXPECT_EQ(guessed_target("POST /api/x HTTP/1.1\r\nHost : a\r\n"), "/api/x");
    EXPECT_EQ(guessed_target("POST /api/x"), "/api/x");
    EXPECT_EQ(guessed_target("POST"), "");
    EXPECT_EQ(guessed_target(""), "");
    EXPECT_EQ(guessed_target("\r\n /x"), "");
}

}  // namespace
}  // namespace barid::web
