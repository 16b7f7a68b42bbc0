// A collector that is away, busy or stuck costs spans, never jobs.
#include "tests/integration/trace/trace_fixture.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

TEST_F(TraceTest, IsKeptUntilABusyCollectorTakesIt) {
    behave(R"({"status": 429, "after": "0", "times": 2})");
    deliver();
    start();
    wait_for_jobs();
    collector.wait_for_line("REFUSED 429", 30s);
    collector.wait_for_line("REFUSED 429", 30s);
    collector.wait_for_line("SPAN", 30s);
    stop();
    EXPECT_EQ(spans("process http.deliver").size(), 1U);
    EXPECT_THAT(cli.stderr_text(), HasSubstr("spans can't be exported"));
    EXPECT_THAT(cli.stderr_text(), HasSubstr("spans are exported again"));
}

TEST_F(TraceTest, IsLostWithoutACollectorAndTheJobsAreNot) {
    cli.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] =
        "http://127.0.0.1:" + support::free_port() + "/otlp";
    database.sql(
        "SELECT count(barid.enqueue('sql.call', '{\"function\":\"shop.none\"}')) "
        "FROM generate_series(1, 2000)");
    deliver();
    start();
    wait_for_jobs();
    EXPECT_EQ(database.sql("SELECT state FROM barid.job_history WHERE kind = 'http.deliver'"),
              "completed");
    const auto before = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 15s);
    EXPECT_THAT(cli.stderr_text(), HasSubstr("spans can't be exported"));
    EXPECT_THAT(cli.stderr_text(), testing::Not(HasSubstr("hunter2")));
}

TEST_F(TraceTest, DoesNotHoldUpTheEndWhenTheCollectorHangs) {
    behave(R"({"hang": true})");
    deliver();
    start();
    wait_for_jobs();
    const auto before = std::chrono::steady_clock::now();
    stop();
    EXPECT_LT(std::chrono::steady_clock::now() - before, 20s);
}

}  // namespace
}  // namespace barid
