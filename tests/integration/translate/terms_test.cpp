// The tables of terms and the similar texts of the memory, as the database keeps them.
#include "tests/support/database.hpp"
#include "translate/term_book.hpp"

#include <gtest/gtest.h>

#include "translate/words.hpp"

namespace barid::translate {
namespace {

class Terms : public testing::Test {
  protected:
    Terms() : pool(io.io, io.blocking, db.options(), 2, log::Logger()), book(pool) {}

    std::shared_ptr<const Glossary> glossary() {
        return io.run(book.get(Language::en, Language::ar));
    }
    /// "" when it worked, else what the database says.
    std::string refused(const std::string& call) const {
        try {
            db.sql("SELECT " + call);
        } catch (const std::exception& e) {
            return e.what();
        }
        return "";
    }
    std::string version() const {
        return db.sql("SELECT version FROM barid.term_version WHERE source_lang = 'en'");
    }
    void remember(const std::string& source, const std::string& text,
                  const std::string& provider = "maker") const {
        db.sql(
            "INSERT INTO barid.translation_memory (source_hash, source_lang, target_lang, "
            "provider, format, source_text, text) VALUES (barid.translation_source_hash('text', '" +
            source + "'), 'en', 'ar', '" + provider + "', 'text', '" + source + "', '" + text +
            "')");
    }

