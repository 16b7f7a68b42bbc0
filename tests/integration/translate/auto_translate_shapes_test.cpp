// The shapes that shops' tables have: column pairs, languages by row, translations tables, names
// in capitals.
#include "tests/integration/translate/attached_fixture.hpp"

namespace barid::translate {
namespace {

class AutoTranslateShapes : public AttachedFixture {
  protected:
    AutoTranslateShapes() {
        maker.dictionary["قميص أحمر"] = "Red shirt";
        maker.dictionary["سجادة صوف"] = "Wool rug";
    }
    void pair() const {
        shop(
            "CREATE TABLE item (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), code int UNIQUE, "
            "title_en text, title_ar text NOT NULL DEFAULT '')");
        shop("SELECT barid.auto_translate('item', columns => '{title}', id => 'code')");
    }
    std::string item() const {
        return db.sql("SELECT coalesce(title_en, '-') || '/' || title_ar FROM shop.item");
    }
    /// The error of a call of auto_translate for the product.
    std::string refusal(const std::string& call) const {
        try {
            shop("SELECT barid.auto_translate(" + call + ")");
        } catch (const std::runtime_error& e) {
            return e.what();
        }
        return "none";
    }
    void expect_refused(const std::string& call, const std::string& why) const {
        const std::string said = refusal(call);
        EXPECT_NE(said.find(why), std::string::npos) << call << "\n" << said;
    }
};

TEST_F(AutoTranslateShapes, APairOfColumnsIsTranslatedEitherWay) {
    pair();
    shop("INSERT INTO item (code, title_en) VALUES (1, 'Red shirt')");
    work("1", "item");
    EXPECT_EQ(item(), "Red shirt/قميص أحمر");
    shop("DELETE FROM item; INSERT INTO item (code, title_ar) VALUES (1, 'سجادة صوف')");
    work("1", "item");
    EXPECT_EQ(item(), "Wool rug/سجادة صوف");
    EXPECT_EQ(db.sql("SELECT source_lang || target_lang FROM barid.translation"), "aren");
}

TEST_F(AutoTranslateShapes, APairTurnsRoundWhenOnlyThePersonsTextIsLeft) {
    pair();
    shop("INSERT INTO item (code, title_en) VALUES (1, 'Red shirt')");
    work("1", "item");
    shop("UPDATE item SET title_ar = 'سجادة صوف'");
    EXPECT_EQ(db.sql("SELECT origin FROM barid.translation"), "human");
    shop("UPDATE item SET title_en = NULL");
    work("1", "item");
    EXPECT_EQ(item(), "Wool rug/سجادة صوف");
}

TEST_F(AutoTranslateShapes, APairLosesAMachinesTextWithItsSource) {
    pair();
    shop("INSERT INTO item (code, title_en) VALUES (1, 'Red shirt')");
    work("1", "item");
    shop("UPDATE item SET title_en = ''");
    EXPECT_EQ(item(), "/");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "0");
}

TEST_F(AutoTranslateShapes, BothTextsOfAPairAreThePersons) {
    pair();
    shop("INSERT INTO item (code, title_en, title_ar) VALUES (1, 'Red shirt', 'ثوب')");
    work("1", "item");
    EXPECT_EQ(item(), "Red shirt/ثوب");
    shop("UPDATE item SET title_en = 'Blue shirt'");
    work("1", "item");
    EXPECT_EQ(item(), "Blue shirt/ثوب");
    EXPECT_EQ(db.sql("SELECT suggestion FROM barid.translation"), "قميص أزرق");
}

TEST_F(AutoTranslateShapes, ARowsOwnColumnSaysItsLanguage) {
    shop("CREATE TYPE locale AS ENUM ('en', 'ar-SA', 'fr')");
    shop(
        "CREATE TABLE post (id int PRIMARY KEY, locale locale, title text, title_ar text, "
        "title_en text)");
    shop("SELECT barid.auto_translate('post', columns => '{title}', source_column => 'locale')");
    shop(
        "INSERT INTO post VALUES (1, 'en', 'Red shirt'), (2, 'ar-SA', 'سجادة صوف'), "
        "(3, 'fr', 'Tapis')");
    for (const char* id : {"1", "2", "3"}) work(id, "post");
    EXPECT_EQ(db.sql("SELECT string_agg(title || '/' || coalesce(title_en, '-') || '/' || "
                     "coalesce(title_ar, '-'), ' ' ORDER BY id) FROM shop.post"),
              "Red shirt/-/قميص أحمر سجادة صوف/Wool rug/- Tapis/-/-");
}

TEST_F(AutoTranslateShapes, PrismasNamesAreTakenAsTheyAre) {
    shop(
        "CREATE TABLE \"Product\" (id text PRIMARY KEY, name text, \"nameAr\" text, "
        "\"longText\" text, arabic text)");
    shop(
        "SELECT barid.auto_translate('\"Product\"', columns => '{name,longText}', source => 'en', "
        "targets => '{\"longText\": {\"ar\": \"arabic\"}}')");
    shop("INSERT INTO \"Product\" VALUES ('cl''x\"1', 'Red shirt', NULL, 'Soft cotton')");
    work("cl'x\"1", "Product");
    EXPECT_EQ(db.sql("SELECT \"nameAr\" || '/' || arabic FROM shop.\"Product\""),
              "قميص أحمر/قطن ناعم");
}

TEST_F(AutoTranslateShapes, NamesAreNeverSql) {
    shop(
        "CREATE TABLE \"a'; DROP TABLE shop.product; --\" (\"i\"\"d$f$\" int PRIMARY KEY, "
        "\"n'%s %I\" text, \"n'%s %I_ar\" text)");
    shop(
        "SELECT barid.auto_translate('\"a''; DROP TABLE shop.product; --\"', id => 'i\"d$f$', "
        "columns => ARRAY['n''%s %I'], entity_type => 'odd')");
    shop("INSERT INTO \"a'; DROP TABLE shop.product; --\" VALUES (1, 'Red shirt')");
    work("1", "odd");
    EXPECT_EQ(db.sql("SELECT \"n'%s %I_ar\" FROM shop.\"a'; DROP TABLE shop.product; --\""),
              "قميص أحمر");
    EXPECT_EQ(cell("count(*)"), "0");
}

TEST_F(AutoTranslateShapes, ATableMayBeInAnySchema) {
    for (const std::string schema : {"public", "barid"}) {
        db.sql("CREATE TABLE " + schema +
               ".shelf (id int PRIMARY KEY, name text, name_ar text);"
               "SELECT barid.auto_translate('" +
               schema + ".shelf', columns => '{name}', entity_type => '" + schema +
               "'); INSERT INTO " + schema + ".shelf VALUES (1, 'Red shirt')");
        work("1", schema);
        EXPECT_EQ(db.sql("SELECT name_ar FROM " + schema + ".shelf"), "قميص أحمر") << schema;
    }
}

TEST_F(AutoTranslateShapes, NothingIsWrittenBackWhenTheShopReadsBaridsView) {
    shop(
        "SELECT barid.auto_translate('product', columns => '{name}', source => 'en', "
        "write_back => 'none')");
    shop("INSERT INTO product VALUES (1, 'Red shirt', 'كما كان')");
    work();
    EXPECT_EQ(cell("name_ar"), "كما كان");
    EXPECT_EQ(db.sql("SELECT text FROM barid.translations"), "قميص أحمر");
}

class AutoTranslateTable : public AutoTranslateShapes {
  protected:
    AutoTranslateTable() {
        shop(
            "CREATE TABLE product_text (id uuid PRIMARY KEY, product_id bigint NOT NULL "
            "REFERENCES product ON DELETE CASCADE, locale text NOT NULL, title text NOT NULL, "
            "description text, made_at timestamptz NOT NULL, UNIQUE (product_id, locale))");
        shop(
            "SELECT barid.auto_translate('product', columns => '{name,description}', "
            "source => 'en', translations => '{\"table\": \"shop.product_text\", "
            "\"id\": \"product_id\", \"lang\": \"locale\", \"columns\": {\"name\": \"title\"}, "
            "\"values\": {\"ar\": \"AR\"}}')");
        shop("INSERT INTO product (id, name, description) VALUES (1, 'Red shirt', 'Soft cotton')");
    }
    std::string text() const {
        return db.sql(
            "SELECT string_agg(locale || ':' || title || '/' || "
            "coalesce(description, '-'), ' ') FROM shop.product_text");
    }
};

TEST_F(AutoTranslateTable, GetsARowForEachLanguage) {
    work();
    EXPECT_EQ(text(), "AR:قميص أحمر/قطن ناعم");
    shop("UPDATE product SET name = 'Blue shirt'");
    work();
    EXPECT_EQ(text(), "AR:قميص أزرق/قطن ناعم");
    shop("DELETE FROM product");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation"), "0");
}

TEST_F(AutoTranslateTable, KeepsWhatAPersonWritesThere) {
    work();
    shop("UPDATE product_text SET title = 'كتبها محرر'");
    EXPECT_EQ(translation("origin || '/' || text"), "human/كتبها محرر");
    shop("UPDATE product SET name = 'Blue shirt'");
    work();
    EXPECT_EQ(text(), "AR:كتبها محرر/قطن ناعم");
    EXPECT_EQ(translation("suggestion"), "قميص أزرق");
    // Deleting the row gives its fields back to the machine.
    shop("DELETE FROM product_text");
    work();
    EXPECT_EQ(text(), "AR:قميص أزرق/قطن ناعم");
}

TEST_F(AutoTranslateTable, KeepsWhatAPersonInsertedFirst) {
    shop("INSERT INTO product_text VALUES (gen_random_uuid(), 1, 'AR', 'كتبها محرر', NULL, now())");
    work();
    EXPECT_EQ(text(), "AR:كتبها محرر/قطن ناعم");
}

TEST_F(AutoTranslateTable, NeverWaitsForAnEditorWhileItHoldsTheProduct) {
    work();
    pg::Pool editor(io.io, io.blocking, db.options(), 1, log::Logger());
    io.run([&]() -> awaitable<void> {
        pg::Transaction edit = co_await pg::Transaction::begin(editor);
        co_await edit.execute("UPDATE shop.product_text SET title = 'كتبها محرر'");
        std::string state;
        try {
            co_await pool.execute("SELECT * FROM barid.translation_work('product', '1', 1000)");
        } catch (const pg::Error& error) {
            state = error.sqlstate();
        }
        EXPECT_EQ(state, "55P03") << "the job gives way and comes again";
        co_await edit.execute("UPDATE shop.product SET name = 'Blue shirt'");
        co_await edit.commit();
    }());
    work();
    EXPECT_EQ(text(), "AR:كتبها محرر/قطن ناعم");
}

TEST_F(AutoTranslateShapes, WhatCannotWorkIsRefusedWithTheWayOut) {
    expect_refused("'product'", "name 1 to 32 different columns");
    expect_refused("'product', columns => '{nope}'", "has no column nope");
    expect_refused("'product', columns => '{stock}'", "is integer, not a text");
    expect_refused("'product', columns => '{name}', id => 'stock'", "unique index");
    expect_refused("'product', columns => '{name}', source => 'fr'", "source is en, ar or auto");
    expect_refused("'product', columns => '{name}', formats => '{\"name\": \"pdf\"}'",
                   "text or html");
    expect_refused("'product', columns => '{name}', formats => '{\"nam\": \"html\"}'",
                   "not among columns");
    expect_refused("'product', columns => '{name}', targets => '{\"name\": {\"ar\": \"nope\"}}'",
                   "has no column nope");
    expect_refused("'product', columns => '{name}', source => 'ar'",
                   "no column for its translation");
    expect_refused("'product', columns => '{name}', write_back => 'table'", "together with");
    expect_refused(
        "'product', columns => '{name}', source => 'en', translations => "
        "'{\"table\": \"shop.product\", \"id\": \"id\", \"lang\": \"name\"}'",
        "unique index on the id and the language");
    expect_refused("'product', columns => '{name}', source_column => 'nope'", "has no column nope");
    shop("CREATE TABLE three (id int PRIMARY KEY, t text, t_en text, t_ar text)");
    expect_refused("'three', columns => '{t}'", "don't tell which language");
    shop("CREATE VIEW seen AS SELECT * FROM product");
    expect_refused("'seen', columns => '{name}'", "is not a table");
    attach();
    expect_refused("'three', columns => '{t}', source => 'en', entity_type => 'product'",
                   "belongs to another table");
}

}  // namespace
}  // namespace barid::translate
