// Redirects, hop by hop, and the address guard on every connection.
#include <gmock/gmock.h>

#include "tests/integration/http/http_fixture.hpp"

namespace barid {
namespace {

using http::Addresses;
using http::Request;
using http::Sent;
using ::testing::HasSubstr;

class HttpRedirect : public support::HttpTest {
  protected:
    static std::string redirect(const std::string& from, const std::string& to, int status = 302) {
        return from + "/redirect?status=" + std::to_string(status) + "&to=" + to;
    }
    /// The plain server by another name, which resolves to the same private address.
    [[nodiscard]] std::string by_name() const {
        return "http://localhost" + plain.substr(plain.rfind(':'));
    }
};

std::string text_at(const json::value& value, std::string_view pointer) {
    const auto* text = find_string(value, pointer);
    return text == nullptr ? "(missing)" : std::string(*text);
}

TEST_F(HttpRedirect, IsReturnedUnlessFollowingWasAskedFor) {
    const auto response = send({.url = redirect(plain, "/echo")});
    EXPECT_EQ(response.status, 302);
    EXPECT_EQ(response.header("location"), "/echo");
}

TEST_F(HttpRedirect, IsFollowedForGetAndHead) {
    for (const int status : {301, 302, 303, 307, 308}) {
        Request request{.url = redirect(plain, "/echo%3Fx=1", status), .max_redirects = 1};
        const auto response = send(request);
        EXPECT_EQ(response.status, 200);
        EXPECT_EQ(response.effective_url, plain + "/echo?x=1");
        EXPECT_EQ(text_at(body_of(response), "/url"), "/echo?x=1");
        request.method = "HEAD";
        EXPECT_EQ(send(request).status, 200);
    }
}

TEST_F(HttpRedirect, NeverSendsABodyAgain) {
    for (const int status : {301, 302, 303, 307, 308}) {
        const auto response = send({.method = "POST",
                                    .url = redirect(plain, "/echo", status),
                                    .body = "x",
                                    .max_redirects = 3});
        EXPECT_EQ(response.status, status);
    }
}

TEST_F(HttpRedirect, KeepsSecretsInsideTheOrigin) {
    Request request{.url = redirect(plain, "/echo"), .max_redirects = 2};
    request.headers = {{"AccessKey", "k"}, {"Cookie", "c"}, {"Accept", "image/*"}};
    request.authorization = Secret("Bearer abc");
    const auto same = body_of(send(request));
    EXPECT_EQ(text_at(same, "/headers/authorization"), "Bearer abc");
    EXPECT_EQ(text_at(same, "/headers/accesskey"), "k");

    request.url = redirect(plain, by_name() + "/echo");
    const auto other = body_of(send(request));
    EXPECT_EQ(text_at(other, "/headers/authorization"), "(missing)");
    EXPECT_EQ(text_at(other, "/headers/accesskey"), "(missing)");
    EXPECT_EQ(text_at(other, "/headers/cookie"), "(missing)");
    EXPECT_EQ(text_at(other, "/headers/accept"), "image/*");
}

TEST_F(HttpRedirect, StopsLoops) {
    const auto error = send_error({.url = plain + "/loop", .max_redirects = 5});
    EXPECT_EQ(error.code(), "too_many_redirects");
    EXPECT_EQ(error.sent(), Sent::yes);
    EXPECT_FALSE(error.transient());
}

TEST_F(HttpRedirect, LeavesNeitherHttpNorHttps) {
    for (const std::string to : {"file:///etc/passwd", "ftp://127.0.0.1/", "gopher://127.0.0.1/"}) {
        EXPECT_EQ(send_error({.url = redirect(plain, to), .max_redirects = 3}).code(), "bad_url");
    }
    EXPECT_EQ(send_error({.url = redirect(tls2, plain + "/echo"), .max_redirects = 3}).code(),
              "bad_url");
    EXPECT_EQ(send({.url = redirect(plain, tls2 + "/echo"), .max_redirects = 3}).status, 200);
}

TEST_F(HttpRedirect, SharesOneDeadlineAmongItsHops) {
    Request request{.url = redirect(plain, "/hang"), .max_redirects = 3};
    request.total_timeout = std::chrono::milliseconds(300);
    EXPECT_EQ(send_error(request).code(), "timeout");
}

TEST_F(HttpRedirect, IsRefusedToAPrivateAddress) {
    Request request{.url = redirect(plain, by_name() + "/echo")};
    request.max_redirects = 3;
    request.addresses = Addresses::public_only;
    request.allowed_hosts = {"127.0.0.1"};
    const auto error = send_error(request);
    EXPECT_EQ(error.code(), "address_denied");
    EXPECT_FALSE(error.transient());
    EXPECT_THAT(error.what(), HasSubstr("loopback"));

    request.url = redirect(plain, "http://169.254.169.254/latest/meta-data");
    EXPECT_EQ(send_error(request).code(), "address_denied");
}

TEST_F(HttpRedirect, IsRefusedToAnUnusualPort) {
    Request request{.url = redirect(plain, "http://8.8.8.8:6379/")};
    request.max_redirects = 3;
    request.addresses = Addresses::public_only;
    request.allowed_hosts = {"127.0.0.1"};
    EXPECT_EQ(send_error(request).code(), "bad_url");
}

TEST_F(HttpRedirect, GuardRefusesEverySpellingOfAPrivateAddress) {
    const auto port = plain.substr(plain.rfind(':'));
    for (const std::string host :
         {"127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "0177.0.0.1", "0.0.0.0",
          "[::1]", "[::ffff:127.0.0.1]", "[::]", "[64:ff9b::127.0.0.1]"}) {
        const auto error = send_error({.method = "POST",
                                       .url = "http://" + host + port + "/echo",
                                       .body = "x",
                                       .addresses = Addresses::public_only});
        EXPECT_EQ(error.code(), "address_denied") << host << ": " << error.what();
        EXPECT_EQ(error.sent(), Sent::no);
    }
}

TEST_F(HttpRedirect, GuardAllowsHostsByName) {
    for (const std::string allowed : {"localhost", "LOCALHOST."}) {
        Request request{.url = by_name() + "/status/200"};
        request.addresses = Addresses::public_only;
        request.allowed_hosts = {allowed};
        EXPECT_EQ(send(request).status, 200);
    }
}

TEST_F(HttpRedirect, GuardIsNotFooledByAPooledConnection) {
    for (const std::string& base : {plain, tls1, tls2}) {
        EXPECT_EQ(send({.url = base + "/status/200"}).status, 200);
        Request request{.method = "POST", .url = base + "/echo", .body = "x"};
        request.headers = {{"X-Id", "pooled"}};
        request.addresses = Addresses::public_only;
        const auto error = send_error(request);
        EXPECT_EQ(error.code(), "address_denied");
        EXPECT_EQ(error.sent(), Sent::no);
        EXPECT_EQ(send({.url = base + "/status/200"}).status, 200);
    }
    EXPECT_EQ(seen("pooled"), 0);
}

}  // namespace
}  // namespace barid
