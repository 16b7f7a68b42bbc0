#include "queue/pg/statement_text.hpp"

#include <gtest/gtest.h>

namespace barid::pg {
namespace {

TEST(InSchema, LeavesTheDefaultAlone) {
    EXPECT_EQ(in_schema("SELECT barid.settle($1)", "barid"), "SELECT barid.settle($1)");
}

TEST(InSchema, ReplacesTheWholeWordWhereverItStands) {
    EXPECT_EQ(in_schema("SELECT barid.enqueue('a'), barid.wake('b') FROM barid.job", "shop_jobs"),
              "SELECT shop_jobs.enqueue('a'), shop_jobs.wake('b') FROM shop_jobs.job");
    EXPECT_EQ(in_schema("SET search_path = pg_catalog, barid, pg_temp", "s"),
              "SET search_path = pg_catalog, s, pg_temp");
    EXPECT_EQ(in_schema("SELECT to_regclass('barid.migration')", "s"),
              "SELECT to_regclass('s.migration')");
    EXPECT_EQ(in_schema("SET LOCAL barid.notify = off", "s"), "SET LOCAL s.notify = off");
    EXPECT_EQ(in_schema("barid", "s"), "s");
}

TEST(InSchema, TheChannelsAreTheSchemas) {
    EXPECT_EQ(in_schema("LISTEN barid", "s"), "LISTEN s");
    EXPECT_EQ(
        in_schema("pg_notify('barid_cancel', id::text), pg_notify('barid_schedule', '')", "s"),
        "pg_notify('s_cancel', id::text), pg_notify('s_schedule', '')");
}

TEST(InSchema, ARolesNameInsideALongerOneIsNoRole) {
    EXPECT_EQ(in_schema("LISTEN barid_workers", "s"), "LISTEN s_workers");
}

TEST(InSchema, OtherWordsThatHoldTheNameStay) {
    for (const char* text :
         {"GRANT barid_worker TO barid_producer", "barid_operator, 'barid_readonly'", "my_barid.x",
          "barids", "abarid", "barid2", "barid$", "aبbarid"}) {
        EXPECT_EQ(in_schema(text, "s"), text);
    }
}

TEST(InSchema, ASchemaThatHoldsTheNameIsPutInOnce) {
    EXPECT_EQ(in_schema("SELECT barid.x, barid.y", "barid_shop"),
              "SELECT barid_shop.x, barid_shop.y");
}

TEST(Statements, KeepsTheTextAndGivesEachANameOfItsOwn) {
    Statements statements;
    const std::string first = statements.get("SELECT barid.a()", "s").name;
    EXPECT_EQ(statements.get("SELECT barid.a()", "s").text, "SELECT s.a()");
    EXPECT_FALSE(statements.get("SELECT barid.a()", "s").is_new);
    EXPECT_NE(statements.get("SELECT barid.b()", "s").name, first);
    statements.forget("SELECT barid.a()");
    EXPECT_TRUE(statements.get("SELECT barid.a()", "s").is_new);
    EXPECT_NE(statements.get("SELECT barid.a()", "s").name, first);
}

TEST(SettingsStatement, QuotesWhatItIsGiven) {
    EXPECT_EQ(settings_statement({}, Scope::session), "");
    EXPECT_EQ(settings_statement({{"jit", "off"}, {"role", "o'neil"}}, Scope::transaction),
              "SELECT set_config('jit', 'off', true), set_config('role', 'o''neil', true)");
}

}  // namespace
}  // namespace barid::pg
