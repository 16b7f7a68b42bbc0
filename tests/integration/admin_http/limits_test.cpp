// Clients that are slow, silent, greedy or many.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/integration/admin_http/application_fixture.hpp"

namespace barid::web {
namespace {

using std::chrono::seconds;

const std::string kLive = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

class AdminHttpLimits : public AdminHttpApplication {
  protected:
    /// Sends `piece` every 10 ms until the server answers or closes; what it said.
    static std::string dribble(RawClient& client, const std::string& head, char piece) {
        client.send(head);
        const auto until = std::chrono::steady_clock::now() + seconds(10);
        while (!client.readable(milliseconds(10)) && std::chrono::steady_clock::now() < until) {
            client.send(std::string(1, piece));
        }
        return client.read_to_end();
    }
};

TEST_F(AdminHttpLimits, AHeadThatDribblesHasAnEnd) {
    start({.idle_timeout = seconds(60), .head_timeout = milliseconds(300)});
    RawClient client(port);
    EXPECT_EQ(dribble(client, "GET /api/x HTTP/1.1\r\nX: ", 'x'), "");
    EXPECT_EQ(status_of(get("/api/x")), 200);
}

TEST_F(AdminHttpLimits, ABodyThatDribblesIs408) {
    const std::string head = "POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\n";
    start({.body_grace = milliseconds(200), .body_bytes_per_second = 100'000});
    RawClient slow(port);
    const auto answer = dribble(slow, head, 'x');
    EXPECT_EQ(status_of(answer), 408) << answer;
    EXPECT_NE(answer.find("\"code\":\"timeout\""), std::string::npos) << answer;
    EXPECT_EQ(header_of(answer, "Connection"), "close");
    RawClient chunked(port);
    EXPECT_EQ(status_of(dribble(chunked,
                                "POST /api/x HTTP/1.1\r\nHost: a\r\n"
                                "Transfer-Encoding: chunked\r\n\r\n200\r\n",
                                'x')),
              408);
    EXPECT_TRUE(seen(answered).empty());
}

TEST_F(AdminHttpLimits, ABodyHasToEndEvenAtAGoodRate) {
    max_body = 1U << 20U;
    start({.body_timeout = milliseconds(300), .body_bytes_per_second = 1});
    RawClient client(port);
    EXPECT_EQ(status_of(dribble(
                  client, "POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 99999\r\n\r\n", 'x')),
              408);
}

TEST_F(AdminHttpLimits, AClientThatLeavesInItsBodyIsForgotten) {
    start();
    {
        RawClient client(port);
        client.send("POST /api/x HTTP/1.1\r\nHost: a\r\nContent-Length: 90\r\n\r\nhalf");
    }
    EXPECT_EQ(status_of(get("/api/y")), 200);
    for (const auto& request : seen(answered)) EXPECT_EQ(request.path, "/api/y");
}

TEST_F(AdminHttpLimits, OneAddressCantTakeEveryPlace) {
    start({.max_connections_per_address = 2});
    RawClient one(port);
    RawClient two(port);
    one.send(kLive);
    two.send(kLive);
    EXPECT_EQ(status_of(one.read_answer()), 200);
    EXPECT_EQ(status_of(two.read_answer()), 200);
    RawClient three(port);
    EXPECT_EQ(status_of(three.read_to_end()), 503);
    one.send(kLive);
    EXPECT_EQ(status_of(one.read_answer()), 200);
}

TEST_F(AdminHttpLimits, ATrustedProxyMayHaveManyConnectionsAndIsBelieved) {
    start({.max_connections_per_address = 1, .trusted_proxies = {"127.0.0.0/8"}});
    RawClient one(port);
    one.send(kLive);
    EXPECT_EQ(status_of(one.read_answer()), 200);
    EXPECT_EQ(body_of(get("/api/x",
                          "X-Forwarded-For: 6.6.6.6, 203.0.113.9\r\n"
                          "X-Forwarded-Proto: https\r\n")),
              "GET /api/x [] 203.0.113.9");
    EXPECT_TRUE(seen(answered)[0].secure);
}

TEST_F(AdminHttpLimits, TheLongestIdleConnectionGivesWayUnderPressure) {
    start({.max_connections = 2, .spare_idle = milliseconds(0)});
    RawClient oldest(port);
    oldest.send(kLive);
    EXPECT_EQ(status_of(oldest.read_answer()), 200);
    std::promise<void> asked;
    std::atomic<bool> release = false;
    special = [&](const Request&) -> awaitable<Response> {
        asked.set_value();
        while (!release) co_await sleep_for(milliseconds(1));
        co_return Response{.body = "served"};
    };
    RawClient busy(port);
    busy.send("GET /api/special HTTP/1.1\r\nHost: a\r\n\r\n");
    asked.get_future().wait();

    RawClient newcomer(port);
    newcomer.send(kLive);
    EXPECT_EQ(status_of(newcomer.read_answer()), 200);
    EXPECT_EQ(oldest.read_to_end(), "") << "its place was given away";
    release = true;
    EXPECT_EQ(body_of(busy.read_answer()), "served") << "one that is being answered isn't touched";
}

TEST_F(AdminHttpLimits, ThousandsOfIdleConnectionsHurtNobody) {
    rlimit limit{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
    // Both ends are in this process.
    const auto room = (static_cast<std::size_t>(limit.rlim_cur) - 200) / 2;
    const std::size_t count = std::min<std::size_t>(10'000, room - room / 50);
    start({.max_connections = count,
           .max_connections_per_address = count + 100,
           .spare_idle = seconds(60),
           .idle_timeout = seconds(30)});
    RawClient served(port);
    served.send(kLive);
    EXPECT_EQ(status_of(served.read_answer()), 200);
    std::vector<std::unique_ptr<RawClient>> idle;
    // All but one that was served, up to what the server's own share of descriptors allows.
    const std::size_t places = std::min<std::size_t>(count, limit.rlim_cur / 2) - 1;
    for (std::size_t i = 0; i < places; ++i) idle.push_back(std::make_unique<RawClient>(port));
    RecordProperty("idle_connections", static_cast<int>(idle.size()));

    const auto began = std::chrono::steady_clock::now();
    RawClient refused(port);
    EXPECT_EQ(status_of(refused.read_to_end()), 503) << "at once, not when a place is free";
    served.send(kLive);
    EXPECT_EQ(status_of(served.read_answer()), 200) << "who has a place is served";
    idle.back()->send(kLive);
    EXPECT_EQ(status_of(idle.back()->read_answer()), 200);
    EXPECT_LT(std::chrono::steady_clock::now() - began, seconds(2));
    idle.clear();
    EXPECT_EQ(status_once_not_503(), 200);
}

TEST_F(AdminHttpLimits, WithoutDescriptorsItWaitsAndGoesOn) {
    start();
    // It has answered before the descriptors go, and such an error has been logged: UBSan opens a
    // pipe to look at a type for the first time, and takes it for a wrong one when it can't. The
    // connection stays, and frees none.
    RawClient first(port);
    first.send(kLive);
    EXPECT_EQ(status_of(first.read_answer()), 200);
    const boost::system::error_code none_left(EMFILE, boost::system::system_category());
    log::Logger().warn("soon there are none", {{"error", none_left.message()}});
    rlimit before{};
    ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
    rlimit tight = before;
    tight.rlim_cur = 200;
    ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &tight), 0);
    std::vector<int> taken;
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) taken.push_back(fd);
    ASSERT_FALSE(taken.empty());
    ::close(taken.back());
    taken.pop_back();
    {
        RawClient client(port);  // has the last one: the kernel connects, the server can't accept
        client.send(kLive);
        EXPECT_FALSE(client.readable(milliseconds(150)));
        for (const int fd : taken) ::close(fd);
        EXPECT_EQ(status_of(client.read_answer()), 200);
    }
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before), 0);
}

TEST_F(AdminHttpLimits, ConnectionsThatStayIdleAreCut) {
    start({.idle_timeout = milliseconds(200)});
    std::vector<std::unique_ptr<RawClient>> idle;
    for (int i = 0; i < 50; ++i) idle.push_back(std::make_unique<RawClient>(port));
    for (auto& client : idle) EXPECT_EQ(client->read_to_end(), "");
}

TEST_F(AdminHttpLimits, StopLetsAnAnswerEndAndClosesTheRest) {
    std::promise<void> asked;
    special = [&](const Request&) -> awaitable<Response> {
        asked.set_value();
        co_await sleep_for(milliseconds(100));
        co_return Response{.body = "ended well"};
    };
    start({.drain_timeout = seconds(60)});
    RawClient idle(port);
    RawClient busy(port);
    busy.send("GET /api/special HTTP/1.1\r\nHost: a\r\n\r\n");
    asked.get_future().wait();
    stop();
    const auto answer = busy.read_to_end();
    EXPECT_EQ(body_of(answer), "ended well");
    EXPECT_EQ(header_of(answer, "Connection"), "close");
    EXPECT_EQ(idle.read_to_end(), "");
}

}  // namespace
}  // namespace barid::web
