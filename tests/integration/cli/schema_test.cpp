// `[database] schema`: the commands in another schema than `barid`.
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid::support {
namespace {

class InAnotherSchema : public testing::Test {
  protected:
    InAnotherSchema() { cli.environment["BARID_DATABASE_SCHEMA"] = "shop_jobs"; }
    TestDatabase database{Schema::empty};
    Cli cli{database.url()};
};

TEST_F(InAnotherSchema, EveryCommandFindsItsWay) {
    EXPECT_TRUE(succeeded(cli.run({"migrate"}), "applied"));
    EXPECT_TRUE(succeeded(cli.run({"migrate"}), "up to date"));
    const CliResult added = cli.run({"enqueue", "greet", R"({"to": "نورة"})"});
    ASSERT_TRUE(succeeded(added));
    const std::string id = added.out.substr(0, added.out.find('\n'));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "list"}), "greet"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "show", id}), "نورة"));
    EXPECT_TRUE(succeeded(cli.run({"queues", "list"}), "default"));
    EXPECT_TRUE(succeeded(cli.run({"jobs", "cancel", id})));
    EXPECT_EQ(database.sql("SELECT state FROM shop_jobs.jobs"), "cancelled");
    EXPECT_EQ(database.sql("SELECT count(*) FROM pg_namespace WHERE nspname = 'barid'"), "0");
}

TEST_F(InAnotherSchema, TheDoctorLooksThere) {
    cli.run({"migrate"});
    const CliResult doctor = cli.run({"doctor", "--json"});
    for (const json::value& line : json_lines(doctor.out)) {
        const auto* check = line.as_object().if_contains("check");
        if (check == nullptr || check->as_string() != "schema") continue;
        EXPECT_EQ(line.at("status").as_string(), "ok") << doctor.out;
        return;
    }
    ADD_FAILURE() << "no check of the schema in " << doctor.out;
}

TEST_F(InAnotherSchema, ANameThatNeedsQuotesIsRefused) {
    for (const char* name : {"Shop", "1st", "pg_shop", "public", "select", "a-b", "a;b",
                             "a_name_of_forty_two_characters_is_too_long_"}) {
        cli.environment["BARID_DATABASE_SCHEMA"] = name;
        EXPECT_TRUE(failed(cli.run({"migrate"}), 3, "BARID_DATABASE_SCHEMA")) << name;
    }
}

}  // namespace
}  // namespace barid::support
