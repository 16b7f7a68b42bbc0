#include <gtest/gtest.h>

#include "tests/integration/admin_http/application_fixture.hpp"

namespace barid::web {
namespace {

const std::string kAsk = "GET /api/special HTTP/1.1\r\nHost: a\r\n\r\n";

class AdminHttpEvents : public AdminHttpApplication {
  protected:
    /// /api/special answers with a stream that `handler` writes.
    void stream(std::function<awaitable<void>(EventSink&)> handler) {
        special = [handler](const Request&) -> awaitable<Response> {
            co_return Response{.content_type = "text/event-stream", .stream = handler};
        };
    }
    bool ended_in_time() {
        return ended.get_future().wait_for(std::chrono::seconds(10)) == std::future_status::ready;
    }
    std::promise<void> ended;  ///< the handler's function has returned
};

TEST_F(AdminHttpEvents, AreSentOneByOneAndTheBodyEnds) {
    stream([](EventSink& sink) -> awaitable<void> {
        co_await sink.send("changed", "{\"topics\":[\"jobs\"]}", "1");
        co_await sink.send("", "line\nline");
    });
    start();
    RawClient client(port);
    client.send(kAsk);
    const auto answer = client.read_to_end();
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(header_of(answer, "Content-Type"), "text/event-stream");
    EXPECT_EQ(header_of(answer, "X-Accel-Buffering"), "no");
    EXPECT_EQ(header_of(answer, "Transfer-Encoding"), "chunked");
    EXPECT_EQ(header_of(answer, "Cache-Control"), "no-store");
    EXPECT_EQ(header_of(answer, "Content-Length"), "(absent)");
    EXPECT_EQ(body_of(answer),
              "30\r\nid: 1\nevent: changed\ndata: {\"topics\":[\"jobs\"]}\n\n\r\n"
              "17\r\ndata: line\ndata: line\n\n\r\n0\r\n\r\n");
}

TEST_F(AdminHttpEvents, OverHttp10TheEndOfTheConnectionIsTheEnd) {
    stream([](EventSink& sink) -> awaitable<void> { co_await sink.send("a", "b"); });
    start();
    RawClient client(port);
    client.send("GET /api/special HTTP/1.0\r\n\r\n");
    const auto answer = client.read_to_end();
    EXPECT_EQ(header_of(answer, "Transfer-Encoding"), "(absent)");
    EXPECT_EQ(body_of(answer), "event: a\ndata: b\n\n");
}

TEST_F(AdminHttpEvents, HaveAHeartbeatWhenNothingHappens) {
    std::atomic<bool> waited = true;
    stream([&](EventSink& sink) -> awaitable<void> {
        waited = co_await sink.wait(milliseconds(120));
    });
    start({.heartbeat = milliseconds(25)});
    RawClient client(port);
    client.send(kAsk);
    const auto body = body_of(client.read_to_end());
    EXPECT_TRUE(body.starts_with("4\r\n: \n\n\r\n")) << body;
    EXPECT_TRUE(body.ends_with("0\r\n\r\n")) << body;
    EXPECT_TRUE(waited);
}

TEST_F(AdminHttpEvents, AClientThatLeavesEndsTheHandlerAtOnce) {
    std::atomic<bool> waited = true;
    std::promise<void> waiting;
    stream([&](EventSink& sink) -> awaitable<void> {
        waiting.set_value();
        waited = co_await sink.wait(std::chrono::hours(1));
        ended.set_value();
    });
    start();
    {
        RawClient client(port);
        client.send(kAsk);
        waiting.get_future().wait();
    }
    EXPECT_TRUE(ended_in_time());
    EXPECT_FALSE(waited);
}

TEST_F(AdminHttpEvents, AClientThatDoesntReadIsCutAndNothingPilesUp) {
    std::atomic<std::size_t> sent = 0;
    stream([&](EventSink& sink) -> awaitable<void> {
        const std::string much(64U << 10U, 'x');
        while (co_await sink.send("big", much)) ++sent;
        ended.set_value();
    });
    start({.write_timeout = milliseconds(150)});
    RawClient client(port);
    client.shrink_window();
    client.send(kAsk);
    EXPECT_TRUE(ended_in_time());
    EXPECT_LT(sent, 200U) << "no more than the sockets' buffers take";
    EXPECT_EQ(status_of(get("/api/x")), 200);
}

TEST_F(AdminHttpEvents, EndWhenTheServerStops) {
    std::promise<void> waiting;
    std::atomic<bool> waited = true;
    stream([&](EventSink& sink) -> awaitable<void> {
        waiting.set_value();
        waited = co_await sink.wait(std::chrono::hours(1));
        ended.set_value();
    });
    start({.drain_timeout = std::chrono::seconds(60)});
    RawClient client(port);
    client.send(kAsk);
    waiting.get_future().wait();
    stop();
    EXPECT_TRUE(ended_in_time());
    EXPECT_FALSE(waited);
    EXPECT_TRUE(body_of(client.read_to_end()).ends_with("0\r\n\r\n")) << "a whole body";
}

TEST_F(AdminHttpEvents, AHandlerThatThrowsBreaksTheBodyOffInsteadOfEndingIt) {
    stream([](EventSink& sink) -> awaitable<void> {
        co_await sink.send("a", "b");
        throw std::runtime_error("broken");
    });
    start();
    RawClient client(port);
    client.send(kAsk);
    const auto body = body_of(client.read_to_end());
    EXPECT_EQ(body.find("0\r\n\r\n"), std::string::npos) << body;
    EXPECT_EQ(body.find("broken"), std::string::npos);
}

TEST_F(AdminHttpEvents, HeadHasNoStream) {
    stream([](EventSink& sink) -> awaitable<void> { co_await sink.send("a", "b"); });
    start();
    const auto answer = get("/api/special", "", "HEAD");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_EQ(body_of(answer), "");
}

}  // namespace
}  // namespace barid::web