    support::TestDatabase db;
    support::IoFixture io;
    pg::Pool pool;
    TermBook book;
};

TEST_F(Terms, ReachTheWorkerWhenTheyChange) {
    EXPECT_TRUE(glossary()->empty());
    db.sql("SELECT barid.upsert_term('gift box', 'صندوق هدايا', forms => '{صناديق هدايا}')");
    db.sql("SELECT barid.upsert_term('Nike', case_sensitive => true)");
    const auto first = glossary();
    EXPECT_EQ(first->find("A gift box by Nike").size(), 2U);
    EXPECT_EQ(first->find("nike").size(), 0U);
    EXPECT_FALSE(first->check("gift box", "صناديق الهدايا"));
    EXPECT_EQ(glossary(), first) << "the same copy while nothing has changed";
    db.sql("SELECT barid.remove_term('gift box')");
    EXPECT_EQ(glossary()->find("A gift box by Nike").size(), 1U);
    EXPECT_EQ(first->find("A gift box by Nike").size(), 2U) << "who holds the old copy keeps it";
}

TEST_F(Terms, HaveAVersionThatDependsOnThemAlone) {
    const std::string none = version();
    db.sql("SELECT barid.upsert_term('Nike')");
    const std::string one = version();
    EXPECT_NE(one, none);
    db.sql("SELECT barid.upsert_term('Nike')");
    EXPECT_EQ(version(), one) << "nothing has changed";
    db.sql("SELECT barid.upsert_term('Nike', 'نايكي')");
    EXPECT_NE(version(), one);
    db.sql("SELECT barid.upsert_term('Nike')");
    EXPECT_EQ(version(), one);
    db.sql("SELECT barid.remove_term('Nike')");
    EXPECT_EQ(version(), none);
    EXPECT_EQ(db.sql("SELECT barid.remove_term('Nike')"), "f");
    db.sql("SELECT barid.upsert_term('Nike'); TRUNCATE barid.term");
    EXPECT_EQ(version(), none);
}

TEST_F(Terms, AreCleanedAndBounded) {
    db.sql("SELECT barid.upsert_term(E'  gift\\n box\\u200F ', 'صندوق هدايا')");
    EXPECT_EQ(db.sql("SELECT term FROM barid.terms"), "gift box");
    EXPECT_EQ(db.sql("SELECT barid.remove_term(' gift  box')"), "t");
    EXPECT_NE(refused("barid.upsert_term('!!!')").find("needs a letter"), std::string::npos);
    EXPECT_NE(refused("barid.upsert_term(repeat('a', 201))").find("1 to 200"), std::string::npos);
    EXPECT_NE(refused("barid.upsert_term('')").find("1 to 200"), std::string::npos);
    EXPECT_NE(refused("barid.upsert_term('a', 'b', 'en', 'en')").find("languages"),
              std::string::npos);
    EXPECT_NE(refused("barid.upsert_term('a', 'b', kind => 'keep')").find("must not have"),
              std::string::npos);
    EXPECT_NE(refused("barid.upsert_term('a', kind => 'other')").find("kind must be"),
              std::string::npos);
    EXPECT_NE(refused("barid.upsert_term('a', forms => array_fill('x'::text, '{33}'))").find("32"),
              std::string::npos);
    db.sql(
        "INSERT INTO barid.term (source_lang, target_lang, kind, term) SELECT 'en', 'ar', "
        "'keep', 'brand ' || i FROM generate_series(1, 20000) i");
    EXPECT_NE(refused("barid.upsert_term('one more')").find("20000"), std::string::npos);
}

TEST_F(Terms, BelongToThoseWhoMayChangeThem) {
    db.sql("SET ROLE barid_operator; SELECT barid.upsert_term('Nike')");
    EXPECT_EQ(db.sql("SET ROLE barid_readonly; SELECT term FROM barid.terms"), "Nike");
    EXPECT_NE(refused("1; SET ROLE barid_readonly; SELECT barid.remove_term('Nike')"), "");
    EXPECT_NE(refused("1; SET ROLE barid_worker; SELECT barid.upsert_term('Puma')"), "");
    EXPECT_EQ(db.sql("SET ROLE barid_worker; SELECT count(*) FROM barid.term"), "1");
}

TEST_F(Terms, FoldInTheDatabaseAsInTheProgram) {
    for (const std::string text :
         {"قَمِيـــصٌ أحمر", "هدية إلى أُمّي ورؤساء ومسائل", "  Red\u200F \u00A0 SHIRT 42 ",
          "آخر مقاس ٤٢", "عباءة، مُطرَّزة؟", "ÉCRU \u2068AB-12\u2069"}) {
        EXPECT_EQ(db.sql("SELECT barid.lookup_key('" + text + "')"), lookup_key(text)) << text;
    }
}

TEST_F(Terms, SimilarTextsAreSuggestedBestFirst) {
    remember("Red cotton shirt for men", "قميص قطني أحمر للرجال");
    remember("Blue cotton shirt for men", "قميص قطني أزرق للرجال", "human");
    remember("Free shipping", "شحن مجاني");
    const std::string count = "SELECT count(*) FROM barid.similar_translations(";
    EXPECT_EQ(db.sql(count + "'Red cotton shirt for women')"), "2");
    EXPECT_EQ(db.sql("SELECT translation FROM barid.similar_translations('RED COTTON  SHIRT for "
                     "women')"),
              "قميص قطني أحمر للرجال");
    EXPECT_EQ(db.sql(count + "'Red cotton shirt for women', \"limit\" => 1)"), "1");
    EXPECT_EQ(db.sql(count + "'Red cotton shirt for women', 'ar', 'en')"), "0");
    EXPECT_EQ(db.sql(count + "'Wooden chair')"), "0");
    EXPECT_EQ(db.sql(count + "repeat('long ', 200))"), "0");
    EXPECT_NE(refused("* FROM barid.similar_translations('x', \"limit\" => 1000)").find("50"),
              std::string::npos);
    EXPECT_EQ(db.sql("SET ROLE barid_worker; " + count + "'Free shipping')"), "1");
}

TEST_F(Terms, SimilarTextsWorkWithoutTheExtension) {
    remember("Free shipping", "شحن مجاني");
    db.sql("DROP EXTENSION pg_trgm CASCADE");
    const std::string count = "SELECT count(*) FROM barid.similar_translations('Free shipping')";
    EXPECT_EQ(db.sql(count), "0");
    EXPECT_EQ(db.sql("SELECT barid.enable_similar_translations()"), "enabled");
    EXPECT_EQ(db.sql(count), "1");
    // Somewhere else than where Barid would put it.
    db.sql(
        "DROP EXTENSION pg_trgm CASCADE; CREATE SCHEMA tools; "
        "CREATE EXTENSION pg_trgm SCHEMA tools");
    EXPECT_EQ(db.sql("SELECT barid.enable_similar_translations()"), "enabled");
    EXPECT_EQ(db.sql(count), "1");
}

}  // namespace
}  // namespace barid::translate
