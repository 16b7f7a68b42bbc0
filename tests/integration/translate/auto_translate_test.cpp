// barid.auto_translate: what its triggers note, what jobs bring back.
#include "tests/integration/translate/attached_fixture.hpp"

namespace barid::translate {
namespace {

using AutoTranslate = AttachedFixture;

TEST_F(AutoTranslate, BringsATranslationBackIntoTheColumnBesideIt) {
    EXPECT_EQ(attach("formats => '{\"description\": \"html\"}'"), "product");
    shop("INSERT INTO product VALUES (1, 'Red shirt', NULL, '<p>Soft cotton</p>')");
    EXPECT_EQ(db.sql("SELECT payload FROM barid.job"),
              R"({"attached": true, "entity_id": "1", "entity_type": "product"})");
    work();
    EXPECT_EQ(cell("name_ar || '/' || description_ar"), "قميص أحمر/<p>قطن ناعم</p>");
    EXPECT_EQ(db.sql("SELECT string_agg(text || '/' || origin, ' ' ORDER BY field) "
                     "FROM barid.translations"),
              "<p>قطن ناعم</p>/provider قميص أحمر/provider");
    EXPECT_EQ(waiting(), "1") << "writing back is no edit";
    EXPECT_EQ(translation("state || '/' || origin"), "published/provider");
}

TEST_F(AutoTranslate, MakesOneJobOfTenEdits) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    for (int i = 0; i < 9; ++i) {
        shop("UPDATE product SET name = 'Red shirt " + std::to_string(i) + "' WHERE id = 1");
    }
    EXPECT_EQ(waiting(), "1");
    EXPECT_EQ(translation("source_text"), "Red shirt 8");
    // One that runs does not see what comes later: the next edit gets a job of its own.
    db.sql("UPDATE barid.job SET released_key = unique_key, unique_key = NULL");
    shop("UPDATE product SET name = 'Blue shirt' WHERE id = 1");
    EXPECT_EQ(waiting(), "2");
}

TEST_F(AutoTranslate, MakesNoJobWhenNoTextHasChanged) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    db.sql("DELETE FROM barid.job");
    shop("UPDATE product SET stock = 5");
    shop("UPDATE product SET name = ' Red shirt' || chr(8206)");
    EXPECT_EQ(waiting(), "0");
    shop("UPDATE product SET name = ''");
    EXPECT_EQ(waiting(), "0");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "0");
}

TEST_F(AutoTranslate, NotesNothingOfATransactionThatIsRolledBack) {
    attach();
    shop("BEGIN; INSERT INTO product VALUES (1, 'Red shirt'); ROLLBACK");
    EXPECT_EQ(waiting(), "0");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "0");
}

TEST_F(AutoTranslate, KeepsAJobFromBeginningBeforeItCanSeeTheEdit) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    pg::Pool editor(io.io, io.blocking, db.options(), 1, log::Logger());
    io.run([&]() -> awaitable<void> {
        pg::Transaction edit = co_await pg::Transaction::begin(editor);
        co_await edit.execute("UPDATE shop.product SET name = 'Blue shirt' WHERE id = 1");
        EXPECT_EQ(db.sql("SELECT count(*) FROM (SELECT 1 FROM barid.job FOR UPDATE SKIP LOCKED) x"),
                  "0")
            << "the job that waits stands for the edit, so nobody may claim it yet";
        co_await edit.commit();
    }());
    EXPECT_EQ(db.sql("SELECT count(*) FROM (SELECT 1 FROM barid.job FOR UPDATE SKIP LOCKED) x"),
              "1");
}

TEST_F(AutoTranslate, TakesAnEditOfTheTargetColumnForAPersonsText) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    work();
    shop("UPDATE product SET name_ar = 'قميصٌ أحمر فاخر' WHERE id = 1");
    EXPECT_EQ(translation("text || '/' || origin || '/' || state"),
              "قميصٌ أحمر فاخر/human/published");
    work();
    EXPECT_EQ(cell("name_ar"), "قميصٌ أحمر فاخر");
    shop("UPDATE product SET name = 'Blue shirt' WHERE id = 1");
    EXPECT_EQ(translation("state"), "stale") << "at once, in the shop's own transaction";
    work();
    EXPECT_EQ(cell("name_ar"), "قميصٌ أحمر فاخر");
    EXPECT_EQ(translation("text || '/' || suggestion"), "قميصٌ أحمر فاخر/قميص أزرق");
    EXPECT_EQ(review("reason || '/' || state"), "human_text_stale/open");
}

