#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliTranslate : public testing::Test {
  protected:
    CliTranslate() {
        database.sql(
            "CREATE TABLE product (id int PRIMARY KEY, name text, name_ar text);"
            "SELECT barid.auto_translate('product', columns => '{name}');"
            "INSERT INTO product SELECT i, 'Red shirt ' || i FROM generate_series(1, 3) i");
    }
    /// A review of each row, as a worker leaves it.
    void refuse_all(const std::string& reason = "placeholders") const {
        database.sql(
            "INSERT INTO barid.translation_review (entity_type, entity_id, field, target_lang, "
            "source_lang, format, source_text, source_hash, reason, suggestion) "
            "SELECT entity_type, entity_id, field, target_lang, source_lang, format, source_text, "
            "source_hash, '" +
            reason + "', 'قميص أحمر ' || entity_id FROM barid.translation ORDER BY entity_id");
    }
    std::string shown(int id) const {
        return database.sql("SELECT coalesce(name_ar, '-') FROM product WHERE id = " +
                            std::to_string(id));
    }

    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliTranslate, ReviewsOneByOne) {
    refuse_all();
    const auto listed = cli.run({"translate", "review", "list", "--limit", "2"});
    EXPECT_TRUE(succeeded(listed,
                          "1  product 1 name  en > ar  placeholders\n"
                          "  source      Red shirt 1\n"
                          "  suggestion  قميص أحمر 1\n"));
    EXPECT_EQ(listed.out.find("Red shirt 3"), std::string::npos);
    EXPECT_TRUE(succeeded(listed, "placeholders  ar    3"));
    EXPECT_TRUE(succeeded(cli.run({"translate", "review", "show", "2"}), "قميص أحمر 2"));

    EXPECT_TRUE(succeeded(cli.run({"translate", "review", "accept", "1", "--actor", "amal"}),
                          "review 1 is published"));
    EXPECT_EQ(shown(1), "قميص أحمر 1");
    EXPECT_TRUE(succeeded(
        cli.run({"translate", "review", "edit", "2", "قميصٌ أحمر", "--actor", "badr", "--json"}),
        R"({"id":2,"done":true})"));
    EXPECT_EQ(shown(2), "قميصٌ أحمر");
    EXPECT_TRUE(succeeded(
        cli.run({"translate", "review", "reject", "3", "--reason", "ليس قميصا", "--actor", "amal"}),
        "review 3 is rejected"));
    EXPECT_TRUE(failed(cli.run({"translate", "review", "reject", "3"}), 1, "is not open"));
    EXPECT_EQ(database.sql("SELECT string_agg(id || ' ' || state || ' ' || resolved_by || "
                           "coalesce(' ' || note, ''), ',' ORDER BY id) "
                           "FROM barid.translation_reviews"),
              "1 approved amal,2 approved badr,3 rejected amal ليس قميصا");
    const auto rows =
        json_lines(cli.run({"translate", "review", "list", "--state", "rejected", "--json"}).out);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].at("suggestion"), "قميص أحمر 3");
}

TEST_F(CliTranslate, AcceptsManyOfOneReason) {
    refuse_all("length");
    EXPECT_TRUE(failed(cli.run({"translate", "review", "accept"}), 2, "--reason"));
    database.sql("UPDATE product SET name = 'Blue shirt' WHERE id = 2");
    EXPECT_TRUE(succeeded(cli.run({"translate", "review", "accept", "--reason", "length", "--limit",
                                   "1", "--lang", "ar"}),
                          "1 reviews"));
    EXPECT_EQ(shown(1) + shown(3), "قميص أحمر 1-");
    EXPECT_EQ(database.sql("SELECT barid.accept_translations('length', actor => 'amal')"), "1");
    EXPECT_EQ(shown(2) + shown(3), "-قميص أحمر 3") << "the source of 2 has changed";
}

