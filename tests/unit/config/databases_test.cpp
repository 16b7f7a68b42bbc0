// [database] schema, and several [[database]].
#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

class Databases : public ConfigTest {};

constexpr auto kTwo = R"(
[[database]]
name = "eu"
url = "postgresql://barid@eu.example.com/shop"
schema = "shop_jobs"
[[database]]
name = "us"
url = "postgresql://barid@us.example.com/shop"
pool_size = 4
)";

TEST_F(Databases, EachHasItsOwnKeys) {
    const Settings settings = load_text(kTwo);
    ASSERT_EQ(settings.databases.size(), 2U);
    EXPECT_EQ(settings.databases.at("eu").schema, "shop_jobs");
    EXPECT_EQ(settings.databases.at("us").schema, "barid");
    EXPECT_EQ(settings.databases.at("us").pool_size, 4);
    EXPECT_EQ(settings.databases.at("eu").pool_size, 10);
    EXPECT_EQ(settings.databases.at("us").url.reveal(), "postgresql://barid@us.example.com/shop");
}

TEST_F(Databases, TheUsualVariableIsNobodys) {
    const Settings settings = load_text(kTwo, {{"DATABASE_URL", "postgresql://other/db"}});
    EXPECT_TRUE(settings.database.url.empty());
    EXPECT_EQ(settings.databases.size(), 2U);
}

TEST_F(Databases, AVariableIsStrongerThanTheFile) {
    const Settings settings =
        load_text(kTwo, {{"BARID_DATABASES_US_URL", "postgresql://us2.example.com/shop"}});
    EXPECT_EQ(settings.databases.at("us").url.reveal(), "postgresql://us2.example.com/shop");
}

TEST_F(Databases, OneIsChosenByItsName) {
    Settings settings = load_text(kTwo);
    EXPECT_FALSE(choose_database(settings, "asia"));
    ASSERT_TRUE(choose_database(settings, "us"));
    EXPECT_EQ(settings.database.pool_size, 4);
    EXPECT_EQ(settings.database.name, "us");
    EXPECT_TRUE(settings.databases.empty());
}

TEST_F(Databases, AListOfOneIsThatOne) {
    const Settings settings = load_text("[[database]]\nname = \"eu\"\nurl = \"host=eu\"\n");
    EXPECT_EQ(settings.database.url.reveal(), "host=eu");
    EXPECT_TRUE(settings.databases.empty());
}

TEST_F(Databases, WhatPrintsCanBeReadAgainWithoutASecret) {
    const std::string text = render(load_text(kTwo));
    EXPECT_NE(text.find("[databases.eu]"), std::string::npos);
    EXPECT_NE(text.find("schema = \"shop_jobs\""), std::string::npos);
    EXPECT_EQ(text.find("example.com"), std::string::npos) << text;
}

TEST_F(Databases, EveryMistakeIsNamed) {
    const auto lines = problems(R"([[database]]
url = "host=a"
[[database]]
name = "eu"
[[database]]
name = "eu"
url = "host=b"
[[database]]
name = "us"
url = "host=c"
pool_siz = 3
)");
    ASSERT_EQ(lines.size(), 4U) << testing::PrintToString(lines);
    EXPECT_NE(lines[0].find("barid.toml:1: database.name"), std::string::npos) << lines[0];
    EXPECT_NE(lines[1].find("barid.toml:5: database.name"), std::string::npos) << lines[1];
    EXPECT_NE(lines[2].find("databases.us.pool_size"), std::string::npos) << lines[2];
    EXPECT_NE(lines[3].find("databases.eu.url"), std::string::npos) << lines[3];
}

TEST_F(Databases, ASchemaMustNeedNoQuotes) {
    EXPECT_EQ(load_text("[database]\nschema = \"_a1\"").database.schema, "_a1");
    for (const std::string name : {"Shop", "1a", "pg_a", "public", "select", "a-b", "a b", "متجر",
                                   "a_name_of_forty_two_characters_is_too_long"}) {
        EXPECT_EQ(problems("[database]\nschema = \"" + name + "\"").size(), 1U) << name;
    }
}

}  // namespace
}  // namespace barid::config
