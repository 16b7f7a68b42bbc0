#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliJobs : public testing::Test {
  protected:
    /// The id of a new job.
    std::string enqueue(std::vector<std::string> words) {
        words.insert(words.begin(), "enqueue");
        const auto result = cli.run(words);
        EXPECT_TRUE(succeeded(result));
        return result.out.substr(0, result.out.find('\n'));
    }
    std::string state_of(const std::string& id) {
        return database.sql("SELECT state FROM barid.jobs WHERE id = " + id);
    }

    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliJobs, GoFromEnqueueToRetry) {
    const std::string id = enqueue({"greet", R"({"to": "نورة"})", "--delay", "1 hour"});
    EXPECT_TRUE(succeeded(cli.run({"jobs", "list"}), "greet"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "show", id}), "نورة"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "cancel", id}), id + " is cancelled"));
    EXPECT_EQ(state_of(id), "cancelled");
    EXPECT_TRUE(failed(cli.run({"jobs", "cancel", id}), 1, "cannot be cancelled"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "retry", id}), id + " runs again"));
    EXPECT_EQ(state_of(id), "waiting");
    EXPECT_TRUE(succeeded(cli.run({"jobs", "list", "--state", "waiting"}), "greet"));
    const auto none = cli.run({"jobs", "list", "--state", "failed"});
    EXPECT_EQ(none.out.find("greet"), std::string::npos);
}

TEST_F(CliJobs, EveryOptionArrives) {
    const std::string id = enqueue({"greet", "{}", "--queue", "mail", "--priority", "2", "--run-at",
                                    "2040-01-02 03:04:05+00", "--max-attempts", "3", "--unique-key",
                                    "u", "--ordering-key", "o"});
    EXPECT_EQ(
        database.sql("SELECT concat_ws('|', queue, priority, extract(epoch FROM run_at)::int8, "
                     "max_attempts, unique_key, ordering_key) FROM barid.job WHERE id = " +
                     id),
        "mail|2|2209086245|3|u|o");
    EXPECT_EQ(enqueue({"greet", "{}", "--queue", "mail", "--unique-key", "u"}), id);
}

TEST_F(CliJobs, PrintJsonThatParses) {
    const auto made = cli.run({"enqueue", "2026-11", "{}", "--queue", "t", "--json"});
    const json::value first = json_lines(made.out).at(0);
    EXPECT_EQ(first.at("id").as_int64(), 1);
    enqueue({"b"});
    database.sql(
        "UPDATE barid.job SET errors = jsonb_build_array(jsonb_build_object('error', "
        "E'\"quoted\"\\nline \\u001b[31m')) WHERE id = 1");

    const auto jobs = json_lines(cli.run({"jobs", "list", "--json"}).out);
    ASSERT_EQ(jobs.size(), 2U);
    EXPECT_EQ(jobs[1].at("kind").as_string(), "2026-11");
    EXPECT_EQ(jobs[1].at("queue").as_string(), "t");
    EXPECT_EQ(jobs[1].at("last_error").as_string(), "\"quoted\"\nline \x1B[31m");
    EXPECT_EQ(jobs[1].at("priority").as_int64(), 5);

    const auto shown = json_lines(cli.run({"jobs", "show", "1", "--json"}).out);
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_TRUE(shown[0].at("payload").is_object());

    const auto queues = json_lines(cli.run({"queues", "list", "--json"}).out);
    ASSERT_EQ(queues.size(), 2U);
    EXPECT_EQ(queues[0].at("name").as_string(), "default");
    EXPECT_TRUE(queues[0].at("paused").is_bool());
    EXPECT_EQ(queues[1].at("due").as_int64(), 1);

    const auto cancelled = cli.run({"jobs", "cancel", "1", "77", "--json"});
    EXPECT_EQ(cancelled.code, 1);
    const auto lines = json_lines(cancelled.out);
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_TRUE(lines[0].at("done").as_bool());
    EXPECT_FALSE(lines[1].at("done").as_bool());
}

TEST_F(CliJobs, ATableShowsNoControlCharacters) {
    enqueue({"greet"});
    database.sql(
        "UPDATE barid.job SET errors = jsonb_build_array(jsonb_build_object('error', "
        "E'one\\ntwo \\u001b[31m'))");
    const auto table = cli.run({"jobs", "list"});
    EXPECT_TRUE(succeeded(table, "one two  [31m"));
    EXPECT_EQ(table.out.find('\x1B'), std::string::npos);
}

TEST_F(CliJobs, ABadPayloadIsToldBeforeAnythingIsSent) {
    EXPECT_TRUE(failed(cli.run({"enqueue", "greet", "{\"to\": "}), 2, "not usable JSON"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "greet", "Noura"}), 2, "at byte 0"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "greet", "[1, 2]"}), 2, "must be a JSON object"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "greet", "null"}), 2, "must be a JSON object"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "greet", "{\"a\": \"\xFF\"}"}), 2, "payload"));
    std::string deep;
    for (int i = 0; i < 10'000; ++i) deep += "{\"a\":";
    EXPECT_TRUE(failed(cli.run({"enqueue", "greet", deep}), 2, "payload"));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
}

TEST_F(CliJobs, ABadTimeIsToldByTheDatabase) {
    EXPECT_TRUE(failed(cli.run({"enqueue", "a", "{}", "--delay", "soon"}), 2, "soon"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "a", "{}", "--run-at", "never"}), 2, "never"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "a", "{}", "--run-at", "2040-01-01", "--delay", "1s"}),
                       2, "not both"));
}

TEST_F(CliJobs, AnUnknownJobIsAFailure) {
    EXPECT_TRUE(failed(cli.run({"jobs", "show", "4711"}), 1, "there is no job 4711"));
    EXPECT_TRUE(failed(cli.run({"jobs", "retry", "4711"}), 1, "job 4711 cannot be retried"));
}

TEST_F(CliJobs, SqlInAnOptionIsJustText) {
    const std::string key = "x'); DROP SCHEMA barid CASCADE; --";
    const std::string id =
        enqueue({"greet", R"({"a": "'; DROP TABLE barid.job; --"})", "--unique-key", key});
    EXPECT_EQ(database.sql("SELECT unique_key FROM barid.job WHERE id = " + id), key);
}

TEST_F(CliJobs, QueuesPauseAndResume) {
    EXPECT_TRUE(succeeded(cli.run({"queues", "pause", "mail"}), "mail is paused"));
    EXPECT_EQ(database.sql("SELECT paused FROM barid.queue WHERE name = 'mail'"), "t");
    EXPECT_TRUE(succeeded(cli.run({"queues", "list"}), "mail     yes "));
    const auto resumed = cli.run({"queues", "resume", "mail", "--json"});
    EXPECT_FALSE(json_lines(resumed.out).at(0).at("paused").as_bool());
    EXPECT_EQ(database.sql("SELECT paused FROM barid.queue WHERE name = 'mail'"), "f");
}

}  // namespace
}  // namespace barid
