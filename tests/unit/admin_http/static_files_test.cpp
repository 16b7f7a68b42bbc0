#include "admin/http/static_files.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/error.hpp"

namespace barid::web {
namespace {

RequestHead asks(std::vector<std::pair<std::string, std::string>> headers) {
    return {.method = "GET", .target = "/", .headers = std::move(headers)};
}

std::optional<Coding> chosen(const std::string& accept, bool gzip = true, bool brotli = true) {
    return choose_coding(asks({{"Accept-Encoding", accept}}), gzip, brotli);
}

TEST(HttpStaticFiles, ChooseTheCodingThatTheClientWantsMost) {
    EXPECT_EQ(choose_coding(asks({}), true, true), Coding::identity);
    EXPECT_EQ(chosen(""), Coding::identity);
    EXPECT_EQ(chosen("gzip, deflate, br"), Coding::brotli);
    EXPECT_EQ(chosen("gzip, deflate, br", true, false), Coding::gzip);
    EXPECT_EQ(chosen("gzip, br", false, false), Coding::identity);
    EXPECT_EQ(chosen("GZIP"), Coding::gzip);
    EXPECT_EQ(chosen("gzip;q=1.0, br;q=0.9"), Coding::gzip);
    EXPECT_EQ(chosen("gzip;q=0.5, br;q=0.5"), Coding::brotli);
    EXPECT_EQ(chosen("br;q=0, gzip ; Q=0.001"), Coding::gzip);
    EXPECT_EQ(chosen("br;q=0, gzip;q=0"), Coding::identity);
    EXPECT_EQ(chosen("identity, gzip;q=0.5"), Coding::identity);
    EXPECT_EQ(chosen("*"), Coding::brotli);
    EXPECT_EQ(chosen("*;q=0.5, br;q=0"), Coding::gzip);
    EXPECT_EQ(chosen("identity;q=0"), std::nullopt);
    EXPECT_EQ(chosen("*;q=0"), std::nullopt);
    EXPECT_EQ(chosen("*;q=0, identity"), Coding::identity);
    EXPECT_EQ(chosen("deflate, identity;q=0, *;q=0"), std::nullopt);
    EXPECT_EQ(choose_coding(asks({{"accept-encoding", "br;q=0"}, {"Accept-Encoding", "gzip"}}),
                            true, true),
              Coding::gzip)
        << "lines are one list";
}

TEST(HttpStaticFiles, ReadNoWeightIntoNonsense) {
    for (const std::string odd :
         {"2", "-1", "1.5", "0.1234", "x", "", "0,5", "1.001", ".5", "0x"}) {
        EXPECT_EQ(chosen("br;q=" + odd), Coding::identity) << odd;
    }
    EXPECT_EQ(chosen("br;q=0."), Coding::identity);
    EXPECT_EQ(chosen("br;q=1.000"), Coding::brotli);
    EXPECT_EQ(chosen("br;level=9"), Coding::brotli);
    EXPECT_EQ(chosen(",,;;,q=1,"), Coding::identity);
}

const std::array<Asset, 3> kAssets = {{
    {.path = "index.html",
     .content_type = "text/html; charset=utf-8",
     .identity = "<!doctype html>",
     .gzip = "",
     .brotli = "",
     .etag = "aa"},
    {.path = "assets/app-1.js",
     .content_type = "text/javascript",
     .identity = "code",
     .gzip = "gzcode",
     .brotli = "brcode",
     .etag = "bb",
     .immutable = true},
    {.path = "icon.svg",
     .content_type = "image/svg+xml",
     .identity = "<svg/>",
     .gzip = "",
     .brotli = "",
     .etag = "cc"},
}};

std::string header(const StaticFiles::Reply& reply, std::string_view name) {
    for (const auto& [key, value] : reply.response.headers) {
        if (key == name) return value;
    }
    return "(absent)";
}

class HttpStaticFilesOfTheDashboard : public testing::Test {
  protected:
    StaticFiles::Reply get(const std::string& path,
                           std::vector<std::pair<std::string, std::string>> headers = {}) {
        EXPECT_TRUE(files.owns(path)) << path;
        return files.answer(asks(std::move(headers)), path);
    }
    StaticFiles files{"/admin/", kAssets, "default-src 'self'; frame-ancestors 'none'"};
};

TEST_F(HttpStaticFilesOfTheDashboard, AreSentWithWhatKeepsThemSafeAndCached) {
    const auto page = get("/admin/");
    EXPECT_EQ(page.response.status, 200);
    EXPECT_EQ(page.body, "<!doctype html>");
    EXPECT_EQ(page.response.content_type, "text/html; charset=utf-8");
    EXPECT_EQ(header(page, "Cache-Control"), "no-cache");
    EXPECT_EQ(header(page, "Content-Security-Policy"),
              "default-src 'self'; frame-ancestors 'none'");
    EXPECT_EQ(header(page, "Cross-Origin-Opener-Policy"), "same-origin");
    EXPECT_EQ(header(page, "Cross-Origin-Resource-Policy"), "same-origin");
    EXPECT_EQ(header(page, "Referrer-Policy"), "no-referrer");
    EXPECT_NE(header(page, "Permissions-Policy").find("camera=()"), std::string::npos);
    EXPECT_EQ(header(page, "Content-Encoding"), "(absent)");

    const auto script = get("/admin/assets/app-1.js", {{"Accept-Encoding", "br"}});
    EXPECT_EQ(script.body, "brcode");
    EXPECT_EQ(header(script, "Content-Encoding"), "br");
    EXPECT_EQ(header(script, "Vary"), "Accept-Encoding");
    EXPECT_EQ(header(script, "Cache-Control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(header(script, "ETag"), "\"bb-br\"");
}

TEST_F(HttpStaticFilesOfTheDashboard, AreNotSentAgainUnlessTheCodingDiffers) {
    const auto same = get("/admin/assets/app-1.js",
                          {{"Accept-Encoding", "gzip"}, {"If-None-Match", "\"bb-gzip\""}});
    EXPECT_EQ(same.response.status, 304);
    EXPECT_TRUE(same.body.empty());
    EXPECT_EQ(header(same, "ETag"), "\"bb-gzip\"");
    const auto other = get("/admin/assets/app-1.js", {{"If-None-Match", "\"bb-gzip\""}});
    EXPECT_EQ(other.response.status, 200);
    EXPECT_EQ(other.body, "code");
}

TEST_F(HttpStaticFilesOfTheDashboard, GiveThePageToBrowsersThatOpenALink) {
    const std::pair<std::string, std::string> browser{"Accept", "text/html,*/*;q=0.8"};
    EXPECT_EQ(get("/admin/jobs/12", {browser}).body, "<!doctype html>");
    EXPECT_EQ(get("/admin/templates/order.shipped", {browser}).body, "<!doctype html>");
    EXPECT_EQ(get("/admin/jobs/12").response.status, 404);
    EXPECT_EQ(get("/admin/jobs/12", {{"Accept", "*/*"}}).response.status, 404);
    EXPECT_EQ(get("/admin/jobs/12", {{"Accept", "text/html;q=0"}}).response.status, 404);
    EXPECT_EQ(get("/admin/assets/app-0.js", {browser}).response.status, 404)
        << "a script that is gone isn't a page";
    EXPECT_EQ(get("/admin/icon.svg", {browser}).body, "<svg/>");
    const auto without_slash = get("/admin");
    EXPECT_EQ(without_slash.response.status, 308);
    EXPECT_EQ(header(without_slash, "Location"), "/admin/");
    EXPECT_FALSE(files.owns("/administrator"));
    EXPECT_FALSE(files.owns("/"));
}

TEST(HttpStaticFiles, NeedAnIndexAndAPrefixBetweenSlashes) {
    EXPECT_THROW(StaticFiles("/admin/", std::span(kAssets).subspan(1), ""), barid::Error);
    EXPECT_THROW(StaticFiles("/admin", kAssets, ""), barid::Error);
    EXPECT_THROW(StaticFiles("admin/", kAssets, ""), barid::Error);
}

}  // namespace
}  // namespace barid::web
