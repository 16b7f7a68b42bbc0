#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliBroadcast : public testing::Test {
  protected:
    std::string create() {
        const auto made = cli.run({"notify", "broadcast", "create", "general", "--segment",
                                   "SELECT id AS user_id FROM customers", "--title", "en=Sale",
                                   "--title", "ar=تخفيضات", "--body", "en=Half price", "--body",
                                   "ar=نصف السعر", "--actor", "amal", "--json"});
        EXPECT_TRUE(succeeded(made));
        return std::string(json_lines(made.out).at(0).at("id").as_string());
    }
    CliBroadcast() {
        database.sql(
            "SELECT barid.upsert_user('u1'); CREATE TABLE customers AS SELECT id FROM "
            "barid.app_user; GRANT SELECT ON customers TO barid_segment");
    }

    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliBroadcast, GoesFromDraftToRunningAndIsSteered) {
    const std::string id = create();
    EXPECT_EQ(create(), id) << "the same content is the same broadcast";
    EXPECT_TRUE(succeeded(cli.run({"notify", "broadcast", "preview", id}), "\"users\": 1"));
    EXPECT_TRUE(
        succeeded(cli.run({"notify", "broadcast", "start", id, "--actor", "badr"}), "running"));
    EXPECT_TRUE(succeeded(cli.run({"notify", "broadcast", "pause", id}), "paused"));
    EXPECT_TRUE(succeeded(cli.run({"notify", "broadcast", "resume", id}), "running"));
    EXPECT_TRUE(succeeded(cli.run({"notify", "broadcast", "cancel", id}), "cancelled"));
    const auto rows = json_lines(cli.run({"notify", "broadcast", "progress", id, "--json"}).out);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows.at(0).at("state"), "cancelled");
    EXPECT_TRUE(succeeded(cli.run({"notify", "broadcast", "list"}), id));
    EXPECT_EQ(database.sql("SELECT string_agg(actor || ' ' || action, ',' ORDER BY id) FROM "
                           "(SELECT * FROM barid.broadcast_event ORDER BY id LIMIT 2) e"),
              "amal create,badr start");
}

TEST_F(CliBroadcast, SaysWhatIsWrong) {
    EXPECT_TRUE(failed(cli.run({"notify", "broadcast", "create", "nope", "--user", "u1", "--title",
                                "en=x", "--body", "en=y"}),
                       2, "barid.upsert_category"));
    EXPECT_TRUE(failed(cli.run({"notify", "broadcast", "create", "general", "--user", "u1",
                                "--title", "Sale", "--body", "en=y"}),
                       2, "--title needs a language first"));
    EXPECT_TRUE(
        failed(cli.run({"notify", "broadcast", "progress", "00000000-0000-0000-0000-000000000000"}),
               2, "there is no broadcast"));
}

}  // namespace
}  // namespace barid
