// What the shop tells its customers by, found by index: its ids are collated "C" and Barid's
// aren't, and a function compares with the collation of what it is called with, which none of
// Barid's indexes has.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

class Notices : public ShopTest {
  protected:
    Notices() {
        sql("SELECT barid.install_order_notices()");
        order("A1");
        submitted("A1", "T1");
    }

    /// Barid's tables that the statement reads from end to end although it would rather not.
    std::string scanned(const std::string& statement) const {
        return sql("BEGIN; SET LOCAL enable_seqscan = off; " + statement +
                   "; SELECT string_agg(relname, ' ' ORDER BY relname) "
                   "FROM pg_stat_xact_user_tables WHERE schemaname = 'barid' AND seq_scan > 0");
    }
};

TEST_F(Notices, OfAPaymentAreFoundByIndex) {
    EXPECT_EQ(scanned("SELECT barid_shop.mark_paid('A1', 'T1', 'P1', 26250, 'KWD', 'webhook', 1)"),
              "");
}

TEST_F(Notices, OfACancelAreFoundByIndex) {
    EXPECT_EQ(scanned("SELECT shop.cancel_by_customer('A1', 'noura')"), "");
}

TEST_F(Notices, OfGoodsThatCameInAreFoundByIndex) {
    sql("UPDATE shop.stock SET total = 0, available = 0 WHERE variant_id = 'OUD'");
    sql("SELECT shop.wish_add('noura', 'OUD', 'KW', true)");
    sql("SELECT shop.receive_stock('OUD', 'KW', 5)");
    EXPECT_EQ(scanned("SELECT shop.back_in_stock()"), "");
    EXPECT_EQ(sql("SELECT shop.back_in_stock()->>'told'"), "1") << "it was rolled back";
}

}  // namespace
}  // namespace barid
