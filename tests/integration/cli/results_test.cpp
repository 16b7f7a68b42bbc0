#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliResults : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }

    /// A job with a failed attempt, lines, a checkpoint, a parent and a batch.
    std::string long_story() {
        sql("INSERT INTO barid.worker (id, lease_ttl, name, queues) VALUES "
            "(x'1111222233334444'::bigint, '8 s', 'shop-7', '{default}')");
        const std::string job = sql(R"(SELECT barid.enqueue('report.month', '{"month": "صفر"}'))");
        sql(R"(UPDATE barid.job SET state = 'running', attempt = 2, progress = 0.4,
                 progress_note = 'نصف الطريق', claimed_at = now(),
                 claim_id = '11112222-3333-4444-5555-666677778888', after = '{4711}',
                 errors = '[{"attempt": 1, "at": "2026-11-22T01:00:03Z", "worker": "shop-6",
                             "ms": 2500, "error": "the printer is out\nof paper"}]')");
        sql("SELECT barid.write_log(array_fill(1::bigint, '{3}'), "
            "array_fill('11112222-3333-4444-5555-666677778888'::uuid, '{3}'), '{2,2,2}', "
            "'{1,2,9}', '{0,0,0}', ARRAY['begun', 'قرأت 40 طلبًا', E'red \\x1B[31m'])");
        sql("SELECT barid.save_checkpoint(1, '11112222-3333-4444-5555-666677778888', "
            "'{\"page\": 12}')");
        return job;
    }

    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliResults, AJobIsShownAsAPage) {
    const std::string job = long_story();
    const auto page = cli.run({"jobs", "show", job});
    for (const char* words :
         {"Job 1  report.month  running\n", "  queue         default, priority 5\n",
          "  attempts      2 of 10\n", "  progress      40 %  نصف الطريق\n",
          "  after         4711 gone\n", "  checkpoint    12 bytes, saved 20",
          "\nAttempts\n   1  failed     2026-11-22 01:00:00     2.5 s  shop-6\n"
          "      the printer is out of paper\n   2  running ",
          "  shop-7\n", "\nLog\n", "  begun\n", "  قرأت 40 طلبًا\n",
          "      … 6 lines were not kept …\n", "\nPayload\n  {\n      \"month\": \"صفر\"\n  }\n"}) {
        EXPECT_TRUE(succeeded(page, words));
    }
    EXPECT_EQ(page.out.find("Output"), std::string::npos);
    EXPECT_EQ(page.out.find('\x1B'), std::string::npos) << "a line steers the terminal";
    EXPECT_TRUE(succeeded(cli.run({"jobs", "list"}), "40 %"));
}

TEST_F(CliResults, AJobIsCompleteAsJson) {
    const std::string job = long_story();
    const auto lines = json_lines(cli.run({"jobs", "show", job, "--json"}).out);
    ASSERT_EQ(lines.size(), 1U);
    const json::object& report = lines[0].as_object();
    EXPECT_EQ(report.at("payload").at("month").as_string(), "صفر");
    EXPECT_EQ(report.at("attempts").as_array().size(), 2U);
    EXPECT_EQ(report.at("attempts").at(1).at("worker").as_string(), "shop-7");
    EXPECT_EQ(report.at("log").at(2).at("n").as_int64(), 9);
    EXPECT_EQ(report.at("checkpoint").at("data").at("page").as_int64(), 12);
    EXPECT_EQ(report.at("parents").at(0).at("state").as_string(), "gone");
    EXPECT_TRUE(report.at("batch").is_null());
}

TEST_F(CliResults, AFinishedJobShowsItsOutput) {
    sql("SELECT barid.enqueue('a'); UPDATE barid.job SET state = 'running', attempt = 1, "
        "claim_id = '11112222-3333-4444-5555-666677778888', claimed_at = now(); "
        "SELECT barid.settle('{1}', '{11112222-3333-4444-5555-666677778888}', '{complete}', "
        "'{0}', '{NULL}', '{\"{\\\"sum\\\": 7}\"}', 'w', '{}')");
    EXPECT_TRUE(
        succeeded(cli.run({"jobs", "show", "1"}), "\nOutput\n  {\n      \"sum\": 7\n  }\n"));
}

TEST_F(CliResults, FunctionsAreAllowedListedAndDisallowed) {
    sql("CREATE SCHEMA shop; CREATE FUNCTION shop.close_day(a jsonb) RETURNS int LANGUAGE sql "
        "AS 'SELECT 1'");
    const auto allowed = cli.run({"functions", "allow", "shop.close_day", "--timeout", "2 min"});
    EXPECT_TRUE(succeeded(allowed, "shop.close_day may be called by jobs"));
    EXPECT_NE(allowed.err.find("GRANT USAGE"), std::string::npos);
    sql("GRANT USAGE ON SCHEMA shop TO barid_worker");
    const auto listed = json_lines(cli.run({"functions", "list", "--json"}).out);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].at("name").as_string(), "shop.close_day");
    EXPECT_EQ(listed[0].at("timeout").as_string(), "00:02:00");
    EXPECT_TRUE(listed[0].at("worker_may").as_bool());
    EXPECT_TRUE(failed(cli.run({"functions", "allow", "shop.no_such"}), 2, "there is no function"));
    EXPECT_TRUE(failed(cli.run({"functions", "allow", "close_day"}), 2, "with its schema"));
    EXPECT_TRUE(
        failed(cli.run({"functions", "allow", "shop.close_day", "--timeout", "soon"}), 2, "soon"));
    EXPECT_TRUE(succeeded(cli.run({"functions", "disallow", "shop.close_day"}), "no longer"));
    EXPECT_TRUE(failed(cli.run({"functions", "disallow", "shop.close_day"}), 1, "was not allowed"));
}

}  // namespace
}  // namespace barid
