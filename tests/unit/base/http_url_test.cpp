#include "base/http_url.hpp"

#include <gtest/gtest.h>

namespace barid::http {
namespace {

TEST(Url, IsParsedIntoItsOrigin) {
    const auto url = parse_url("HTTPS://CDN.Shop.Example./a/b?c=d#e");
    EXPECT_EQ(url.scheme, "https");
    EXPECT_EQ(url.host, "cdn.shop.example");
    EXPECT_EQ(url.port, 443);
    EXPECT_EQ(url.origin(), "https://cdn.shop.example:443");
    EXPECT_EQ(url.text.find('#'), std::string::npos);
    EXPECT_EQ(parse_url("http://[2001:DB8::1]:8080/").host, "2001:db8::1");
    EXPECT_EQ(parse_url("http://[::1]:8080/").origin(), "http://[::1]:8080");
}

TEST(Url, NormalisesNumericHosts) {
    for (const char* text : {"http://127.1/", "http://0x7f.1/", "http://2130706433/"}) {
        EXPECT_EQ(parse_url(text).host, "127.0.0.1") << text;
    }
}

TEST(Url, KeepsThePathAsItIs) {
    EXPECT_EQ(parse_url("http://h.example/a/../b/%2e%2e/c").text,
              "http://h.example/a/../b/%2e%2e/c");
}

TEST(Url, EncodesWhatIsNotAscii) {
    EXPECT_EQ(parse_url("http://h.example/\xD8\xA8 x").text, "http://h.example/%d8%a8%20x");
}

TEST(Url, RefusesWhatIsNotHttp) {
    for (const std::string text :
         {"", "h.example", "//h.example/", "file:///etc/passwd", "ftp://h.example/",
          "http://u:p@h.example/", "http://h.example:0x50/", "http://h.example/\n",
          "http://h\t.example/", "javascript:alert(1)"}) {
        EXPECT_THROW(parse_url(text), Error) << text;
    }
    EXPECT_THROW(parse_url(std::string("http://h.example/\0x", 19)), Error);
    EXPECT_THROW(parse_url("http://h.example/" + std::string(9000, 'a')), Error);
}

TEST(Url, ErrorsNeverQuoteIt) {
    try {
        parse_url("ftp://h.example/?token=s3cret");
        FAIL();
    } catch (const Error& error) {
        EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos);
        EXPECT_EQ(error.sent(), Sent::no);
    }
}

TEST(RedirectTarget, ResolvesRelativeLocations) {
    const auto from = parse_url("https://h.example/a/b?c");
    EXPECT_EQ(redirect_target(from, "/x", {}).text, "https://h.example/x");
    EXPECT_EQ(redirect_target(from, "x?y", {}).text, "https://h.example/a/x?y");
    EXPECT_EQ(redirect_target(from, "//o.example/z", {}).text, "https://o.example/z");
    EXPECT_TRUE(redirect_target(from, "/x", {}).same_origin(from));
    EXPECT_FALSE(redirect_target(from, "//o.example/z", {}).same_origin(from));
}

TEST(RedirectTarget, GuardsSchemeAndPort) {
    const auto from = parse_url("https://h.example/");
    EXPECT_THROW(redirect_target(from, "http://h.example/", {}), Error);
    EXPECT_THROW(redirect_target(from, "file:///etc/passwd", {}), Error);
    EXPECT_THROW(redirect_target(from, "https://u:p@h.example/", {}), Error);
    EXPECT_EQ(redirect_target(from, "https://h.example:8443/", {}).port, 8443);
    Request strict;
    strict.addresses = Addresses::public_only;
    EXPECT_THROW(redirect_target(from, "https://h.example:8443/", strict), Error);
    strict.allowed_hosts = {"H.example"};
    EXPECT_EQ(redirect_target(from, "https://h.example:8443/", strict).port, 8443);
}

}  // namespace
}  // namespace barid::http
