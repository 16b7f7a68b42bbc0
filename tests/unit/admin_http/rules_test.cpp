#include "admin/http/rules.hpp"

#include <gtest/gtest.h>

namespace barid::web {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

RequestHead get(std::string target, Headers headers = {{"Host", "shop.example"}}) {
    return {.method = "GET", .target = std::move(target), .headers = std::move(headers)};
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

TEST(HttpRules, KnowHostsFromOtherTexts) {
    for (const std::string host :
         {"a", "shop.example", "127.0.0.1:8080", "[::1]", "[::1]:8080", "under_score:1"}) {
        EXPECT_TRUE(is_host(host)) << host;
    }
    for (const std::string host :
         {"", "a b", "a,b", "user@a", "a/b", "a?b", "a%00", ":80", "a:", "a:b", "a:123456", "a:1:2",
          "::1", "[::1", "[]", "[a]", "[::1]80", "[::1]:", "\xd9\x85"}) {
        EXPECT_FALSE(is_host(host)) << host;
    }
    EXPECT_FALSE(is_host(std::string(256, 'a')));
}

TEST(HttpRules, TakeShortPlainRequestIdsOnly) {
    EXPECT_TRUE(is_request_id("6f1e-0A._z"));
    EXPECT_TRUE(is_request_id(std::string(64, 'a')));
    for (const std::string id : {"", "a b", "a\"b", "a\r\nX: y", "\xd9\x85", "a/b"}) {
        EXPECT_FALSE(is_request_id(id)) << id;
    }
    EXPECT_FALSE(is_request_id(std::string(65, 'a')));
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
