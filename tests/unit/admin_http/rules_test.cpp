#include "admin/http/rules.hpp"

#include <gtest/gtest.h>

namespace barid::web {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

RequestHead get(std::string target, Headers headers = {{"Host", "shop.example"}}) {
    return {.method = "GET", .target = std::move(target), .headers = std::move(headers)};
}

int status_of(const RequestHead& head) {
    const auto refusal = refusal_of(head);
    return refusal ? refusal->status : 200;
}

TEST(HttpRules, AcceptPlainReads) {
    EXPECT_EQ(status_of(get("/")), 200);
    EXPECT_EQ(status_of(get("/media/a.webp?v=1")), 200);
    EXPECT_EQ(status_of(get("/", {{"host", "127.0.0.1:8080"}})), 200);
    EXPECT_EQ(status_of(get("/", {{"Host", "[::1]:8080"}, {"Content-Length", "0"}})), 200);
    auto old = get("/", {});
    old.version = 10;
    EXPECT_EQ(status_of(old), 200) << "HTTP/1.0 has no Host";
}

TEST(HttpRules, RefuseWhatTwoParsersCouldReadDifferently) {
    const auto with = [](Headers more) {
        more.emplace_back("Host", "a");
        return status_of(get("/", more));
    };
    EXPECT_EQ(with({{"Transfer-Encoding", "chunked"}}), 400);
    EXPECT_EQ(with({{"transfer-encoding", "identity"}}), 400);
    EXPECT_EQ(with({{"Content-Length", "0"}, {"content-length", "0"}}), 400);
    EXPECT_EQ(with({{"HOST", "b"}}), 400);
    EXPECT_EQ(with({{"Content-Length", "-1"}}), 400);
    EXPECT_EQ(with({{"Content-Length", "+0"}}), 400);
    EXPECT_EQ(with({{"Content-Length", ""}}), 400);
    EXPECT_EQ(with({{"Content-Length", "5"}}), 413);
    EXPECT_EQ(with({{"Upgrade", "h2c"}}), 400);
    EXPECT_EQ(with({{"Expect", "100-continue"}}), 400);
}

TEST(HttpRules, RefuseMissingAndMalformedHosts) {
    EXPECT_EQ(status_of(get("/", {})), 400);
    for (const std::string host : {"", "a b", "a,b", "user@a", "a/b", "a?b", "a%00"}) {
        EXPECT_EQ(status_of(get("/", {{"Host", host}})), 400) << host;
    }
}

TEST(HttpRules, RefuseTargetsThatArentPaths) {
    for (const std::string target :
         {"", "*", "http://shop.example/", "shop.example:443", "//shop.example/", "/a b", "/a#b",
          "/a\\b", "/a\x7f", "/\xc3\xa9"}) {
        EXPECT_EQ(status_of(get(target)), 400) << target;
    }
}

TEST(HttpRules, RefuseOtherMethodsAndVersions) {
    for (const std::string method : {"POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get"}) {
        auto head = get("/");
        head.method = method;
        EXPECT_EQ(status_of(head), 405) << method;
    }
    auto head = get("/");
    head.version = 20;
    EXPECT_EQ(status_of(head), 505);
}

TEST(HttpRules, KeepConnectionsUnlessToldOtherwise) {
    EXPECT_TRUE(wants_keep_alive(get("/")));
    EXPECT_FALSE(wants_keep_alive(get("/", {{"Connection", "close"}})));
    EXPECT_FALSE(wants_keep_alive(get("/", {{"connection", "TE, Close"}})));
    EXPECT_TRUE(wants_keep_alive(get("/", {{"Connection", "keep-alive, closed"}})));
    auto old = get("/", {{"Connection", "keep-alive"}});
    old.version = 10;
    EXPECT_FALSE(wants_keep_alive(old));
}

TEST(HttpRules, CompareEtagsWeakly) {
    EXPECT_TRUE(matches_etag("\"a\"", "\"a\""));
    EXPECT_TRUE(matches_etag("\"x\", W/\"a\" ", "\"a\""));
    EXPECT_TRUE(matches_etag("*", "\"a\""));
    EXPECT_FALSE(matches_etag("", "\"a\""));
    EXPECT_FALSE(matches_etag("a", "\"a\""));
    EXPECT_FALSE(matches_etag("\"b\",", "\"a\""));
}

TEST(HttpRules, NameTypesAndDates) {
    EXPECT_EQ(content_type_of("a/640.webp"), "image/webp");
    EXPECT_EQ(content_type_of("a.jpg"), "image/jpeg");
    EXPECT_EQ(content_type_of("a.svg"), "application/octet-stream");
    EXPECT_EQ(content_type_of("a.html"), "application/octet-stream");
    using namespace std::chrono;
    EXPECT_EQ(http_date(sys_days(year(1994) / November / 6) + 8h + 49min + 37s),
              "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(path_of("/a?b?c"), "/a");
    EXPECT_NE(file_etag(1, sys_seconds(2s)), file_etag(2, sys_seconds(1s)));
}

}  // namespace
}  // namespace barid::web
