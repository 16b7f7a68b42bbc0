#include <gtest/gtest.h>

#include "base/http_client.hpp"

namespace barid::http {
namespace {

using std::chrono::seconds;

// 6 November 1994, 08:48:37 UTC: one minute before RFC 9110's example.
constexpr std::chrono::sys_seconds kNow{seconds(784'111'717)};

std::optional<seconds> parse(const std::string& value) {
    Response response;
    response.headers = {{"Retry-After", value}};
    return retry_after(response, kNow);
}

TEST(RetryAfter, ReadsSeconds) {
    EXPECT_EQ(parse("0"), seconds(0));
    EXPECT_EQ(parse("120"), seconds(120));
    EXPECT_EQ(parse("1000000"), seconds(1'000'000));
}

TEST(RetryAfter, ReadsTheThreeDateForms) {
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:49:37 GMT"), seconds(60));
    EXPECT_EQ(parse("Sunday, 06-Nov-94 08:49:37 GMT"), seconds(60));
    EXPECT_EQ(parse("Sun Nov  6 08:49:37 1994"), seconds(60));
    EXPECT_EQ(parse("Mon, 29 Feb 1996 00:00:00 GMT"), seconds(41'440'283));
}

TEST(RetryAfter, CountsAPastDateAsNow) {
    EXPECT_EQ(parse("Sun, 06 Nov 1994 08:47:37 GMT"), seconds(0));
    // Two digits more than 50 years ahead mean the century before.
    EXPECT_EQ(parse("Sunday, 06-Nov-50 08:49:37 GMT"), seconds(0));
}

TEST(RetryAfter, IgnoresWhatItCanNotRead) {
    for (const char* text : {"", "soon", "-5", "+5", "1.5", "5s", "99999999999999999999", "0x10",
                             "Sun, 06 Nov 1994 08:49:37", "Sun, 31 Feb 1994 08:49:37 GMT",
                             "Sun, 06 Now 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
                             "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, -6 Nov 1994 08:49:37 GMT",
                             "Sun, 06 Nov 1994 08:49:37 CET", "Sunday, 06-Nov-1994 08:49:37 GMT"}) {
        EXPECT_EQ(parse(text), std::nullopt) << text;
    }
    EXPECT_EQ(retry_after(Response{}, kNow), std::nullopt);
}

TEST(Response, FindsHeadersWithoutCase) {
    Response response;
    response.headers = {{"X-One", "1"}, {"x-one", "2"}, {"X-On", "3"}};
    EXPECT_EQ(response.header("X-ONE"), "1");
    EXPECT_EQ(response.header("x-on"), "3");
    EXPECT_EQ(response.header("x-o"), std::nullopt);
}

}  // namespace
}  // namespace barid::http
