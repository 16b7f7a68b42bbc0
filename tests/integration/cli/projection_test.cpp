// `barid projection …` as processes, and a rebuild by a worker.
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"
#include "tests/support/shop.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliProjection : public testing::Test {
  protected:
    CliProjection() {
        support::install_shop(database);
        support::stock_small_shop(database);
        cli.environment["BARID_SHOP_ENABLED"] = "true";
        file = cli.file("barid.toml", "[projection.wishlist]\nbatch = 1000\n");
    }
    std::string sql(const std::string& text) const { return database.sql(text); }

    support::CliResult run(std::vector<std::string> words) {
        words.insert(words.begin(), {"--config", file});
        return cli.run(words);
    }

    support::TestDatabase database;
    Cli cli{database.url()};
    std::string file;
};

TEST_F(CliProjection, ListsWhatIsConfigured) {
    EXPECT_TRUE(succeeded(run({"projection", "list"}), "wishlist"));
    const auto shown = json_lines(run({"projection", "list", "--json"}).out);
    ASSERT_EQ(shown.size(), 1U);
    EXPECT_EQ(shown[0].at("state"), "idle");
    EXPECT_EQ(shown[0].at("active"), 1);
    EXPECT_TRUE(shown[0].at("kept").is_null());
}

TEST_F(CliProjection, ARebuildIsDoneByAWorkerAndUndoneByOne) {
    // Nobody delivers what the triggers wrote: the new version is ahead of the one that is read.
    const auto asked = run({"projection", "rebuild", "wishlist", "--reason", "أسماء جديدة",
                            "--actor", "huda", "--differs", "--json"});
    EXPECT_TRUE(succeeded(asked));
    EXPECT_GT(json_lines(asked.out).at(0).at("job").as_int64(), 0);
    const auto worker = cli.start({"--config", file, "work"});
    const auto until = [&](const std::string& active) {
        // Asked in the server, which waits between its looks.
        return sql("DO $$ BEGIN FOR i IN 1..1500 LOOP EXIT WHEN EXISTS (SELECT FROM "
                   "barid.projection WHERE active_version = " +
                   active +
                   "); PERFORM pg_sleep(0.02); END LOOP; END $$; "
                   "SELECT active_version FROM barid.projection") == active;
    };
    EXPECT_TRUE(until("2")) << cli.stderr_text();
    EXPECT_EQ(sql("SELECT actor || ' ' || reason FROM barid.projection_history "
                  "WHERE action = 'swapped'"),
              "huda أسماء جديدة");
    EXPECT_EQ(sql("SELECT version FROM shop.wishlist_version"), "2");
    EXPECT_TRUE(succeeded(run({"projection", "rollback", "wishlist"}), "rolls back wishlist"));
    EXPECT_TRUE(until("1")) << cli.stderr_text();
    EXPECT_EQ(sql("SELECT version FROM shop.wishlist_version"), "1");
}

TEST_F(CliProjection, SaysWhatCantBeDone) {
    EXPECT_TRUE(failed(run({"projection", "rebuild", "wishes"}), 2,
                       "there is no [projection.wishes] in the settings"));
    EXPECT_TRUE(failed(run({"projection", "rollback", "wishlist"}), 1,
                       "wishlist has no version to go back to"));
    EXPECT_TRUE(
        failed(run({"projection", "cancel", "wishlist"}), 1, "wishlist isn't being rebuilt"));
    sql("INSERT INTO barid.projection (name, step, building_version, job_id) "
        "VALUES ('wishlist', 'filling', 2, 7)");
    EXPECT_TRUE(failed(run({"projection", "rollback", "wishlist"}), 1,
                       "wishlist is being rebuilt by job 7"));
    EXPECT_TRUE(succeeded(run({"projection", "cancel", "wishlist"}), "ends at its next step"));
    EXPECT_TRUE(succeeded(run({"projection", "list"}), "cancelling"));
}

TEST_F(CliProjection, InstallingTheShopSchedulesThePruning) {
    EXPECT_TRUE(succeeded(run({"shop", "install"})));
    EXPECT_EQ(sql("SELECT kind FROM barid.schedules WHERE name = 'projection-prune'"),
              "projection.prune");
}

}  // namespace
}  // namespace barid