TEST_F(AutoTranslate, TakesAPersonsTextOfBothColumnsAtOnceForCurrent) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt', 'قميص يدوي')");
    EXPECT_EQ(translation("state || '/' || origin"), "published/human");
    shop("UPDATE product SET name = 'Green shirt', name_ar = 'قميص أخضر'");
    EXPECT_EQ(translation("state || '/' || text"), "published/قميص أخضر");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أخضر");
    EXPECT_EQ(maker.calls.size(), 0U);
    EXPECT_EQ(db.sql("SELECT text FROM barid.translation_memory WHERE provider = 'human'"),
              "قميص أخضر")
        << "the job teaches the memory";
}

TEST_F(AutoTranslate, GivesAFieldBackToTheMachineWhenItsColumnIsEmptied) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt', 'قميص يدوي')");
    work();
    db.sql("DELETE FROM barid.job; DELETE FROM barid.translation_memory");
    shop("UPDATE product SET name_ar = ' '");
    EXPECT_EQ(translation("state || '/' || coalesce(origin, 'nobody')"), "pending/nobody");
    EXPECT_EQ(waiting(), "1");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أحمر");
}

TEST_F(AutoTranslate, HandsAStaleTextThatIsEmptiedToTheMachineThoughItIsInReview) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt', 'قميص يدوي')");
    shop("UPDATE product SET name = 'Blue shirt'");
    work();
    EXPECT_EQ(review("state"), "open");
    shop("UPDATE product SET name_ar = NULL");
    EXPECT_EQ(review("state"), "superseded");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أزرق");
}

TEST_F(AutoTranslate, TakesAMachinesTextAwayWithItsSource) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    work();
    shop("UPDATE product SET name = NULL");
    EXPECT_EQ(cell("coalesce(name_ar, 'empty')"), "empty");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "0");
    // A person's text stays.
    shop("UPDATE product SET name = 'Red shirt', name_ar = 'قميص يدوي'");
    shop("UPDATE product SET name = NULL");
    EXPECT_EQ(cell("name_ar"), "قميص يدوي");
    EXPECT_EQ(translation("text || '/' || origin"), "قميص يدوي/human");
}

TEST_F(AutoTranslate, ForgetsRowsThatAreDeletedRenumberedOrTruncated) {
    attach();
    shop("INSERT INTO product SELECT i, 'Red shirt' FROM generate_series(1, 4) i");
    shop("DELETE FROM product WHERE id = 1");
    EXPECT_EQ(db.sql("SELECT string_agg(entity_id, ',' ORDER BY 1) FROM barid.translation"),
              "2,3,4");
    shop("UPDATE product SET id = 9 WHERE id = 2");
    EXPECT_EQ(db.sql("SELECT string_agg(entity_id, ',' ORDER BY 1) FROM barid.translation"),
              "3,4,9");
    shop("TRUNCATE product");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "0");
    EXPECT_TRUE(work("3").at("fields").as_object().empty())
        << "a job that comes late finds nothing";
}

TEST_F(AutoTranslate, WritesAPersonsTextFromBaridIntoTheColumnToo) {
    attach();
    providers.clear();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    work();
    EXPECT_EQ(review("reason"), "no_provider");
    EXPECT_EQ(db.sql("SELECT barid.approve_translation(" + review("id") + ", 'قميص', 'amal')"),
              "t");
    EXPECT_EQ(cell("name_ar"), "قميص");
    EXPECT_EQ(translation("origin || '/' || written_by"), "human/amal");
    EXPECT_EQ(db.sql("SELECT barid.set_translation('product', '1', 'name', 'ar', 'ثوب')"), "t");
    EXPECT_EQ(cell("name_ar"), "ثوب");
    EXPECT_THROW(db.sql("SELECT barid.set_translation('product', '77', 'name', 'ar', 'ثوب')"),
                 std::runtime_error);
    EXPECT_THROW(db.sql("SELECT barid.set_translation('product', 'x', 'name', 'ar', 'ثوب')"),
                 std::runtime_error);
}

