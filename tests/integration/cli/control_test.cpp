// `barid jobs …`, `queues …`, `kinds …` and `dead …`: operators' commands.
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliControl : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    void enqueue(int count, const std::string& arguments = "'a'") {
        sql("SELECT barid.enqueue(" + arguments + ") FROM generate_series(1, " +
            std::to_string(count) + ")");
    }

    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliControl, JobsAreSteeredById) {
    enqueue(2, "'a', delay => '1 hour'");
    EXPECT_TRUE(succeeded(cli.run({"jobs", "run-now", "1"}), "1 starts now"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "snooze", "1", "2", "--by", "1 day"}), "2 is snoozed"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "priority", "1", "--to", "0"}), "the new priority"));
    EXPECT_TRUE(
        succeeded(cli.run({"jobs", "reschedule", "2", "--to", "2040-01-02 03:04:05+00"}), "2 is"));
    EXPECT_EQ(sql("SELECT priority || ' ' || (run_at > now() + interval '23 hours') FROM barid.job "
                  "WHERE id = 1"),
              "0 true");
    EXPECT_EQ(sql("SELECT extract(epoch FROM run_at)::bigint FROM barid.job WHERE id = 2"),
              "2209086245");
    EXPECT_TRUE(succeeded(cli.run({"jobs", "cancel", "1", "--reason", "انتهى"}), "1 is cancelled"));
    EXPECT_EQ(sql("SELECT errors->-1->>'error' FROM barid.jobs WHERE id = 1"), "انتهى");
    EXPECT_TRUE(failed(cli.run({"jobs", "snooze", "1", "--by", "1 day"}), 1,
                       "job 1 cannot be snoozed: it runs, is finished"));
    EXPECT_TRUE(failed(cli.run({"jobs", "snooze", "2", "--by", "soon"}), 2, "soon"));
    EXPECT_TRUE(failed(cli.run({"jobs", "priority", "2", "--to", "12"}), 2, "12"));
}

