#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliSchedules : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliSchedules, GoFromAddToRemove) {
    EXPECT_TRUE(succeeded(cli.run({"schedules", "add", "report", "0 3 * * *", "report.make",
                                   R"({"to": "نورة"})", "--tz", "Asia/Riyadh"}),
                          "report fires next at 20"));
    EXPECT_TRUE(succeeded(cli.run({"schedules", "list"}), "Asia/Riyadh"));
    EXPECT_TRUE(succeeded(cli.run({"schedules", "pause", "report"}), "report is paused"));
    EXPECT_EQ(sql("SELECT paused FROM barid.schedules"), "t");
    EXPECT_TRUE(succeeded(cli.run({"schedules", "resume", "report"}), "report runs"));
    const auto ran = cli.run({"schedules", "run", "report"});
    EXPECT_TRUE(succeeded(ran));
    EXPECT_EQ(sql("SELECT id || (payload->>'to') FROM barid.job"),
              ran.out.substr(0, ran.out.find('\n')) + "نورة");
    EXPECT_TRUE(succeeded(cli.run({"schedules", "remove", "report"}), "report is removed"));
    for (const char* change : {"remove", "pause", "resume", "run"}) {
        EXPECT_TRUE(
            failed(cli.run({"schedules", change, "report"}), 1, "there is no schedule report"));
    }
}

TEST_F(CliSchedules, EveryOptionArrives) {
    EXPECT_TRUE(succeeded(cli.run({"schedules",
                                   "add",
                                   "s",
                                   "@hourly",
                                   "k",
                                   "{}",
                                   "--queue",
                                   "q",
                                   "--priority",
                                   "2",
                                   "--tz",
                                   "Africa/Cairo",
                                   "--missed",
                                   "all",
                                   "--jitter",
                                   "5 minutes",
                                   "--starts-at",
                                   "2040-01-01 00:00+00",
                                   "--ends-at",
                                   "2041-01-01 00:00+00",
                                   "--unique-key",
                                   "u",
                                   "--ordering-key",
                                   "o",
                                   "--tag",
                                   "a",
                                   "--tag",
                                   "b",
                                   "--max-attempts",
                                   "3"}),
                          "s fires next at 2040-01-01T00:00:00Z"));
    EXPECT_EQ(sql("SELECT concat_ws('|', cron, tz, queue, priority, missed, jitter, unique_key, "
                  "ordering_key, tags, max_attempts, extract(year FROM ends_at)) "
                  "FROM barid.schedule"),
              "@hourly|Africa/Cairo|q|2|all|00:05:00|u|o|{a,b}|3|2041");
}

TEST_F(CliSchedules, PreviewShowsBothClocks) {
    const auto shown = cli.run({"schedules", "preview", "30 2 * * *", "--tz", "Europe/Berlin",
                                "--after", "2026-03-28 12:00+00", "--count", "2"});
    EXPECT_TRUE(succeeded(shown, "2026-03-29T01:00:00Z  Sun 2026-03-29 03:00:00"));
    EXPECT_TRUE(succeeded(shown, "2026-03-30T00:30:00Z  Mon 2026-03-30 02:30:00"));
    const auto lines = json_lines(cli.run({"schedules", "preview", "@daily", "--json"}).out);
    ASSERT_EQ(lines.size(), 10U);
    EXPECT_TRUE(lines[0].at("fires_at").as_string().ends_with("T00:00:00Z"));
}

TEST_F(CliSchedules, PrintJsonThatParses) {
    const auto made = cli.run({"schedules", "add", "s", "@daily", "k", "--json"});
    EXPECT_EQ(json_lines(made.out).at(0).at("name").as_string(), "s");
    const auto listed = json_lines(cli.run({"schedules", "list", "--json"}).out);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_TRUE(listed[0].at("next_fire").as_string().ends_with("Z"));
    EXPECT_TRUE(listed[0].at("last_fire").is_null());
    EXPECT_FALSE(listed[0].at("paused").as_bool());
    EXPECT_TRUE(
        json_lines(cli.run({"schedules", "run", "s", "--json"}).out).at(0).at("id").is_int64());
    EXPECT_TRUE(
        json_lines(cli.run({"schedules", "pause", "s", "--json"}).out).at(0).at("done").as_bool());
    const auto unknown = cli.run({"schedules", "remove", "x", "--json"});
    EXPECT_EQ(unknown.code, 1);
    EXPECT_FALSE(json_lines(unknown.out).at(0).at("done").as_bool());
}

