#include <array>

#include "tests/integration/admin_http/application_fixture.hpp"

namespace barid::web {
namespace {

const std::string kPage = "<!doctype html><title>بريد</title>";
const std::string kScript(100'000, 's');

const std::array<Asset, 2> kAssets = {{
    {.path = "index.html",
     .content_type = "text/html; charset=utf-8",
     .identity = kPage,
     .gzip = "",
     .brotli = "",
     .etag = "aa"},
    {.path = "assets/app-1.js",
     .content_type = "text/javascript",
     .identity = kScript,
     .gzip = "gzip of it",
     .brotli = "brotli of it",
     .etag = "bb",
     .immutable = true},
}};

class AdminHttpAssets : public AdminHttpApplication {
  protected:
    AdminHttpAssets() {
        arrange = [mount = arrange](HttpServer& http) {
            mount(http);
            http.serve_assets("/admin/", kAssets, "default-src 'none'; frame-ancestors 'none'");
        };
    }
    const std::string browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
};

TEST_F(AdminHttpAssets, TheDashboardIsServedInTheClientsCoding) {
    start();
    const auto page = get("/admin/", browser);
    EXPECT_EQ(status_of(page), 200);
    EXPECT_EQ(body_of(page), kPage);
    EXPECT_EQ(header_of(page, "Content-Security-Policy"),
              "default-src 'none'; frame-ancestors 'none'");
    EXPECT_EQ(header_of(page, "X-Content-Type-Options"), "nosniff");
    EXPECT_EQ(header_of(page, "Cache-Control"), "no-cache");
    const auto script = get("/admin/assets/app-1.js", "Accept-Encoding: gzip, br\r\n");
    EXPECT_EQ(body_of(script), "brotli of it");
    EXPECT_EQ(header_of(script, "Content-Encoding"), "br");
    EXPECT_EQ(header_of(script, "Vary"), "Accept-Encoding");
    EXPECT_EQ(body_of(get("/admin/assets/app-1.js")), kScript);
    const auto head = get("/admin/assets/app-1.js", "", "HEAD");
    EXPECT_EQ(header_of(head, "Content-Length"), std::to_string(kScript.size()));
    EXPECT_EQ(body_of(head), "");
}

TEST_F(AdminHttpAssets, ItIsNotSentAgainWhenTheBrowserHasIt) {
    start();
    const auto etag = header_of(get("/admin/"), "ETag");
    const auto again = get("/admin/", "If-None-Match: " + etag + "\r\n");
    EXPECT_EQ(status_of(again), 304);
    EXPECT_EQ(body_of(again), "");
    EXPECT_EQ(header_of(again, "Cache-Control"), "no-cache");
    EXPECT_EQ(header_of(again, "ETag"), etag);
}

TEST_F(AdminHttpAssets, BrowsersAreSentThereAndOthersAreTold) {
    start();
    const auto redirected = get("/", browser);
    EXPECT_EQ(status_of(redirected), 302);
    EXPECT_EQ(header_of(redirected, "Location"), "/admin/");
    EXPECT_EQ(header_of(redirected, "Vary"), "Accept");
    EXPECT_EQ(header_of(get("/", "Accept: */*\r\n"), "Content-Type"), "application/json");
    EXPECT_EQ(header_of(get("/"), "Content-Type"), "application/json");
    EXPECT_EQ(status_of(get("/admin")), 308);
}

TEST_F(AdminHttpAssets, ALinkIntoItOpensThePageButAMissingFileIs404) {
    start();
    EXPECT_EQ(body_of(get("/admin/jobs/12?state=dead", browser)), kPage);
    EXPECT_EQ(body_of(get("/admin/users/%D9%84%D9%8A%D9%84%D9%89", browser)), kPage);
    EXPECT_EQ(status_of(get("/admin/jobs/12")), 404);
    EXPECT_EQ(status_of(get("/admin/assets/app-0.js", browser)), 404);
    EXPECT_EQ(status_of(get("/other", browser)), 404) << "only below the prefix";
    EXPECT_EQ(status_of(get("/api/none", browser)), 200) << "the API's own";
    EXPECT_EQ(status_of(get("/admin/", "", "POST")), 405);
}

TEST_F(AdminHttpAssets, NoPathLeadsOutOfIt) {
    fs::create_directory(root / "secret");
    start();
    for (const std::string path :
         {"/admin/../livez", "/admin/%2e%2e/livez", "/admin/..%2f..%2fetc/passwd",
          "/admin/assets/../../livez", "/admin//etc/passwd", "/admin/./index.html",
          "/admin/..\\livez", "/admin/%5c..%5clivez", "/admin/index.html%00.js",
          "/admin/%c0%ae/"}) {
        const auto answer = get(path, browser);
        EXPECT_EQ(status_of(answer), 400) << path;
    }
    EXPECT_EQ(status_of(get("/admin/%252e%252e/livez", browser)), 200)
        << "decoded once: a page of the application with an odd name";
    EXPECT_EQ(status_of(get("/admin/%252e%252e/livez")), 404);
}

}  // namespace
}  // namespace barid::web