TEST_F(AutoTranslate, SaysWhatKeptATextFromTheColumnAndTriesAgain) {
    attach();
    shop("ALTER TABLE product ADD CONSTRAINT short CHECK (length(name_ar) < 5)");
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    const json::value output = work();
    EXPECT_NE(
        std::string(output.at("fields").at("name").at("write_error").as_string()).find("short"),
        std::string::npos);
    EXPECT_EQ(cell("coalesce(name_ar, 'empty')"), "empty");
    EXPECT_EQ(translation("state || '/' || text"), "published/قميص أحمر");
    EXPECT_EQ(review("reason || '/' || state"), "write_back/open");
    EXPECT_THROW(db.sql("SELECT barid.set_translation('product', '1', 'name', 'ar', 'قميص أخضر')"),
                 std::runtime_error)
        << "a person hears of it at once";
    shop("ALTER TABLE product DROP CONSTRAINT short");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أحمر");
    EXPECT_EQ(review("state"), "superseded");
}

TEST_F(AutoTranslate, DoesNotTakeItsOwnTextForAPersonsWhenATriggerTidiesItUp) {
    attach();
    shop(R"(CREATE FUNCTION tidy() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN NEW.name_ar := NEW.name_ar || '.'; RETURN NEW; END $$)");
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    shop(
        "CREATE TRIGGER tidy BEFORE UPDATE OF name_ar ON product FOR EACH ROW "
        "EXECUTE FUNCTION tidy()");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أحمر.");
    EXPECT_EQ(translation("origin || '/' || state"), "provider/published");
    shop("UPDATE product SET name = 'Blue shirt'");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أزرق.") << "still the machine's to replace";
}

TEST_F(AutoTranslate, FindsEditsThatNoTriggerSaw) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    work();
    db.sql(
        "SET session_replication_role = replica; "
        "UPDATE shop.product SET name = 'Blue shirt', name_ar = 'كتبها محرر'");
    work();
    EXPECT_EQ(cell("name_ar"), "كتبها محرر");
    EXPECT_EQ(translation("origin || '/' || state || '/' || source_text"),
              "human/published/Blue shirt");
}

TEST_F(AutoTranslate, NotesManyRowsInOneStatement) {
    attach();
    shop(
        "INSERT INTO product SELECT i, 'Shirt ' || i, NULL, 'Soft ' || i "
        "FROM generate_series(1, 2000) i");
    EXPECT_EQ(waiting(), "2000");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation WHERE state = 'pending'"), "4000");
    shop("UPDATE product SET name = name || '!' WHERE id <= 1500");
    EXPECT_EQ(waiting(), "2000");
}

TEST_F(AutoTranslate, LeavesATextThatIsTooLargeToAPerson) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt', NULL, repeat('Soft cotton. ', 11000))");
    const json::value output = work();
    EXPECT_EQ(output.at("fields").as_object().size(), 1U);
    EXPECT_EQ(cell("name_ar"), "قميص أحمر");
    EXPECT_EQ(review("field || '/' || reason || '/' || state"), "description/too_large/open");
}

TEST_F(AutoTranslate, StopsWhenItIsToldTo) {
    attach();
    EXPECT_EQ(db.sql("SELECT \"table\" || '/' || write_back || '/' || attached_by "
                     "FROM barid.auto_translations"),
              "shop.product/columns/test_shop");
    EXPECT_EQ(shop("SELECT barid.stop_auto_translate('product')"), "t");
    EXPECT_EQ(shop("SELECT barid.stop_auto_translate('product')"), "f");
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    EXPECT_EQ(waiting(), "0");
    EXPECT_EQ(db.sql("SELECT count(*) FROM pg_proc WHERE proname LIKE '%product%'"), "0");
    EXPECT_TRUE(work().at("fields").as_object().empty());
    attach();
    EXPECT_EQ(attach("source => 'en'"), "product") << "attaching again changes it";
}

}  // namespace
}  // namespace barid::translate