TEST_F(CliSchedules, SayWhatIsWrongWithAnExpression) {
    EXPECT_TRUE(failed(cli.run({"schedules", "add", "s", "61 * * * *", "k"}), 2,
                       "minute: \"61\" is not 0 to 59"));
    EXPECT_TRUE(failed(cli.run({"schedules", "preview", "0 0 31 2 *"}), 2, "never fires"));
    EXPECT_TRUE(
        failed(cli.run({"schedules", "preview", "@daily", "--tz", "Asia/Riyad"}), 2, "Asia/Riyad"));
    EXPECT_TRUE(failed(cli.run({"schedules", "add", "s", "@daily", "k", "[]"}), 2, "JSON object"));
    EXPECT_TRUE(
        failed(cli.run({"schedules", "add", "s", "@daily", "k", "--missed", "x"}), 2, "missed"));
    EXPECT_TRUE(
        failed(cli.run({"schedules", "add", "s", "@daily", "k", "--ends-at", "soon"}), 2, "soon"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.schedule"), "0");
}

using CliTopics = CliSchedules;

TEST_F(CliTopics, GoFromSubscribeToUnsubscribe) {
    EXPECT_TRUE(succeeded(
        cli.run({"topics", "subscribe", "stock", "order.*", "stock.book", R"({"depot": "جدة"})",
                 "--queue", "stock", "--priority", "1", "--max-attempts", "2"}),
        "stock gets order.* as stock.book in stock"));
    EXPECT_TRUE(succeeded(cli.run({"topics", "subscribe", "all", "#", "log.keep", "--merge"})));
    EXPECT_TRUE(succeeded(cli.run({"topics", "list"}), "order.*"));
    const auto ids = json_lines(cli.run({"topics", "publish", "order.paid", R"({"id": 7})",
                                         "--ordering-key", "o", "--delay", "1 hour", "--json"})
                                    .out);
    EXPECT_EQ(ids.size(), 2U);
    EXPECT_EQ(sql("SELECT string_agg(concat_ws(' ', kind, payload, ordering_key), '|' ORDER BY id) "
                  "FROM barid.job"),
              "log.keep {\"id\": 7} all:o|stock.book {\"depot\": \"جدة\", \"topic\": "
              "\"order.paid\", \"message\": {\"id\": 7}} stock:o");
    EXPECT_TRUE(succeeded(cli.run({"topics", "unsubscribe", "all"}), "all is removed"));
    EXPECT_TRUE(failed(cli.run({"topics", "unsubscribe", "all"}), 1, "no subscription all"));
    const auto nobody = cli.run({"topics", "publish", "refund"});
    EXPECT_EQ(nobody.code, 0);
    EXPECT_NE(nobody.err.find("no subscription matches refund"), std::string::npos);
    const auto listed = json_lines(cli.run({"topics", "list", "--json"}).out);
    ASSERT_EQ(listed.size(), 1U);
    EXPECT_EQ(listed[0].at("pattern").as_string(), "order.*");
    EXPECT_TRUE(listed[0].at("payload").is_object());
}

TEST_F(CliTopics, SayWhatIsWrong) {
    EXPECT_TRUE(failed(cli.run({"topics", "subscribe", "s", "a.**", "k"}), 2, "a.**"));
    EXPECT_TRUE(failed(cli.run({"topics", "publish", "a..b"}), 2, "a..b"));
    EXPECT_TRUE(failed(cli.run({"topics", "publish", "a", "{"}), 2, "not usable JSON"));
    EXPECT_TRUE(
        failed(cli.run({"topics", "publish", "a", "--delay", "1 s", "--run-at", "2040-01-01"}), 2,
               "not both"));
}

}  // namespace
}  // namespace barid
