#include "admin/http/target.hpp"

#include <gtest/gtest.h>

namespace barid::web {
namespace {

TEST(HttpTarget, DecodesPathsOnce) {
    EXPECT_EQ(clean_path("/"), "/");
    EXPECT_EQ(clean_path("/a/"), "/a/");
    EXPECT_EQ(clean_path("/api/v1/jobs?x=/../%00"), "/api/v1/jobs");
    EXPECT_EQ(clean_path("/%d8%b7%D9%84%D8%A8"), "/طلب");
    EXPECT_EQ(clean_path("/%252e%252e/"), "/%2e%2e/");
    EXPECT_EQ(clean_path("/a%3Fb"), "/a?b");
    EXPECT_EQ(clean_path("/..."), "/...");
    EXPECT_EQ(clean_path("/.a/b."), "/.a/b.");
}

TEST(HttpTarget, RefusesWhatAProxyCouldTakeForAnotherPath) {
    for (const std::string target :
         {"",       "a",     "*",       "//a",        "/a//b",      "/./a",      "/a/.",
          "/a/..",  "/../a", "/a/../b", "/%2e",       "/%2E%2e/a",  "/.%2e/a",   "/a%2fb",
          "/a%2Fb", "/a\\b", "/a%5cb",  "/a%00b",     "/a%0ab",     "/a%7fb",    "/a%",
          "/a%2",   "/a%zz", "/a%2g",   "/a b",       "/a#b",       "/a\x01",    "/\xd8\xb7",
          "/%ff",   "/%d8",  "/%c0%af", "/%c0%ae./a", "/%ed%a0%80", "http://a/", "?a"}) {
        EXPECT_FALSE(clean_path(target).has_value()) << target;
    }
}

}  // namespace
}  // namespace barid::web
