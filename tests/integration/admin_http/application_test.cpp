#include <gtest/gtest.h>

#include "base/json.hpp"
#include "tests/integration/admin_http/application_fixture.hpp"

namespace barid::web {
namespace {

std::string code_of(const std::string& answer) {
    const auto problem = parse_json(body_of(answer)).as_object();
    EXPECT_EQ(header_of(answer, "Content-Type"), "application/problem+json") << answer;
    EXPECT_EQ(problem.at("request_id").as_string(), header_of(answer, "X-Request-Id"));
    EXPECT_EQ(problem.at("status").as_int64(), status_of(answer));
    return std::string(problem.at("code").as_string());
}

TEST_F(AdminHttpApplication, HandsRequestsWithTheirBodiesToTheApplication) {
    start();
    RawClient client(port);
    client.send(post("/api/jobs?limit=2", "{\"a\":1}"));
    const auto answer = client.read_answer();
    EXPECT_EQ(status_of(answer), 200) << answer;
    EXPECT_EQ(body_of(answer), "POST /api/jobs [{\"a\":1}] 127.0.0.1");
    EXPECT_EQ(header_of(answer, "X-Of-The-Handler"), "yes");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
    ASSERT_EQ(seen(admitted).size(), 1U);
    EXPECT_EQ(seen(admitted)[0].body, "") << "the body is read after the admission";
    EXPECT_EQ(seen(answered)[0].head.target, "/api/jobs?limit=2");
    EXPECT_FALSE(seen(answered)[0].secure);
}

TEST_F(AdminHttpApplication, ServesEveryMethodItKnows) {
    start();
    for (const std::string method : {"GET", "POST", "PUT", "PATCH", "DELETE"}) {
        EXPECT_EQ(body_of(get("/api/x", "", method)), method + " /api/x [] 127.0.0.1");
    }
    const auto head = get("/api/x", "", "HEAD");
    EXPECT_EQ(status_of(head), 200);
    EXPECT_EQ(body_of(head), "");
    for (const std::string method : {"OPTIONS", "TRACE", "CONNECT", "get", "BREW"}) {
        const auto answer = get("/api/x", "", method);
        EXPECT_EQ(status_of(answer), 405) << method;
        EXPECT_EQ(code_of(answer), "method_not_allowed");
        EXPECT_EQ(header_of(answer, "Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE");
    }
}

TEST_F(AdminHttpApplication, PathsAreDecodedOnceAndBelongToTheirPrefixOnly) {
    start();
    EXPECT_EQ(body_of(get("/api/%D8%B7%D9%84%D8%A8%20%2541")), "GET /api/طلب %41 [] 127.0.0.1");
    EXPECT_EQ(status_of(get("/api")), 200);
    EXPECT_EQ(status_of(get("/api/")), 200);
    EXPECT_EQ(status_of(get("/apis")), 404);
    EXPECT_EQ(status_of(get("/livez")), 200);
    EXPECT_EQ(seen(answered).size(), 3U);
}

TEST_F(AdminHttpApplication, ReadsChunkedBodies) {
    start();
    RawClient client(port);
    client.send(
        "PUT /api/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n"
        "3\r\nabc\r\n000A\r\n0123456789\r\n0\r\n\r\n"
        "GET /api/next HTTP/1.1\r\nHost: a\r\n\r\n");
    EXPECT_EQ(body_of(client.read_answer()), "PUT /api/x [abc0123456789] 127.0.0.1");
    EXPECT_EQ(body_of(client.read_answer()), "GET /api/next [] 127.0.0.1");
}

TEST_F(AdminHttpApplication, RefusesBeforeTheBodyAndNeverReadsItAsARequest) {
    start();
    RawClient client(port);
    const std::string inner = "GET /api/inner HTTP/1.1\r\nHost: a\r\n\r\n";
    client.send(post("/api/refused", inner));
    const auto answers = client.read_to_end();
    EXPECT_EQ(status_of(answers), 403);
    EXPECT_EQ(header_of(answers, "Connection"), "close");
    EXPECT_EQ(answers.find("HTTP/1.1", 8), std::string::npos) << "one answer only: " << answers;
    EXPECT_EQ(seen(admitted).size(), 1U);
    EXPECT_TRUE(seen(answered).empty());

    RawClient kept(port);
    kept.send("GET /api/refused HTTP/1.1\r\nHost: a\r\n\r\n" + inner);
    EXPECT_EQ(status_of(kept.read_answer()), 403);
    EXPECT_EQ(status_of(kept.read_answer()), 200) << "without a body the connection goes on";
}

TEST_F(AdminHttpApplication, TellsClientsThatAskToSendTheirBody) {
    start();
    RawClient client(port);
    const std::string head =
        " HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\nContent-Length: 5\r\n\r\n";
    client.send("POST /api/x" + head);
    EXPECT_EQ(client.read_answer(false), "HTTP/1.1 100 Continue\r\n\r\n");
    client.send("hello");
    EXPECT_EQ(body_of(client.read_answer()), "POST /api/x [hello] 127.0.0.1");
    client.send("POST /api/refused" + head);
    EXPECT_EQ(status_of(client.read_to_end()), 403) << "no body is asked for in vain";
}

TEST_F(AdminHttpApplication, BodiesThatAreTooLongAreRefusedUnread) {
    max_body = 10;
    start();
    const std::string head = "POST /api/x HTTP/1.1\r\nHost: a\r\n";
    EXPECT_EQ(status_of(talk(port, post("/api/x", "0123456789"))), 200);
    const std::string sized = talk(port, head + "Content-Length: 11\r\n\r\n");
    EXPECT_EQ(status_of(sized), 413);
    EXPECT_EQ(code_of(sized), "too_large");
    const std::string chunked =
        talk(port, head + "Transfer-Encoding: chunked\r\n\r\n6\r\nabcdef\r\n5\r\n");
    EXPECT_EQ(status_of(chunked), 413);
    EXPECT_EQ(code_of(chunked), "too_large");
    EXPECT_EQ(seen(answered).size(), 1U);
}

TEST_F(AdminHttpApplication, EveryAnswerHasTheIdOfItsRequest) {
    start();
    const auto id = [&](const std::string& target, const std::string& more) {
        return header_of(get(target, more), "X-Request-Id");
    };
    EXPECT_EQ(id("/api/x", "X-Request-Id: order-77.a_B\r\n"), "order-77.a_B");
    EXPECT_EQ(seen(answered)[0].id, "order-77.a_B");
    EXPECT_EQ(id("/livez", "X-Request-Id: probe\r\n"), "probe");
    const auto made = id("/api/x", "X-Request-Id: a b\r\n");
    EXPECT_EQ(made.size(), 36U) << made;
    EXPECT_EQ(seen(answered)[1].id, made);
    EXPECT_NE(id("/api/x", ""), id("/api/x", ""));
    EXPECT_EQ(id("/api/%00", "X-Request-Id: mine\r\n").size(), 36U);
}

TEST_F(AdminHttpApplication, ItsOwnRefusalsAreProblemsThereAndTextElsewhere) {
    start();
    EXPECT_EQ(code_of(get("/api/%2e%2e/x")), "bad_request");
    EXPECT_EQ(code_of(get("/api/x", "X: " + std::string(20'000, 'x') + "\r\n")),
              "header_too_large");
    EXPECT_EQ(code_of(get("/api/x", "Expect: tea\r\n")), "bad_expectation");
    EXPECT_EQ(code_of(get("/api/x", "Content-Encoding: gzip\r\n")), "unsupported_encoding");
    EXPECT_EQ(header_of(get("/%2e%2e/x"), "Content-Type"), "text/plain; charset=utf-8");
}

TEST_F(AdminHttpApplication, AHandlerThatThrowsIs500WithoutItsText) {
    start();
    for (const std::string target : {"/api/throws", "/api/throws-early"}) {
        const auto answer = get(target);
        EXPECT_EQ(status_of(answer), 500) << target;
        EXPECT_EQ(code_of(answer), "internal");
        EXPECT_EQ(answer.find("broken"), std::string::npos);
        EXPECT_EQ(answer.find("early"), std::string::npos);
    }
}

TEST_F(AdminHttpApplication, AHandlerThatWaitsKeepsNobodyElse) {
    std::promise<void> asked;
    std::atomic<bool> release = false;
    special = [&](const Request&) -> awaitable<Response> {
        asked.set_value();
        while (!release) co_await sleep_for(milliseconds(1));
        co_return Response{.body = "late"};
    };
    start();
    RawClient waits(port);
    waits.send("GET /api/special HTTP/1.1\r\nHost: a\r\n\r\n");
    asked.get_future().wait();
    EXPECT_EQ(status_of(get("/api/x")), 200);
    release = true;
    EXPECT_EQ(body_of(waits.read_answer()), "late");
}

}  // namespace
}  // namespace barid::web
