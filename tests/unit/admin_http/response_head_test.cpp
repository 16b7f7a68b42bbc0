#include "admin/http/response_head.hpp"

#include <gtest/gtest.h>

#include "admin/http/event_stream.hpp"

namespace barid::web {
namespace {

const Envelope kEnvelope{.request_id = "r-1", .length = 5};

TEST(HttpResponseHead, SaysWhatTheAnswerIs) {
    const auto head = response_head(
        {.status = 201, .headers = {{"Location", "/api/v1/jobs/1"}, {"Vary", "Cookie"}}},
        kEnvelope);
    ASSERT_TRUE(head.has_value()) << head.error();
    EXPECT_TRUE(head->starts_with("HTTP/1.1 201 Created\r\nDate: ")) << *head;
    EXPECT_TRUE(head->ends_with("\r\n\r\n"));
    for (const std::string line : {"Content-Type: application/json", "Content-Length: 5",
                                   "Location: /api/v1/jobs/1", "Vary: Cookie", "X-Request-Id: r-1",
                                   "Cache-Control: no-store", "X-Content-Type-Options: nosniff"}) {
        EXPECT_NE(head->find("\r\n" + line + "\r\n"), std::string::npos) << line << "\n" << *head;
    }
    EXPECT_EQ(head->find("Connection"), std::string::npos);
}

TEST(HttpResponseHead, LeavesOutWhatAnAnswerWithoutBodyDoesntHave) {
    for (const int status : {204, 304}) {
        const auto head = response_head({.status = status}, kEnvelope);
        ASSERT_TRUE(head.has_value());
        EXPECT_EQ(head->find("\r\nContent-"), head->npos) << *head;
        // A 304's headers replace those of what the client has stored.
        EXPECT_EQ(head->find("no-store") == head->npos, status == 304) << *head;
    }
    const auto own = response_head({.headers = {{"cache-control", "no-cache"}}}, kEnvelope);
    EXPECT_EQ(own->find("no-store"), own->npos);
}

TEST(HttpResponseHead, LetsNoTextMakeAnotherHeader) {
    const auto refused = [](std::string name, std::string value) {
        return !response_head({.headers = {{std::move(name), std::move(value)}}}, kEnvelope)
                    .has_value();
    };
    EXPECT_FALSE(refused("X-Note", "طلب"));
    EXPECT_TRUE(refused("X-Note", "a\r\nSet-Cookie: session=1"));
    EXPECT_TRUE(refused("X-Note", "a\nb"));
    EXPECT_TRUE(refused("X-Note", "a\rb"));
    EXPECT_TRUE(refused("X-Note", std::string("a\0b", 3)));
    EXPECT_TRUE(refused("X-Note", "a\x7f"));
    EXPECT_TRUE(refused("", "a"));
    EXPECT_TRUE(refused("X Note", "a"));
    EXPECT_TRUE(refused("X-Note:", "a"));
    EXPECT_TRUE(refused("X\r\nSet-Cookie", "a"));
    EXPECT_TRUE(refused("content-length", "0")) << "delimiting is the server's";
    EXPECT_TRUE(refused("Transfer-Encoding", "chunked"));
    EXPECT_FALSE(response_head({.content_type = "text/html\r\nX: y"}, kEnvelope).has_value());
    EXPECT_FALSE(response_head({.status = 100}, kEnvelope).has_value());
    EXPECT_FALSE(response_head({.status = 1000}, kEnvelope).has_value());
}

TEST(HttpEventText, KeepsEveryLineInsideItsEvent) {
    EXPECT_EQ(event_text("changed", "{}", "7"), "id: 7\nevent: changed\ndata: {}\n\n");
    EXPECT_EQ(event_text("", "a\nb\r\nc\rd", ""), "data: a\ndata: b\ndata: c\ndata: d\n\n");
    EXPECT_EQ(event_text("x\ndata: forged", "", "1\r\n2"),
              "id: 12\nevent: xdata: forged\ndata: \n\n");
}

}  // namespace
}  // namespace barid::web
