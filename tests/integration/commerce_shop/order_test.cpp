// What the shop's own backend asks of its functions.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

namespace barid {
namespace {

using Orders = ShopTest;

TEST_F(Orders, HoldWhatTheyNeedUntilTheyArePaid) {
    EXPECT_EQ(order("A1", ", promo => 'EID10'"), "A1");
    EXPECT_EQ(status("A1"), "PENDING");
    EXPECT_EQ(stock("ROSE"), "8 2 0");
    EXPECT_EQ(stock("DATES"), "9 1 0");
    EXPECT_EQ(sql("SELECT subtotal_minor || ' ' || discount_minor || ' ' || total_minor || ' ' || "
                  "currency FROM shop.orders"),
              "26250 2625 23625 KWD");
    EXPECT_EQ(sql("SELECT used FROM shop.promos WHERE id = 'EID10'"), "1");
    EXPECT_EQ(sql("SELECT state FROM shop.promo_uses"), "held");
    EXPECT_EQ(sql("SELECT expires_at BETWEEN now() + interval '29 minutes' AND now() + interval "
                  "'30 minutes' FROM shop.orders"),
              "t");
    EXPECT_EQ(events("A1"), "order.created");
}

TEST_F(Orders, KeepTheNamesThatTheirGoodsHad) {
    order("A1");
    sql("UPDATE shop.products SET name_ar = 'صندوق آخر', name_en = 'Another box'");
    EXPECT_EQ(sql("SELECT name_ar FROM shop.order_lines WHERE variant_id = 'ROSE'"),
              "صندوق هدايا ورد الطائف – كبير");
    EXPECT_EQ(sql("SELECT name_en FROM shop.order_lines WHERE variant_id = 'DATES'"), "Ajwa dates");
}

TEST_F(Orders, AddUpLinesOfOneVariant) {
    sql("SELECT shop.place_order('sam', '[{\"variant\": \"ROSE\", \"quantity\": 1}, {\"variant\": "
        "\"DATES\", \"quantity\": 2}, {\"variant\": \"ROSE\", \"quantity\": 2}]')");
    EXPECT_EQ(sql("SELECT string_agg(variant_id || ' ' || quantity, ', ' ORDER BY variant_id) FROM "
                  "shop.order_lines"),
              "DATES 2, ROSE 3");
    EXPECT_EQ(stock("ROSE"), "7 3 0");
    EXPECT_EQ(sql("SELECT total_minor FROM shop.orders"), "40000");
}

TEST_F(Orders, AreInTheMoneyOfTheirPlace) {
    sql("SELECT shop.place_order('noura', '[{\"variant\": \"OUD\", \"quantity\": 3}]', location => "
        "l, order_id => l) FROM unnest(ARRAY['SA', 'AE', 'BH']) l");
    EXPECT_EQ(sql("SELECT string_agg(id || ' ' || total_minor || ' ' || currency, ', ' ORDER BY id)"
                  " FROM shop.orders"),
              "AE 17100 AED, BH 14250 BHD, SA 17100 SAR");
    EXPECT_EQ(stock("OUD"), "10 0 0");
}

TEST_F(Orders, TakeAllOrNothing) {
    EXPECT_EQ(refused("SELECT shop.place_order('noura', '[{\"variant\": \"DATES\", \"quantity\": "
                      "1}, {\"variant\": \"ROSE\", \"quantity\": 11}]', promo => 'EID10')"),
              "ERROR:  out of stock: ROSE");
    EXPECT_EQ(stock("DATES"), "10 0 0");
    EXPECT_EQ(sql("SELECT count(*) FROM shop.orders"), "0");
    EXPECT_EQ(sql("SELECT used FROM shop.promos WHERE id = 'EID10'"), "0");
}

TEST_F(Orders, UseAPromotionAsOftenAsItMayBeUsed) {
    sql("UPDATE shop.promos SET max_uses = 1 WHERE id = 'EID10'");
    order("A1", ", promo => 'EID10'");
    EXPECT_EQ(refused("SELECT shop.place_order('sam', '[{\"variant\": \"OUD\", \"quantity\": 1}]', "
                      "promo => 'EID10')"),
              "ERROR:  the promotion is over: EID10");
    EXPECT_EQ(stock("OUD"), "10 0 0");
    EXPECT_EQ(refused("SELECT shop.place_order('sam', '[{\"variant\": \"OUD\", \"quantity\": 1}]', "
                      "promo => 'NONE')"),
              "ERROR:  there is no promotion NONE");
}

TEST_F(Orders, DoNotUseAPromotionThatIsOver) {
    sql("UPDATE shop.promos SET valid_until = now() - interval '1 second'");
    EXPECT_EQ(refused("SELECT shop.place_order('sam', '[{\"variant\": \"OUD\", \"quantity\": 1}]', "
                      "promo => 'EID10')"),
              "ERROR:  the promotion is over: EID10");
}

TEST_F(Orders, SayWhatIsWrongWithTheirLines) {
    const auto with = [&](const std::string& lines, const std::string& place = "KW") {
        return refused("SELECT shop.place_order('sam', '" + lines + "', location => '" + place +
                       "')");
    };
    EXPECT_EQ(with("{}"), "ERROR:  lines must be an array of 1 to 100 objects");
    EXPECT_EQ(with("[]"), "ERROR:  lines must be an array of 1 to 100 objects");
    EXPECT_EQ(with(R"([{"variant": "OUD", "quantity": 0}])"),
              "ERROR:  a line must have a variant and a quantity from 1 to 999999, not "
              R"({"variant": "OUD", "quantity": 0})");
    EXPECT_EQ(with(R"([{"variant": "OUD", "quantity": 1.5}])"),
              "ERROR:  a line must have a variant and a quantity from 1 to 999999, not "
              R"({"variant": "OUD", "quantity": 1.5})");
    EXPECT_EQ(with(R"(["OUD"])"),
              "ERROR:  a line must have a variant and a quantity from 1 to 999999, not \"OUD\"");
    EXPECT_EQ(with(R"([{"variant": "عود", "quantity": 1}])"), "ERROR:  عود is not sold at KW");
    EXPECT_EQ(with(R"([{"variant": "OUD", "quantity": 1}])", "QA"),
              "ERROR:  OUD is not sold at QA");
}

TEST_F(Orders, ChangeNothingWhenTheyAreSentAgain) {
    order("A1", ", promo => 'EID10'");
    const std::string before = everything();
    EXPECT_EQ(order("A1", ", promo => 'EID10'"), "A1");
    EXPECT_EQ(everything(), before);
    EXPECT_EQ(refused("SELECT shop.place_order('sam', '[{\"variant\": \"OUD\", \"quantity\": 1}]', "
                      "order_id => 'A1')"),
              "ERROR:  the order A1 is somebody else's");
}

TEST_F(Orders, ArePlacedAtOnceWhenTheyArePaidInCash) {
    order("A1", ", payment_method => 'cod', promo => 'EID10'");
    EXPECT_EQ(status("A1"), "PLACED");
    EXPECT_EQ(stock("ROSE"), "8 0 2");
    EXPECT_EQ(sql("SELECT source FROM shop.placements"), "cod");
    EXPECT_EQ(sql("SELECT state FROM shop.promo_uses"), "used");
    EXPECT_EQ(sql("SELECT expires_at FROM shop.orders"), "");
    EXPECT_EQ(events("A1"), "order.created order.placed");
}

TEST_F(Orders, ArePlacedAtOnceWhenTheyCostNothing) {
    order("A1", ", promo => 'GIFT'");
    EXPECT_EQ(status("A1"), "PLACED");
    EXPECT_EQ(sql("SELECT source FROM shop.placements"), "zero");
}

TEST_F(Orders, ThatPeopleCollectTheMoneyOfWaitForThem) {
    order("A1", ", payment_method => 'manual', created_by => 'مريم'");
    EXPECT_EQ(status("A1"), "PENDING");
    EXPECT_EQ(sql("SELECT shop.confirm_manual('A1', 'مريم')"), "t");
    EXPECT_EQ(status("A1"), "PLACED");
    EXPECT_EQ(sql("SELECT source FROM shop.placements"), "manual:مريم");
    const std::string before = everything();
    EXPECT_EQ(sql("SELECT shop.confirm_manual('A1', 'مريم')"), "f");
    EXPECT_EQ(everything(), before);
    order("A2");
    EXPECT_EQ(refused("SELECT shop.confirm_manual('A2', 'مريم')"),
              "ERROR:  the order A2 is not one that is paid by hand");
}

TEST_F(Orders, GiveEverythingBackWhenTheyAreCancelled) {
    order("A1", ", promo => 'EID10'");
    EXPECT_EQ(sql("SELECT shop.cancel_by_customer('A1', 'noura')"), "t");
    EXPECT_EQ(status("A1"), "CANCELLED");
    EXPECT_EQ(stock("ROSE"), "10 0 0");
    EXPECT_EQ(sql("SELECT used FROM shop.promos WHERE id = 'EID10'"), "0");
    EXPECT_EQ(sql("SELECT string_agg(DISTINCT state, '') FROM shop.reservations"), "released");
    EXPECT_EQ(events("A1"), "order.created order.cancelled");
    const std::string before = everything();
    EXPECT_EQ(sql("SELECT shop.cancel_by_customer('A1', 'noura')"), "f");
    EXPECT_EQ(everything(), before);
}

TEST_F(Orders, AreNotCancelledByOthers) {
    order("A1");
    EXPECT_EQ(refused("SELECT shop.cancel_by_customer('A1', 'sam')"),
              "ERROR:  the order A1 is not one of sam");
    EXPECT_EQ(status("A1"), "PENDING");
}

TEST_F(Orders, AreNotCancelledWhileAPaymentIsUnderWay) {
    order("A1");
    sql("SELECT shop.begin_attempt('A1', 'myfatoorah', attempt_id => 'T1')");
    ask("claim_attempt('T1', '1 minute')");
    EXPECT_EQ(refused("SELECT shop.cancel_by_customer('A1', 'noura')"),
              "ERROR:  a payment of the order A1 is under way");
    EXPECT_EQ(status("A1"), "PENDING");
}

TEST_F(Orders, ThatArePlacedAreNotCancelled) {
    order("A1", ", payment_method => 'cod'");
    EXPECT_EQ(sql("SELECT shop.cancel_order('A1', 'مريم')"), "f");
    EXPECT_EQ(status("A1"), "PLACED");
    EXPECT_EQ(sql("SELECT shop.cancel_order('nothing', 'مريم')"), "f");
}

TEST_F(Orders, AreToldOfInTheCustomersLanguage) {
    sql("SELECT barid.install_order_notices()");
    order("A1");
    sql("SELECT shop.cancel_by_customer('A1', 'noura')");
    EXPECT_EQ(sql("SELECT locale FROM barid.app_user WHERE id = 'noura'"), "ar");
    order("A2");
    submitted("A2", "T2");
    paid("A2", "T2", "P1");
    paid("A2", "T2", "P2");
    const std::string fence =
        ask("claim_refund('" + sql("SELECT id FROM shop.refunds") + "', '1 minute')");
    ask("refund_outcome('" + sql("SELECT id FROM shop.refunds") + "', " + fence +
        ", 'REFUNDED', 'G1', 1)");
    EXPECT_EQ(sql("SELECT string_agg(kind || ' ' || tags::text, ', ' ORDER BY id) FROM barid.job"),
              "notify.deliver {order:A1}, notify.deliver {order:A2}, notify.deliver {order:A2}");
    sql("UPDATE shop.customers SET locale = 'en' WHERE id = 'noura'");
    EXPECT_EQ(sql("SELECT locale FROM barid.app_user WHERE id = 'noura'"), "en");
}

TEST_F(Orders, LeaveGoodsThatComeInToOthers) {
    order("A1");
    EXPECT_EQ(sql("SELECT shop.receive_stock('ROSE', 'KW', 5)"), "13");
    EXPECT_EQ(stock("ROSE"), "13 2 0");
    EXPECT_EQ(sql("SELECT total FROM shop.stock WHERE variant_id = 'ROSE' AND location_id = 'KW'"),
              "15");
    EXPECT_EQ(refused("SELECT shop.receive_stock('ROSE', 'KW', 0)"),
              "ERROR:  the quantity that came in must be at least 1, not 0");
}

}  // namespace
}  // namespace barid
