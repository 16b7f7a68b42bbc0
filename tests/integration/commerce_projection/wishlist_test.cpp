// What the reference shop's wishlist does besides its read model.
#include "tests/integration/commerce_projection/projection_fixture.hpp"

namespace barid::commerce {
namespace {

class Wishlist : public support::ProjectionFixture {
  protected:
    Wishlist() { sql("SELECT barid.install_order_notices()"); }
    void stock(int available) const {
        sql(
            fmt::format("UPDATE shop.stock SET available = {0}, committed = 10 - {0} "
                        "WHERE variant_id = 'ROSE' AND location_id = 'KW'",
                        available));
    }
    std::string told() const { return sql("SELECT shop.back_in_stock()->>'told'"); }
    std::string jobs(const std::string& kind) const {
        return sql("SELECT count(*) FROM barid.job WHERE kind LIKE '" + kind + "'");
    }
};

TEST_F(Wishlist, WishingTwiceIsOneWishAndOneEvent) {
    const std::string id = wish("noura", "ROSE");
    EXPECT_EQ(wish("noura", "ROSE"), id);
    EXPECT_EQ(sql("SELECT count(*) FROM shop.outbox"), "1");
    EXPECT_NE(refusal("SELECT shop.wish_add('noura', 'NONE', 'KW')").find("no variant 'NONE'"),
              std::string::npos);
    EXPECT_EQ(sql("SELECT shop.wish_remove('sam', 'ROSE', 'KW')"), "f");
}

TEST_F(Wishlist, TellsThoseWhoAskedOnceWhenThereIsSomeAgain) {
    stock(0);
    wish("noura", "ROSE", ", true");
    wish("sam", "ROSE");
    wish("sam", "OUD", ", true");  // there is some: nothing to wait for
    EXPECT_EQ(told(), "0");
    stock(3);
    EXPECT_EQ(told(), "1");
    EXPECT_EQ(told(), "0");
    EXPECT_EQ(jobs("order.notice"), "0") << sql("SELECT payload FROM barid.job LIMIT 1");
    EXPECT_EQ(jobs("notify%"), "1");
    deliver();
    EXPECT_EQ(broken(), "");
    // Whoever asks again is told again.
    stock(0);
    wish("noura", "ROSE", ", true");
    stock(1);
    EXPECT_EQ(told(), "1");
    EXPECT_EQ(jobs("notify%"), "2");
}

TEST_F(Wishlist, AVersionThatNobodyReadsTellsNobody) {
    sql("BEGIN; SELECT set_config('barid.quiet', 'on', true); SELECT barid.order_notice('noura', "
        "'back_in_stock', NULL, '{\"product_en\": \"Rose\", \"product_ar\": \"ورد\"}', 'd1'); "
        "COMMIT");
    EXPECT_EQ(jobs("%"), "0");
    sql("SELECT barid.order_notice('noura', 'back_in_stock', NULL, "
        "'{\"product_en\": \"Rose\", \"product_ar\": \"ورد\"}', 'd1')");
    EXPECT_EQ(jobs("%"), "1");
}

}  // namespace
}  // namespace barid::commerce
