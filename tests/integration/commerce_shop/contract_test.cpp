// The contract as Barid checks it, and the role that may execute it and nothing else.
#include "commerce/contract.hpp"

#include <algorithm>

#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

using commerce::Used;

class Contract : public ShopTest {
  protected:
    std::vector<std::string> problems(Used used = {true, true, true}) {
        pg::ConnectOptions options = db.options();
        options.settings.push_back({"search_path", "pg_catalog, pg_temp"});
        options.settings.push_back({"role", "barid_commerce"});
        pg::Pool pool(fixture.io, fixture.blocking, options, 1, {});
        const commerce::Shop shop(pool, "barid_shop");
        return fixture.run(commerce::check_contract(shop, "barid_shop", "barid_commerce", used));
    }

    support::IoFixture fixture;
};

using Problems = std::vector<std::string>;

TEST_F(Contract, IsKeptByTheReferenceShop) {
    EXPECT_EQ(problems(), Problems{});
}

TEST_F(Contract, NamesAFunctionThatIsMissing) {
    sql("DROP FUNCTION barid_shop.claim_refund(text, interval)");
    EXPECT_EQ(problems(), Problems{"barid_shop.claim_refund(text, interval) returns bigint is "
                                   "missing"});
}

TEST_F(Contract, NamesArgumentsOfAnotherType) {
    sql("DROP FUNCTION barid_shop.expirable_orders(int, text); CREATE FUNCTION "
        "barid_shop.expirable_orders(n bigint, after text) RETURNS SETOF text LANGUAGE sql AS "
        "$$ SELECT ''::text $$; GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA barid_shop TO "
        "barid_commerce");
    EXPECT_EQ(problems(), Problems{"barid_shop.expirable_orders must take (integer, text), but "
                                   "takes (bigint, text)"});
}

TEST_F(Contract, NamesAResultOfAnotherType) {
    sql("DROP FUNCTION barid_shop.expire_claims(); CREATE FUNCTION barid_shop.expire_claims() "
        "RETURNS bigint LANGUAGE sql AS $$ SELECT 0::bigint $$");
    EXPECT_EQ(problems(), Problems{"barid_shop.expire_claims must return integer, but returns "
                                   "bigint"});
}

TEST_F(Contract, NamesAFunctionThatTakesAnybodysSearchPath) {
    sql("ALTER FUNCTION barid_shop.mark_paid RESET search_path");
    EXPECT_EQ(problems(),
              Problems{"barid_shop.mark_paid(text, text, text, bigint, text, text, bigint) has its "
                       "owner's rights and everybody's search_path: ALTER FUNCTION "
                       "barid_shop.mark_paid(text, text, text, bigint, text, text, bigint) SET "
                       "search_path = pg_catalog, pg_temp"});
}

TEST_F(Contract, NamesAFunctionThatBaridMayNotExecute) {
    sql("REVOKE EXECUTE ON FUNCTION barid_shop.order_attempts(text) FROM barid_commerce");
    EXPECT_EQ(problems(),
              Problems{"barid_commerce may not execute barid_shop.order_attempts: GRANT USAGE ON "
                       "SCHEMA barid_shop TO barid_commerce; GRANT EXECUTE ON ALL FUNCTIONS IN "
                       "SCHEMA barid_shop TO barid_commerce"});
}

TEST_F(Contract, NamesAllThatIsWrongAtOnce) {
    sql("DROP FUNCTION barid_shop.claim_refund(text, interval); ALTER FUNCTION "
        "barid_shop.expire_order RESET search_path; REVOKE EXECUTE ON FUNCTION "
        "barid_shop.expire_claims() FROM barid_commerce");
    EXPECT_EQ(problems().size(), 3U);
}

TEST_F(Contract, HasAVersion) {
    sql("CREATE OR REPLACE FUNCTION barid_shop.contract_version() RETURNS int LANGUAGE sql AS "
        "$$ SELECT 2 $$");
    EXPECT_EQ(problems(),
              Problems{"barid_shop.contract_version() says 2, this program knows version 1"});
}

