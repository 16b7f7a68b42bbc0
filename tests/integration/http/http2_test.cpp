// What only HTTP/2 has: shared connections, refused streams, GOAWAY.
#include <gmock/gmock.h>

#include "tests/integration/http/http_fixture.hpp"

namespace barid {
namespace {

using http::Request;
using http::Sent;

class Http2 : public support::HttpTest {
  protected:
    /// Sends `count` requests at the same time and returns how many were answered with 200.
    int send_many(const Request& request, int count) {
        int ended = 0;
        int good = 0;
        bool finished = false;
        for (int i = 0; i < count; ++i) {
            asio::co_spawn(io, client->send(request),
                           [&](std::exception_ptr error, const http::Response& response) {
                               if (!error && response.status == 200) ++good;
                               finished = ++ended == count;
                           });
        }
        run_until(finished);
        return good;
    }
    Request post(const std::string& route, const std::string& id) {
        Request request{.method = "POST", .url = tls2 + route, .body = "payload"};
        request.headers = {{"X-Id", id}};
        return request;
    }
};

TEST_F(Http2, SharesOneConnectionAmongAHundredRequests) {
    Request request{.method = "POST", .url = tls2 + "/slow/100", .body = "x"};
    request.require_http2 = true;
    EXPECT_EQ(send_many(request, 100), 100);
    EXPECT_EQ(connections("https2"), 1);
}

TEST_F(Http2, LimitsTheConnectionsToAHost) {
    replace_client({.max_host_connections = 2});
    EXPECT_EQ(send_many({.url = plain + "/slow/20"}, 20), 20);
    EXPECT_EQ(connections("http"), 2);
    EXPECT_EQ(send_many({.url = tls1 + "/slow/20"}, 20), 20);
    EXPECT_EQ(connections("https1"), 2);
}

TEST_F(Http2, IsRequiredOnTheHandshakeNotAfterTheRequest) {
    for (int i = 0; i < 2; ++i) {
        Request request{.method = "POST", .url = tls1 + "/echo", .body = "x"};
        request.headers = {{"X-Id", "strict"}};
        request.require_http2 = true;
        const auto error = send_error(request);
        EXPECT_EQ(error.code(), "http2_required");
        EXPECT_EQ(error.sent(), Sent::no);
        // The second time there is a pooled connection that speaks HTTP/1.1.
        EXPECT_EQ(send({.url = tls1 + "/status/200"}).status, 200);
    }
    EXPECT_EQ(seen("strict"), 0);

    const auto error = send_error({.url = plain + "/echo", .require_http2 = true});
    EXPECT_EQ(error.code(), "http2_required");
    EXPECT_EQ(error.sent(), Sent::no);
    EXPECT_EQ(send({.url = tls2 + "/echo", .require_http2 = true}).http_version, 20);
}

TEST_F(Http2, RepeatsARefusedRequest) {
    const auto response = send(post("/refuse-late/1", "refused"));
    EXPECT_EQ(response.status, 200);
}

TEST_F(Http2, TellsARequestThatIsRefusedAgainAndAgain) {
    const auto error = send_error(post("/refuse-late/1000", "refused"));
    EXPECT_EQ(error.sent(), Sent::no) << error.what();
    EXPECT_TRUE(error.transient());
}

TEST_F(Http2, RefusedStreamedBodyIsNotSent) {
    auto request = post("/refuse-late/1", "refused");
    request.body.clear();
    request.body_size = 3;
    request.body_source = [](std::size_t) { return "abc"; };
    const auto error = send_error(request);
    EXPECT_EQ(error.sent(), Sent::no) << error.what();
}

TEST_F(Http2, RepeatsARequestThatGoawayExcludes) {
    ASSERT_EQ(send({.url = tls2 + "/status/200"}).status, 200);
    bool ended = false;
    int older = 0;
    // GOAWAY lets the older request end, and only excludes the newer one.
    asio::co_spawn(io, client->send({.url = tls2 + "/slow/300"}),
                   [&](std::exception_ptr error, const http::Response& response) {
                       older = error ? 0 : response.status;
                       ended = true;
                   });
    EXPECT_EQ(send(post("/goaway", "away")).status, 200);
    run_until(ended);
    EXPECT_EQ(older, 200);
    EXPECT_EQ(connections("https2"), 2);
}

TEST_F(Http2, DoesNotTrustAGoawayThatEndsTheConnection) {
    // libcurl 7.88 doesn't tell this from a broken connection, so it must count as unknown.
    ASSERT_EQ(send({.url = tls2 + "/status/200"}).status, 200);
    const auto error = send_error(post("/goaway", "away"));
    EXPECT_EQ(error.sent(), Sent::unknown);
    EXPECT_TRUE(error.transient());
    EXPECT_EQ(send(post("/echo", "after")).status, 200);
    EXPECT_EQ(seen("after"), 1);
}

TEST_F(Http2, RepeatsNothingWhenASharedConnectionBreaks) {
    constexpr int kRequests = 30;
    for (const std::string end : {"hangup", "reset"}) {
        ASSERT_EQ(send({.url = tls2 + "/status/200"}).status, 200);
        int ended = 0;
        bool finished = false;
        std::vector<Sent> sent;
        for (int i = 0; i < kRequests; ++i) {
            const auto done = [&](std::exception_ptr error, const http::Response&) {
                try {
                    if (error) std::rethrow_exception(error);
                } catch (const http::Error& e) {
                    sent.push_back(e.sent());
                }
                finished = ++ended == kRequests;
            };
            const auto route = "/gather/" + end + "/" + std::to_string(kRequests);
            asio::co_spawn(io, client->send(post(route, end + std::to_string(i))), done);
        }
        run_until(finished);
        EXPECT_EQ(sent, std::vector<Sent>(kRequests, Sent::unknown)) << end;
        for (int i = 0; i < kRequests; ++i) EXPECT_EQ(seen(end + std::to_string(i)), 1) << end;
    }
}

TEST_F(Http2, AResetLeavesTheOtherRequestsAlone) {
    bool ended = false;
    int status = 0;
    asio::co_spawn(io, client->send({.url = tls2 + "/slow/300"}),
                   [&](std::exception_ptr error, const http::Response& response) {
                       status = error ? 0 : response.status;
                       ended = true;
                   });
    EXPECT_EQ(send_error(post("/vanish", "reset")).sent(), Sent::unknown);
    run_until(ended);
    EXPECT_EQ(status, 200);
    EXPECT_EQ(connections("https2"), 1);
}

}  // namespace
}  // namespace barid