TEST_F(CliTranslate, SaysWhenTheSourceHasMovedOn) {
    refuse_all();
    database.sql("SET session_replication_role = replica; UPDATE product SET name = 'New'");
    EXPECT_TRUE(
        failed(cli.run({"translate", "review", "accept", "1"}), 1, "the source has changed"));
    EXPECT_EQ(shown(1), "-");
}

TEST_F(CliTranslate, ShowsStatesAndTakesAPersonsText) {
    EXPECT_TRUE(succeeded(
        cli.run({"translate", "set", "product", "1", "name", "ar", "قميص", "--actor", "amal"}),
        "published"));
    EXPECT_EQ(shown(1), "قميص");
    EXPECT_TRUE(succeeded(cli.run({"translate", "status", "product", "1"}),
                          "name  en > ar  published  human (amal)\n"
                          "  source      Red shirt 1\n"
                          "  text        قميص\n"));
    const auto counts = json_lines(cli.run({"translate", "status", "--json"}).out);
    ASSERT_EQ(counts.size(), 1U);
    EXPECT_EQ(counts[0].at("published"), 1);
    EXPECT_EQ(counts[0].at("pending"), 2);
    EXPECT_TRUE(failed(cli.run({"translate", "status", "product", "99"}), 1, "nothing is known"));
    EXPECT_TRUE(failed(cli.run({"translate", "set", "product", "1", "name", "ar", " "}), 2,
                       "text must not be empty"));
}

TEST_F(CliTranslate, StartsAndSteersABackfill) {
    EXPECT_TRUE(
        succeeded(cli.run({"translate", "backfill", "product", "--preview"}), "characters"));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.translation_backfills"), "0");
    EXPECT_TRUE(succeeded(cli.run({"translate", "backfill", "public.product"}), "1\n"));
    EXPECT_TRUE(succeeded(cli.run({"translate", "backfill", "--entity-type", "product", "--json"}),
                          R"({"id":1})"));
    EXPECT_TRUE(succeeded(cli.run({"translate", "backfills", "pause", "1"}), "paused"));
    EXPECT_TRUE(succeeded(cli.run({"translate", "backfills", "resume", "1", "--actor", "amal"}),
                          "running"));
    EXPECT_TRUE(succeeded(cli.run({"translate", "backfills", "list"}), "product"));
    EXPECT_TRUE(succeeded(cli.run({"translate", "backfills", "cancel", "1"}), "cancelled"));
    EXPECT_TRUE(failed(cli.run({"translate", "backfills", "cancel", "9"}), 2, "no backfill 9"));
    EXPECT_TRUE(
        failed(cli.run({"translate", "backfill", "nope"}), 2, "no table 'nope' is attached"));
}

TEST_F(CliTranslate, ShowsWhatTranslationCostsAndWhoRests) {
    database.sql(
        "SELECT barid.translation_reserve('deepl', 50000, 3, 80000, NULL, 20);"
        "SELECT barid.translation_settle('deepl', barid.translation_today(), 50000, 20, "
        "'unauthorized', false, false, 'deepl: answered HTTP 403', '5 minutes')");
    EXPECT_TRUE(succeeded(cli.run({"translate", "cost"}),
                          "50000 characters in 30 days, estimated cost 1.00"));
    const auto lines = json_lines(cli.run({"translate", "cost", "--days", "1", "--json"}).out);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].at("provider"), "deepl");
    EXPECT_EQ(lines[0].at("characters"), 50000);
    EXPECT_EQ(lines[0].at("errors"), 1);
    EXPECT_TRUE(succeeded(cli.run({"translate", "providers"}), "deepl: answered HTTP 403"));
    EXPECT_TRUE(succeeded(cli.run({"translate", "resume", "deepl"}), "deepl is asked again"));
    EXPECT_TRUE(failed(cli.run({"translate", "resume", "deepl"}), 1, "does not rest"));
    EXPECT_TRUE(failed(cli.run({"translate", "cost", "--days", "0"}), 2, "--days"));
}

}  // namespace
}  // namespace barid