TEST_F(Contract, AsksOnlyForWhatIsUsed) {
    sql("DROP FUNCTION barid_shop.mark_paid, barid_shop.outbox_claim, barid_shop.projection_swap");
    EXPECT_EQ(problems({}), Problems{});
    EXPECT_EQ(problems({.payments = true}).size(), 1U);
    EXPECT_EQ(problems().size(), 3U);
}

class CommerceRole : public ShopTest {
  protected:
    std::string denied(const std::string& statement) const {
        return refused("SET ROLE barid_commerce; " + statement);
    }

    std::string names(const std::string& query) const {
        return sql("SELECT coalesce(string_agg(name, ', ' ORDER BY name), '') FROM (" + query +
                   ") n (name)");
    }
};

TEST_F(CommerceRole, ReadsAndWritesNoTableOfTheShop) {
    const std::string no = "ERROR:  permission denied for schema shop";
    EXPECT_EQ(denied("SELECT * FROM shop.orders"), no);
    EXPECT_EQ(denied("UPDATE shop.orders SET status = 'PAID'"), no);
    EXPECT_EQ(denied("INSERT INTO shop.placements VALUES ('A1', 'me')"), no);
    EXPECT_EQ(denied("DELETE FROM shop.stock"), no);
    EXPECT_EQ(denied("SELECT shop.cancel_order('A1', 'me')"), no);
    EXPECT_EQ(denied("SELECT shop.settle(NULL, 1, 'me')"), no);
    EXPECT_EQ(denied("SELECT nextval('shop.fence')"), no);
}

TEST_F(CommerceRole, HasNoRightInTheCatalogButToExecuteTheContract) {
    EXPECT_EQ(
        names("SELECT c.oid::regclass::text FROM pg_class c JOIN pg_namespace n ON n.oid = "
              "c.relnamespace WHERE n.nspname IN ('shop', 'barid_shop') AND c.relkind IN "
              "('r', 'v', 'm', 'p') AND has_table_privilege('barid_commerce', c.oid, 'SELECT, "
              "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER')"),
        "");
    EXPECT_EQ(names("SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid "
                    "= p.pronamespace WHERE n.nspname = 'shop' AND p.prorettype <> "
                    "'trigger'::regtype AND has_function_privilege('barid_commerce', p.oid, "
                    "'EXECUTE')"),
              "");
    EXPECT_EQ(sql("SELECT has_schema_privilege('barid_commerce', 'shop', 'USAGE') OR "
                  "has_schema_privilege('barid_commerce', 'barid_shop', 'CREATE')"),
              "f");
}

TEST_F(CommerceRole, IsTheOnlyOneThatMayExecuteThem) {
    EXPECT_EQ(names("SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid "
                    "= p.pronamespace WHERE n.nspname = 'barid_shop' AND "
                    "has_function_privilege('barid_producer', p.oid, 'EXECUTE')"),
              "");
}

TEST_F(CommerceRole, CannotPutItsOwnFunctionsInTheWay) {
    EXPECT_EQ(names("SELECT p.oid::regprocedure::text FROM pg_proc p JOIN pg_namespace n ON n.oid "
                    "= p.pronamespace WHERE n.nspname = 'barid_shop' AND NOT (p.prosecdef AND "
                    "EXISTS (SELECT 1 FROM unnest(p.proconfig) c WHERE c LIKE "
                    "'search_path=pg_catalog,%pg_temp'))"),
              "");
    EXPECT_EQ(denied("CREATE FUNCTION barid_shop.mark_paid() RETURNS text LANGUAGE sql AS "
                     "$$ SELECT 'FLIPPED' $$"),
              "ERROR:  permission denied for schema barid_shop");
    order("A1");
    submitted("A1", "T1");
    EXPECT_EQ(
        sql("SET ROLE barid_commerce; CREATE TEMP TABLE orders (id text, status text); SET "
            "search_path = pg_temp, shop; SELECT barid_shop.mark_paid('A1', 'T1', 'P1', 26250, "
            "'KWD', 'webhook', 1)"),
        "FLIPPED");
    EXPECT_EQ(status("A1"), "PAID");
}

}  // namespace
}  // namespace barid
