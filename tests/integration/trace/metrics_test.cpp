// What /metrics of the real program says, against Prometheus' own rules and our own pages.
#include "tests/integration/trace/trace_fixture.hpp"
#include "tests/support/metric_names.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using support::file_text;
using testing::Contains;
using testing::HasSubstr;
using testing::IsSupersetOf;

class MetricsTest : public TraceTest {
  protected:
    /// Asks until the text holds `words`, which may come a moment later.
    std::string metrics(const std::string& words) {
        std::string body;
        const auto until = std::chrono::steady_clock::now() + 40s;
        while (body.find(words) == std::string::npos) {
            EXPECT_LT(std::chrono::steady_clock::now(), until) << words << "\n" << body;
            if (std::chrono::steady_clock::now() > until) break;
            http::Request request{.url = "http://127.0.0.1:" + port + "/metrics"};
            body = run(http.send(std::move(request))).body;
        }
        return body;
    }

    const std::string port = support::free_port();
};

TEST_F(MetricsTest, SayWhatHappenedUnderTheNamesThatArePublished) {
    cli.environment["BARID_HTTP_BIND"] = "127.0.0.1:" + port;
    cli.environment["BARID_TRANSLATE_PROVIDERS"] = "libretranslate";
    cli.environment["BARID_TRANSLATE_LIBRETRANSLATE_URL"] = "http://127.0.0.1:1";
    database.sql(
        "INSERT INTO barid.queue (name) VALUES ('lost');"
        "INSERT INTO barid.queue (name, dead_letter) VALUES ('mail', 'lost');"
        "SELECT barid.register_device('layla', 'token-layla', 'android');"
        "SELECT barid.notify('layla', 'general', title => '{\"ar\":\"أهلا\"}', "
        "body => '{\"ar\":\"طلبك في الطريق\"}')");
    enqueue("'x', queue => 'lost'");
    deliver();
    start();
    wait_until("SELECT count(*) FROM barid.job WHERE queue = 'default'", "0");
    wait_until("SELECT count(*) FROM barid.worker", "1");
    const std::string text = metrics("barid_dead_letters{queue=\"lost\"} 1");
    EXPECT_THAT(text, HasSubstr("barid_http_client_requests_total{client=\"deliver\",class=\"2xx\"}"
                                " 1\n"));
    EXPECT_THAT(text, HasSubstr("barid_deliver_breaker_open{endpoint=\"orders\"} 0\n"));
    EXPECT_THAT(text, HasSubstr("barid_notification_sends_total{channel=\"push\","
                                "outcome=\"accepted\"} 1\n"));
    EXPECT_THAT(text, HasSubstr("barid_jobs_finished_total{kind=\"http.deliver\","
                                "outcome=\"completed\"} 1\n"));
    // Prometheus' own opinion of names, types and helps.
    const std::string file = cli.file("metrics.txt", text);
    support::ChildProcess check({"sh", "-c", "promtool check metrics < '" + file + "' 2>&1"});
    EXPECT_EQ(check.wait(), 0) << check.output() << text;
    EXPECT_EQ(check.output(), "");
    // Each name that people's dashboards and alerts go by is there; the admin's server has more.
    const auto exposed = support::exposed_names(text);
    const std::string source = BARID_SOURCE_DIR;
    for (const char* used :
         {"/packaging/prometheus/barid.rules.yml", "/packaging/grafana/barid-overview.json",
          "/packaging/grafana/barid-content.json"}) {
        for (const std::string& name : support::used_names(file_text(source + used))) {
            if (name.starts_with("barid_admin_") || name.starts_with("barid_http_server_"))
                continue;
            EXPECT_THAT(exposed, Contains(name)) << used;
        }
    }
    EXPECT_THAT(support::documented_names(file_text(source + "/docs/operations.md")),
                IsSupersetOf(exposed));
    stop();
}

}  // namespace
}  // namespace barid