TEST_F(CliControl, JobsAreSteeredByFilterWithPreviewAndLimit) {
    enqueue(2500, "'a', tags => '{user:7}'");
    enqueue(1, "'b'");
    EXPECT_TRUE(
        succeeded(cli.run({"jobs", "cancel", "--tag", "user:7", "--preview"}), "2500 jobs match"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "2501");
    const auto some = cli.run({"jobs", "cancel", "--tag", "user:7", "--limit", "1100"});
    EXPECT_TRUE(succeeded(some, "1100 jobs cancelled"));
    EXPECT_NE(some.err.find("more match"), std::string::npos);
    const auto rest =
        json_lines(cli.run({"jobs", "cancel", "--kind", "a", "--limit", "5000", "--json"}).out);
    EXPECT_EQ(rest.at(0).at("changed").as_int64(), 1400);
    EXPECT_FALSE(rest.at(0).at("more").as_bool());
    EXPECT_EQ(sql("SELECT kind FROM barid.job"), "b");
    const auto preview =
        json_lines(cli.run({"jobs", "retry", "--state", "cancelled", "--preview", "--json"}).out);
    EXPECT_EQ(preview.at(0).at("total").as_int64(), 2500);
    EXPECT_TRUE(succeeded(cli.run({"jobs", "priority", "--all", "--to", "1"}), "1 job changed"));
}

TEST_F(CliControl, WhichJobsMustBeSaid) {
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel"}), 2, "say which jobs"));
    EXPECT_TRUE(failed(cli.run({"jobs", "retry", "--limit", "5"}), 2, "say which jobs"));
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel", "7", "--kind", "a"}), 2, "not both"));
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel", "--payload", "{"}), 2, "--payload"));
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel", "--payload", "[1]"}), 2, "a JSON object"));
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel", "--before", "soon"}), 2, "a timestamp"));
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel", "--state", "completed"}), 2, "completed"));
}

TEST_F(CliControl, AnOptionIsJustText) {
    enqueue(1);
    const std::string hostile = "x'}'); DROP TABLE barid.job; --\"";
    EXPECT_TRUE(succeeded(cli.run({"jobs", "cancel", "--tag", hostile}), "0 jobs cancelled"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "1");
}

TEST_F(CliControl, KindsPauseAndResume) {
    EXPECT_TRUE(succeeded(cli.run({"kinds", "pause", "mail.send"}), "mail.send is paused"));
    sql("INSERT INTO barid.job (kind, run_at, due_at, parked_by) "
        "SELECT 'mail.send', 'infinity', now(), 'kind' FROM generate_series(1, 12000)");
    const auto listed = json_lines(cli.run({"kinds", "list", "--json"}).out);
    EXPECT_TRUE(listed.at(0).at("paused").as_bool());
    EXPECT_EQ(listed.at(0).at("held").as_int64(), 12000);
    EXPECT_TRUE(succeeded(cli.run({"kinds", "resume", "mail.send"}), "12000 parked jobs"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE parked_by = 'kind'"), "0");
    EXPECT_TRUE(failed(cli.run({"kinds", "pause", "No Kind"}), 2, "must be 1 to 63"));
}

TEST_F(CliControl, DeadLettersAreListedSentBackAndDiscarded) {
    sql("INSERT INTO barid.job (queue, kind, origin_id, origin_queue, errors) SELECT 'dead', "
        "'mail.send', n, 'mail', '[{\"error\": \"no such host\"}]' FROM generate_series(1, 5) n");
    EXPECT_TRUE(succeeded(cli.run({"dead", "list"}), "no such host"));
    EXPECT_TRUE(succeeded(cli.run({"dead", "redrive", "--all", "--preview"}), "5 jobs match"));
    EXPECT_TRUE(failed(cli.run({"dead", "redrive"}), 2, "say which jobs"));
    EXPECT_TRUE(
        succeeded(cli.run({"dead", "redrive", "--origin", "mail", "--limit", "2", "--rate", "1"}),
                  "2 jobs sent back"));
    EXPECT_EQ(sql("SELECT round(extract(epoch FROM max(run_at) - min(run_at))) FROM barid.job "
                  "WHERE queue = 'mail'"),
              "1");
    EXPECT_TRUE(succeeded(cli.run({"dead", "redrive", "3", "--to", "repair"}), "1 job sent back"));
    EXPECT_EQ(sql("SELECT queue FROM barid.job WHERE id = 3"), "repair");
    EXPECT_TRUE(succeeded(cli.run({"dead", "discard", "--all"}), "2 jobs discarded"));
    EXPECT_EQ(sql("SELECT string_agg(errors->-1->>'error', ' ') FROM barid.job_history"),
              "discarded discarded");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "3");
    EXPECT_TRUE(succeeded(cli.run({"jobs", "lineage", "3"}), "redriven"));
    EXPECT_TRUE(failed(cli.run({"jobs", "lineage", "4711"}), 1, "there is no job 4711"));
}

TEST_F(CliControl, QueuesAreSetAndShown) {
    EXPECT_TRUE(failed(cli.run({"queues", "show", "mail"}), 1, "no settings of its own"));
    EXPECT_TRUE(succeeded(cli.run({"queues", "set", "mail", "retention=3 days", "concurrency=7",
                                   "redact=email,phone", "dead_letter=mail.dead"}),
                          "mail.dead"));
    const auto shown = json_lines(cli.run({"queues", "show", "mail", "--json"}).out).at(0);
    EXPECT_EQ(shown.at("concurrency").as_int64(), 7);
    EXPECT_EQ(shown.at("redact").as_array().size(), 2U);
    EXPECT_TRUE(succeeded(cli.run({"queues", "set", "mail", "concurrency=default", "redact="})));
    EXPECT_EQ(sql("SELECT concurrency IS NULL AND redact IS NULL AND retention = '3 days' "
                  "FROM barid.queue WHERE name = 'mail'"),
              "t");
    EXPECT_TRUE(failed(cli.run({"queues", "set", "mail", "retention"}), 2, "write key=value"));
    EXPECT_TRUE(
        failed(cli.run({"queues", "set", "mail", "retension=1 day"}), 2, "no key \"retension\""));
    EXPECT_TRUE(failed(cli.run({"queues", "set", "mail", "concurrency=0"}), 2,
                       "\"concurrency\" of queue mail is \"0\""));
}

TEST_F(CliControl, APersonIsForgotten) {
    enqueue(1200, "'a', '{\"name\": \"Noura\"}', tags => '{user:1}'");
    EXPECT_TRUE(succeeded(cli.run({"jobs", "forget", "--tag", "user:1"}),
                          "1200 waiting jobs cancelled and erased"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job_history WHERE payload = '{}'"), "1200");
    EXPECT_TRUE(failed(cli.run({"jobs", "forget"}), 2, "--tag"));
    const auto again = json_lines(cli.run({"jobs", "forget", "--tag", "user:1", "--json"}).out);
    EXPECT_EQ(again.at(0).at("erased").as_int64(), 0);
}

}  // namespace
}  // namespace barid
