#include "config/value.hpp"

#include <gtest/gtest.h>

namespace barid::config {
namespace {

using namespace std::chrono_literals;

TEST(ConfigDuration, ReadsEachUnit) {
    EXPECT_EQ(parse_duration("250ms"), 250ms);
    EXPECT_EQ(parse_duration("30s"), 30s);
    EXPECT_EQ(parse_duration("5m"), 5min);
    EXPECT_EQ(parse_duration("2h"), 2h);
    EXPECT_EQ(parse_duration("0s"), 0s);
}

TEST(ConfigDuration, RefusesWhatIsNotExactlyANumberAndAUnit) {
    for (const char* text : {"", "s", "30", "30 s", " 30s", "30s ", "-1s", "+1s", "1.5s", "30S",
                             "30sec", "1h30m", "0x1s", "99999999999999999999s", "ms"}) {
        EXPECT_EQ(parse_duration(text), std::nullopt) << text;
    }
}

TEST(ConfigDuration, RefusesWhatWouldOverflow) {
    EXPECT_EQ(parse_duration("18446744073709551615h"), std::nullopt);
    EXPECT_EQ(parse_duration("87601h"), std::nullopt);
    EXPECT_EQ(parse_duration("87600h"), 87'600h);
}

TEST(ConfigDuration, ShowsTheShortestExactForm) {
    EXPECT_EQ(show_duration(1500ms), "1500ms");
    EXPECT_EQ(show_duration(60s), "1m");
    EXPECT_EQ(show_duration(90s), "90s");
    EXPECT_EQ(show_duration(7200s), "2h");
    EXPECT_EQ(show_duration(0ms), "0s");
}

TEST(ConfigSize, ReadsAndShowsBinaryUnits) {
    EXPECT_EQ(parse_size("512B"), 512U);
    EXPECT_EQ(parse_size("64KiB"), 65'536U);
    EXPECT_EQ(parse_size("8MiB"), 8U << 20);
    EXPECT_EQ(parse_size("2GiB"), std::uint64_t{2} << 30);
    EXPECT_EQ(show_size(8U << 20), "8MiB");
    EXPECT_EQ(show_size(1000), "1000B");
    EXPECT_EQ(show_size(0), "0B");
    for (const char* text : {"", "8", "8MB", "8 MiB", "8mib", "-8MiB", "99999999999GiB"}) {
        EXPECT_EQ(parse_size(text), std::nullopt) << text;
    }
}

TEST(ConfigBind, ReadsAddressesOfBothFamilies) {
    EXPECT_EQ(parse_bind("127.0.0.1:8787"), (Bind{"127.0.0.1", 8787}));
    EXPECT_EQ(parse_bind("0.0.0.0:0"), (Bind{"0.0.0.0", 0}));
    EXPECT_EQ(parse_bind("[::1]:80"), (Bind{"::1", 80}));
    EXPECT_EQ(parse_bind(""), Bind{});
    EXPECT_EQ(parse_bind("off"), Bind{});
    for (const char* text : {"8787", ":8787", "localhost:80", "::1:80", "[::1]", "127.0.0.1",
                             "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "[127.0.0.1]:80",
                             "1.2.3:80", "127.0.0.1:80 "}) {
        EXPECT_EQ(parse_bind(text), std::nullopt) << text;
    }
}

TEST(ConfigBind, ShowsWhatItReads) {
    for (const char* text : {"127.0.0.1:8787", "[::1]:80", ""}) {
        ASSERT_TRUE(parse_bind(text)) << text;
        EXPECT_EQ(show_bind(*parse_bind(text)), text);
    }
}

TEST(ConfigUrl, TakesPlainHttpUrlsOnly) {
    for (const char* text : {"https://cdn.example.com", "http://127.0.0.1:8787/media",
                             "https://cdn.example.com/a/b/"}) {
        EXPECT_TRUE(is_http_url(text)) << text;
    }
    for (const char* text :
         {"", "cdn.example.com", "ftp://a/", "https://", "https://u:p@a/", "https://a/?q=1",
          "https://a/#x", "https://a b/", "file:///etc", "https:///path"}) {
        EXPECT_FALSE(is_http_url(text)) << text;
    }
}

TEST(ConfigHost, TakesNamesAndAddressesOnly) {
    for (const char* text : {"minio", "cdn.example.com", "10.0.0.5", "::1", "s3_store"}) {
        EXPECT_TRUE(is_host(text)) << text;
    }
    for (const char* text :
         {"", "*.example.com", "a:80", "[::1]", "u@a", "http://a", "a/b", "-a", ".a", "a b"}) {
        EXPECT_FALSE(is_host(text)) << text;
    }
    EXPECT_FALSE(is_host(std::string(254, 'a')));
}

TEST(ConfigVariable, ReadsTheShapeOfItsKey) {
    EXPECT_EQ(parse_variable(Shape::text, " as it is "), Value(std::string(" as it is ")));
    EXPECT_EQ(parse_variable(Shape::integer, "42"), Value(std::int64_t{42}));
    EXPECT_EQ(parse_variable(Shape::integer, "4x"), std::nullopt);
    EXPECT_EQ(parse_variable(Shape::integer, "9999999999999999999"), std::nullopt);
    EXPECT_EQ(parse_variable(Shape::boolean, "true"), Value(true));
    EXPECT_EQ(parse_variable(Shape::boolean, "yes"), std::nullopt);
    EXPECT_EQ(parse_variable(Shape::texts, "a, b ,c"), Value(Texts{"a", "b", "c"}));
    EXPECT_EQ(parse_variable(Shape::texts, "a,,b"), Value(Texts{"a", "", "b"}));
    EXPECT_EQ(parse_variable(Shape::texts, "  "), Value(Texts{}));
    EXPECT_EQ(parse_variable(Shape::integers, "1,2"), Value(Integers{1, 2}));
    EXPECT_EQ(parse_variable(Shape::integers, "1,two"), std::nullopt);
}

TEST(ConfigNearest, FindsMisspeltAndMisplacedNames) {
    const Texts names = {"worker.concurrency", "database.pool_size", "log.level"};
    EXPECT_EQ(nearest("worker.concurency", names), "worker.concurrency");
    EXPECT_EQ(nearest("log.levle", names), "log.level");
    EXPECT_EQ(nearest("pool_size", names), "database.pool_size");
    EXPECT_EQ(nearest("worker.pool_size", names), "database.pool_size");
    EXPECT_EQ(nearest("something.else", names), std::nullopt);
    EXPECT_EQ(nearest("", names), std::nullopt);
    EXPECT_EQ(nearest(std::string(100'000, 'a'), names), std::nullopt);
}

}  // namespace
}  // namespace barid::config
