// `barid enqueue` with all that a job may say, `barid batches` and `barid keys`.
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::succeeded;

class CliEnqueue : public testing::Test {
  protected:
    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliEnqueue, SaysWhatHappenedToTheRequest) {
    const std::vector<std::string> unique = {"enqueue", "work", "--unique-key", "طلب:١٧", "--json"};
    EXPECT_TRUE(succeeded(cli.run(unique), R"({"id":1,"outcome":"inserted"})"));
    EXPECT_TRUE(succeeded(cli.run(unique), R"({"id":1,"outcome":"deduplicated"})"));
    EXPECT_TRUE(succeeded(cli.run({"enqueue", "work", R"({"v": 2})", "--unique-key", "طلب:١٧",
                                   "--on-conflict", "replace", "--json"}),
                          R"({"id":1,"outcome":"replaced"})"));
}

TEST_F(CliEnqueue, EveryOptionArrives) {
    EXPECT_TRUE(succeeded(cli.run({"enqueue", "a"})));
    EXPECT_TRUE(
        succeeded(cli.run({"enqueue", "b", "--after", "1", "--on-parent-failure", "wait"})));
    EXPECT_EQ(database.sql("SELECT (after, on_parent_failure) FROM barid.job WHERE kind = 'b'"),
              "({1},wait)");
    EXPECT_TRUE(succeeded(cli.run({"enqueue", "c", "--limit-key", "متجر"})));
    EXPECT_EQ(database.sql("SELECT limit_key FROM barid.job WHERE kind = 'c'"), "متجر");
    EXPECT_TRUE(succeeded(cli.run({"enqueue", "d", "--unique-key", "k", "--debounce", "1 hour"})));
    EXPECT_EQ(database.sql("SELECT (unique_while, debounce) FROM barid.job WHERE kind = 'd'"),
              "(waiting,01:00:00)");
    EXPECT_TRUE(failed(cli.run({"enqueue", "e", "--throttle", "1 hour"}), 2, "unique_key"));
    EXPECT_TRUE(failed(cli.run({"enqueue", "e", "--unique-while", "always"}), 2, "unique-while"));
}

TEST_F(CliEnqueue, ABatchIsAddedAndSeen) {
    EXPECT_TRUE(succeeded(cli.run({"batches", "add", R"([{"kind": "a"}, {"kind": "b"}])", "--name",
                                   "تخفيضات", "--on-finished", R"({"kind": "c"})"}),
                          "1"));
    EXPECT_TRUE(succeeded(cli.run({"batches", "list"}), "تخفيضات"));
    EXPECT_TRUE(succeeded(cli.run({"batches", "list", "--json"}), R"("live":2)"));
    EXPECT_TRUE(failed(cli.run({"batches", "add", "{}"}), 2, "must be a JSON array"));
    EXPECT_TRUE(failed(cli.run({"batches", "add", "[]", "--on-success", "[]"}), 2, "JSON object"));
}

TEST_F(CliEnqueue, ABlockedKeyIsListedAndFreed) {
    database.sql(
        "INSERT INTO barid.ordering_slot (ordering_key, job_id, blocked) "
        "VALUES ('order:1017', 5, true)");
    EXPECT_TRUE(succeeded(cli.run({"keys", "list"}), "order:1017"));
    EXPECT_TRUE(succeeded(cli.run({"keys", "unblock", "order:1017"}), "goes on"));
    EXPECT_TRUE(failed(cli.run({"keys", "unblock", "order:1017"}), 1, "is not blocked"));
}

}  // namespace
}  // namespace barid
