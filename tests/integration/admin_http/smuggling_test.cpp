// What an attacker sends through a proxy to make it and the server disagree about where a request
// ends. Each attempt carries a second request inside; it must never be served.
#include <gtest/gtest.h>

#include <regex>

#include "tests/integration/admin_http/application_fixture.hpp"

namespace barid::web {
namespace {

const std::string kInner = "GET /api/smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kHead = "POST /api/x HTTP/1.1\r\nHost: a\r\n";

int answers_in(const std::string& received) {
    static const std::regex kStatusLine("HTTP/1\\.1 [0-9]{3} ");
    return static_cast<int>(
        std::distance(std::sregex_iterator(received.begin(), received.end(), kStatusLine), {}));
}

/// Printable, for the trace.
std::string shown(const std::string& bytes) {
    std::string text;
    for (const char c : bytes) {
        if (c == '\r') {
            text += "\\r";
        } else if (c == '\n') {
            text += "\\n\n";
        } else if (c == '\0') {
            text += "\\0";
        } else {
            text += c;
        }
    }
    return text;
}

class AdminHttpSmuggling : public AdminHttpApplication {
  protected:
    /// One refusal, then the end of the connection; nothing that was inside is served.
    void expect_refused(const std::string& bytes, int status = 400) {
        SCOPED_TRACE("sent:\n" + shown(bytes));
        RawClient client(port);
        client.send(bytes);
        const auto received = client.read_to_end();
        EXPECT_EQ(answers_in(received), 1) << received;
        EXPECT_EQ(status_of(received), status) << received;
        EXPECT_EQ(header_of(received, "Connection"), "close");
        expect_nothing_smuggled();
    }
    void expect_nothing_smuggled() {
        for (const auto& request : seen(admitted)) {
            EXPECT_NE(request.path, "/api/smuggled");
            EXPECT_EQ(request.head.count("X-Role"), 0U);
        }
    }
};

TEST_F(AdminHttpSmuggling, LengthsAndCodingsThatDisagree) {
    start();
    const std::string zero = "0\r\n\r\n";
    for (const std::string headers : {
             "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
             "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
             "Content-Length: 0\r\nContent-Length: 44\r\n",
             "Content-Length: 5\r\nContent-Length: 5\r\n",
             "Content-Length: 5, 5\r\n",
             "Content-Length: +5\r\n",
             "Content-Length: 5 \t5\r\n",
             "Content-Length: 99999999999999999999\r\n",
             "Content-Length : 5\r\n",
             "Transfer-Encoding : chunked\r\n",
             "Transfer-Encoding: gzip\r\n",
             "Transfer-Encoding: chunked, gzip\r\n",
             "Transfer-Encoding: gzip, chunked\r\n",
             "Transfer-Encoding: xchunked\r\n",
             "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n",
             "Transfer-Encoding:\x0b"
             "chunked\r\n",
             "Transfer-Encoding:\r\n chunked\r\n",
             "X: y\r\n Transfer-Encoding: chunked\r\n",
             "X: y\nTransfer-Encoding: chunked\r\n",
             "X: y\rTransfer-Encoding: chunked\r\n",
             "\xc2\xa0Transfer-Encoding: chunked\r\n",
         }) {
        expect_refused(kHead + headers + "\r\n" + zero + kInner);
    }
    expect_refused("POST /api/x HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n" + zero + kInner);
}

TEST_F(AdminHttpSmuggling, ChunksThatAreReadDifferently) {
    start();
    for (const std::string body : {
             "5;ext=\"\r\n\"\r\nhello\r\n0\r\n\r\n",
             "5 \r\nhello\r\n0\r\n\r\n",
             "0x5\r\nhello\r\n0\r\n\r\n",
             "5\nhello\r\n0\r\n\r\n",
             "5\r\nhello\n0\r\n\r\n",
             "5\r\nhelloXX0\r\n\r\n",
             "100000005\r\nhello\r\n0\r\n\r\n",
             "-5\r\nhello\r\n0\r\n\r\n",
             "0\r\nX-Role: owner\r\n\r\n",
             "0\r\nContent-Length: 5\r\n\r\n",
             "0\r\nGET /api/smuggled HTTP/1.1\r\nHost: a\r\n\r\n",
             "0\n\n",
             "00\r\n\n",
         }) {
        expect_refused(kHead + "Transfer-Encoding: chunked\r\n\r\n" + body + kInner);
    }
    expect_refused(kHead + "Transfer-Encoding: chunked\r\n\r\n7fffffff\r\n" + kInner, 413);
    EXPECT_TRUE(seen(answered).empty());
}

TEST_F(AdminHttpSmuggling, HostsTargetsAndOddHeads) {
    start();
    for (const std::string& head : {
             std::string("GET /api/x HTTP/1.1\r\n\r\n"),
             std::string("GET /api/x HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n"),
             std::string("GET /api/x HTTP/1.1\r\nHost: a@b\r\n\r\n"),
             std::string("GET http://a/api/x HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("GET /api/x\xc3\xa9 HTTP/1.1\r\nHost: a\r\n\r\n"),
             std::string("GET /api/x HTTP/1.1\r\nHost: a\r\nCookie: a=1\r\nCookie: a=2\r\n\r\n"),
             std::string("GET /api/x HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\n"
                         "authorization: Bearer b\r\n\r\n"),
             std::string("GET /api/x HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n", 39),
             std::string("GET /api/x HTTP/1.1\r\nHost: a\r\nUpgrade: h2c\r\n\r\n"),
             std::string("GET /api/x\r\n\r\n"),
             std::string("\r\nGET /api/x HTTP/1.1\r\nHost: a\r\n\r\n"),
         }) {
        expect_refused(head + kInner);
    }
    expect_refused("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + kInner, 505);
    EXPECT_TRUE(seen(admitted).empty());
}

TEST_F(AdminHttpSmuggling, PathsThatAProxyTakesForOthers) {
    start();
    for (const std::string path :
         {"/api/../admin", "/api/%2e%2e/admin", "/api/..%2fadmin", "/api/x%2f..%2fy", "/api//x",
          "/api/./x", "/api\\x", "/api/%5cx", "/api/x%00.html", "/api/%c0%ae%c0%ae/x", "//api/x",
          "/%2e/api/x", "/api/x%0d%0aX-Role:%20owner"}) {
        expect_refused("GET " + path + " HTTP/1.1\r\nHost: a\r\n\r\n" + kInner);
    }
    EXPECT_TRUE(seen(admitted).empty());
}

TEST_F(AdminHttpSmuggling, ABodyIsNeverARequest) {
    start();
    const std::string length = std::to_string(kInner.size());
    RawClient client(port);
    client.send(kHead + "Content-Length: " + length + "\r\n\r\n" + kInner);
    const auto answer = client.read_answer();
    EXPECT_EQ(body_of(answer), "POST /api/x [" + kInner + "] 127.0.0.1");
    client.send("GET /api/y HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" +
                kInner);
    EXPECT_EQ(body_of(client.read_answer()), "GET /api/y [" + kInner + "] 127.0.0.1")
        << "also of a GET";
    expect_nothing_smuggled();
    // Where requests have no body, what was announced as one isn't read as a request either.
    expect_refused(
        "GET /livez HTTP/1.1\r\nHost: a\r\nContent-Length: " + length + "\r\n\r\n" + kInner, 413);
    expect_refused(
        kHead + "Content-Encoding: gzip\r\nContent-Length: " + length + "\r\n\r\n" + kInner, 415);
}

TEST_F(AdminHttpSmuggling, AnyCutBetweenTwoSendsGivesTheSameAnswers) {
    start();
    const std::string bytes = kHead +
                              "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
                              "GET /api/y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    for (std::size_t at = 1; at < bytes.size(); at += 3) {
        RawClient client(port);
        client.send(bytes.substr(0, at));
        client.send(bytes.substr(at));
        const auto received = client.read_to_end();
        EXPECT_EQ(answers_in(received), 2) << at << received;
        EXPECT_NE(received.find("POST /api/x [ab]"), std::string::npos) << at;
        EXPECT_NE(received.find("GET /api/y []"), std::string::npos) << at;
    }
}

TEST_F(AdminHttpSmuggling, PipelinedAnswersKeepTheirOrderWhenTheFirstIsSlow) {
    start();
    RawClient client(port);
    client.send("GET /api/slow HTTP/1.1\r\nHost: a\r\n\r\n" + post("/api/second", "x") +
                "GET /api/third HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(client.read_answer()), "GET /api/slow [] 127.0.0.1");
    EXPECT_EQ(body_of(client.read_answer()), "POST /api/second [x] 127.0.0.1");
    EXPECT_EQ(body_of(client.read_answer()), "GET /api/third [] 127.0.0.1");
}

TEST_F(AdminHttpSmuggling, AHandlersTextMakesNoHeader) {
    special = [](const Request& request) -> awaitable<Response> {
        Response response{.body = "secret"};
        response.headers.emplace_back("X-Echo", request.body);
        co_return response;
    };
    start();
    for (const std::string text :
         {"a\r\nSet-Cookie: session=1", "a\nSet-Cookie: session=1", "a\r\n\r\nHTTP/1.1 200 OK"}) {
        const auto answer = talk(port, post("/api/special", text));
        EXPECT_EQ(status_of(answer), 500) << answer;
        EXPECT_EQ(answer.find("Set-Cookie"), std::string::npos) << answer;
        EXPECT_EQ(answer.find("secret"), std::string::npos) << answer;
        EXPECT_EQ(answers_in(answer), 1) << answer;
        EXPECT_EQ(header_of(answer, "Content-Type"), "application/problem+json");
    }
    EXPECT_EQ(header_of(talk(port, post("/api/special", "fine")), "X-Echo"), "fine");
}

}  // namespace
}  // namespace barid::web
