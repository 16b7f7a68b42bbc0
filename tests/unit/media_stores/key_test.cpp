#include <gtest/gtest.h>

#include <string>

#include "media/store.hpp"
#include "tests/unit/media_stores/expect_error.hpp"

namespace barid::media {
namespace {

TEST(ObjectKey, AcceptsContentNames) {
    for (const std::string key : {"a", "0f3a/91bc/640.webp", "a-b_c.d/e", "-", "_/9"}) {
        EXPECT_EQ(key_problem(key), std::nullopt) << key;
    }
    EXPECT_EQ(key_problem(std::string(200, 'a') + "/" + std::string(200, 'b')), std::nullopt);
}

TEST(ObjectKey, RefusesWhatCouldLeaveTheStoreOrNeedEncoding) {
    for (const std::string key :
         {"",     "/a",  "a/",     "a//b", "..",       "../a", "a/../b", "a/..",
          "a..b", ".",   ".tmp/x", "a/.b", "A",        "a b",  "a%2e",   "a\\b",
          "a\n",  "a+b", "a?b",    "a#b",  "\xc3\xa9", "a:b",  "~"}) {
        EXPECT_NE(key_problem(key), std::nullopt) << key;
    }
    EXPECT_NE(key_problem(std::string("a\0b", 3)), std::nullopt);
}

TEST(ObjectKey, RefusesTooLongKeysAndSegments) {
    EXPECT_NE(key_problem(std::string(201, 'a')), std::nullopt);
    std::string key = "a";
    while (key.size() < kMaxKeyBytes - 1) key += "/a";
    EXPECT_EQ(key_problem(key), std::nullopt);
    EXPECT_NE(key_problem(key + "/a"), std::nullopt);
}

TEST(ObjectKey, TheErrorIsPermanentAndShowsTheKeyWithoutControlCharacters) {
    const auto error = thrown_by([] { check_key("a\nb\x1b[31m"); });
    EXPECT_EQ(error.code(), "bad_key");
    EXPECT_FALSE(error.transient());
    EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find('\x1b'), std::string::npos);
}

TEST(ContentType, MustBeFitForAHeader) {
    EXPECT_NO_THROW(check_content_type("image/webp"));
    EXPECT_NO_THROW(check_content_type("text/plain; charset=utf-8"));
    for (const std::string type : {"", "image", "image/webp\r\nX: y", "image/\x80", "image/\x7f"}) {
        EXPECT_THROW(check_content_type(type), Error) << type;
    }
}

}  // namespace
}  // namespace barid::media
