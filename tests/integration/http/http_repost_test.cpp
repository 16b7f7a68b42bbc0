// A request is never repeated behind the caller's back. libcurl does that by itself when a reused
// connection ends without an answer; the server here reads the request and hangs up.
#include "tests/integration/http/http_fixture.hpp"

namespace barid {
namespace {

using http::Request;
using http::Sent;

class HttpRepost : public support::HttpTest {
  protected:
    /// Opens the connection that the next request will reuse.
    void warm(const std::string& base) {
        ASSERT_EQ(send({.url = base + "/status/200"}).status, 200);
    }
    Request post(const std::string& base, const std::string& route, const std::string& id) {
        Request request{.method = "POST", .url = base + route, .body = "payload"};
        request.headers = {{"X-Id", id}};
        return request;
    }
};

TEST_F(HttpRepost, ServerSeesAPostOnceWhenItHangsUp) {
    std::vector<std::string> ids;
    for (const std::string& base : {plain, tls1, tls2}) {
        for (const std::string route : {"/hangup", "/vanish", "/reset"}) {
            warm(base);
            ids.push_back("post-" + std::to_string(ids.size()));
            const auto error = send_error(post(base, route, ids.back()));
            EXPECT_EQ(error.sent(), Sent::unknown) << base << route << " " << error.what();
            EXPECT_EQ(error.code(), "protocol_error") << error.what();
            EXPECT_TRUE(error.transient());
        }
    }
    for (const auto& id : ids) EXPECT_EQ(seen(id), 1) << id;
}

TEST_F(HttpRepost, ServerSeesAStreamedBodyOnce) {
    for (const std::string& base : {plain, tls2}) {
        warm(base);
        auto request = post(base, "/hangup", "streamed");
        request.body.clear();
        request.body_size = 3;
        request.body_source = [](std::size_t) { return "abc"; };
        EXPECT_EQ(send_error(request).sent(), Sent::unknown);
    }
    EXPECT_EQ(seen("streamed"), 2);
}

TEST_F(HttpRepost, ServerSeesAPostWithoutABodyOnce) {
    for (const std::string& base : {plain, tls1, tls2}) {
        warm(base);
        auto request = post(base, "/hangup", "empty");
        request.body.clear();
        EXPECT_EQ(send_error(request).sent(), Sent::unknown);
    }
    EXPECT_EQ(seen("empty"), 3);
}

TEST_F(HttpRepost, ServerMaySeeAGetAgain) {
    // The counterpart: it shows that the server does provoke libcurl into repeating.
    warm(plain);
    Request request{.url = plain + "/hangup", .headers = {{"X-Id", "get"}}};
    EXPECT_EQ(send_error(request).sent(), Sent::unknown);
    EXPECT_EQ(seen("get"), 2);
}

TEST_F(HttpRepost, RequestsGoOnAfterwards) {
    for (const std::string& base : {plain, tls2}) {
        warm(base);
        send_error(post(base, "/hangup", "once"));
        EXPECT_EQ(send(post(base, "/echo", "next")).status, 200);
    }
    EXPECT_EQ(seen("next"), 2);
}

}  // namespace
}  // namespace barid
