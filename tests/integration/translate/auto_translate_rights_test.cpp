// Whose rights are at work where: nobody gains any by attaching a table.
#include "tests/integration/translate/attached_fixture.hpp"

namespace barid::translate {
namespace {

class AutoTranslateRights : public AttachedFixture {
  protected:
    AutoTranslateRights() {
        db.sql(R"(DO $$ BEGIN
                      BEGIN CREATE ROLE test_stranger NOLOGIN;
                      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END;
                      BEGIN GRANT barid_producer TO test_stranger;
                      EXCEPTION WHEN unique_violation OR internal_error THEN NULL; END;
                  END $$;
                  GRANT USAGE, CREATE ON SCHEMA shop TO test_stranger;
                  GRANT SELECT, INSERT, UPDATE, TRIGGER ON shop.product TO test_stranger)");
    }
    std::string error(const std::string& text) const {
        try {
            db.sql(text);
        } catch (const std::runtime_error& e) {
            return e.what();
        }
        return "none";
    }
    void expect_error(const std::string& text, const std::string& why) const {
        const std::string said = error(text);
        EXPECT_NE(said.find(why), std::string::npos) << text << "\n" << said;
    }
};

TEST_F(AutoTranslateRights, OnlyTheOwnerAttachesAndDetaches) {
    expect_error(
        "SET ROLE test_stranger; SELECT barid.auto_translate('shop.product', "
        "columns => '{name}')",
        "only the owner of shop.product");
    attach();
    expect_error("SET ROLE test_stranger; SELECT barid.stop_auto_translate('shop.product')",
                 "must be owner");
    // Not by the inner functions either.
    expect_error("SET ROLE test_stranger; SELECT barid.drop_auto_translation('shop.product')",
                 "call barid.stop_auto_translate");
    shop("CREATE TABLE other (id int PRIMARY KEY, t text, t_ar text)");
    expect_error(
        "SET ROLE test_stranger; SELECT barid.record_auto_translation('shop.other', "
        "'other', 'id', '[]', 'columns', NULL, 'default', '0', 'x')",
        "only the owner of shop.other");
    expect_error(
        "SET ROLE barid_readonly; SELECT barid.auto_translate('shop.product', "
        "columns => '{name}')",
        "permission denied");
}

TEST_F(AutoTranslateRights, ASuperuserAttachesForTheOwner) {
    db.sql("SELECT barid.auto_translate('shop.product', columns => '{name}')");
    EXPECT_EQ(db.sql("SELECT string_agg(DISTINCT proowner::regrole::text, ',') FROM pg_proc "
                     "WHERE pronamespace = 'shop'::regnamespace"),
              "test_shop");
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أحمر");
}

TEST_F(AutoTranslateRights, WhoeverMayEditTheTableNeedsNoRightsInBarid) {
    attach();
    db.sql(R"(DO $$ BEGIN CREATE ROLE test_editor NOLOGIN;
              EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$;
              GRANT USAGE ON SCHEMA shop TO test_editor;
              GRANT SELECT, INSERT, UPDATE, DELETE ON shop.product TO test_editor)");
    db.sql(
        "SET ROLE test_editor; INSERT INTO shop.product VALUES (1, 'Red shirt'); "
        "UPDATE shop.product SET name_ar = 'قميص يدوي'");
    EXPECT_EQ(translation("origin"), "human");
    EXPECT_EQ(waiting(), "1");
    db.sql("SET ROLE test_editor; DELETE FROM shop.product");
}

TEST_F(AutoTranslateRights, WhatAnOwnerMakesOfItsFunctionsGainsItNothing) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    // With the rights of whoever calls it, and a body that tells them.
    shop(R"(CREATE TABLE told (who text); GRANT INSERT ON told TO PUBLIC;
            GRANT USAGE ON SCHEMA shop TO PUBLIC)");
    shop(R"(CREATE OR REPLACE FUNCTION "barid_product_rows"(ids text[], after text, size int)
            RETURNS TABLE (entity_id text, field text, lang text, en text, ar text)
            LANGUAGE plpgsql SECURITY INVOKER AS $$
            BEGIN
                INSERT INTO shop.told VALUES (current_user);
                RETURN QUERY SELECT x.id::text, 'name'::text, 'en'::text, x.name, x.name_ar
                FROM shop.product x WHERE x.id::text = ANY (ids);
            END $$)");
    expect_error("SELECT * FROM barid.translation_work('product', '1', 1000)",
                 "permission denied for table product");
    shop(R"(CREATE OR REPLACE FUNCTION "barid_product_rows"(ids text[], after text, size int)
            RETURNS TABLE (entity_id text, field text, lang text, en text, ar text)
            LANGUAGE plpgsql SECURITY INVOKER AS $$
            BEGIN
                INSERT INTO shop.told VALUES (current_user);
            END $$)");
    db.sql("SELECT * FROM barid.translation_work('product', '1', 1000)");
    EXPECT_EQ(db.sql("SELECT string_agg(DISTINCT who, ',') FROM shop.told"), "barid_shop");
    EXPECT_EQ(db.sql("SELECT rolsuper OR rolcanlogin OR rolcreaterole FROM pg_roles "
                     "WHERE rolname = 'barid_shop'"),
              "f");
}

TEST_F(AutoTranslateRights, TheShopsOwnTriggersRunAsItsOwner) {
    attach();
    shop("CREATE TABLE told (who text)");
    shop(R"(CREATE FUNCTION tell() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN INSERT INTO shop.told VALUES (current_user); RETURN NULL; END $$)");
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    shop("CREATE TRIGGER tell AFTER UPDATE ON product FOR EACH ROW EXECUTE FUNCTION tell()");
    work();
    EXPECT_EQ(cell("name_ar"), "قميص أحمر");
    EXPECT_EQ(db.sql("SELECT string_agg(DISTINCT who, ',') FROM shop.told"), "test_shop");
}

TEST_F(AutoTranslateRights, AWorkersRoleIsEnough) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    pg::ConnectOptions connect = db.options();
    connect.settings.push_back({"role", "barid_worker"});
    pg::Pool worker_pool(io.io, io.blocking, connect, 2, log::Logger());
    Store store(worker_pool);
    const auto fields = io.run(store.attached_fields("product", "1", 100'000));
    ASSERT_EQ(fields.size(), 1U);
    const auto publication = io.run(store.publish({"product", "1", Language::en, Language::ar},
                                                  fields[0].field, "قميص أحمر", "maker"));
    EXPECT_EQ(publication.written, Written::published);
    EXPECT_EQ(publication.write_error, "");
    io.run(store.learn("product", "1"));
    EXPECT_EQ(cell("name_ar"), "قميص أحمر");
}

TEST_F(AutoTranslateRights, AProducerOrOperatorReviewsButTouchesNoTable) {
    attach();
    shop("INSERT INTO product VALUES (1, 'Red shirt')");
    for (const std::string role : {"barid_producer", "barid_operator"}) {
        EXPECT_EQ(db.sql("SET ROLE " + role +
                         "; SELECT barid.set_translation('product', '1', 'name', 'ar', 'قميص')"),
                  "t");
        expect_error("SET ROLE " + role +
                         "; SELECT barid.shop_write('product', '1', 'name', 'ar', "
                         "'قميص', 'x')",
                     "permission denied");
        expect_error("SET ROLE " + role + "; SELECT * FROM barid.auto_translation",
                     "permission denied");
    }
    EXPECT_EQ(cell("name_ar"), "قميص");
}

}  // namespace
}  // namespace barid::translate
