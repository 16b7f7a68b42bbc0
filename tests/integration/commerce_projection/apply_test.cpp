// Events into the versions of a projection: once, in any order, and never one without the other.
#include "tests/integration/commerce_projection/projection_fixture.hpp"

namespace barid::commerce {
namespace {

class ProjectionApply : public support::ProjectionFixture {
  protected:
    /// A delivered event of a wish once more, under another id: one that the inbox has forgotten.
    ProjectionEvent again(const std::string& wish, int version) {
        const std::string where = fmt::format(
            "FROM shop.outbox_delivered WHERE aggregate_id = '{}' AND "
            "aggregate_version = {}",
            wish, version);
        return {.event_id = random_uuid(),
                .aggregate_type = "wishlist",
                .aggregate_id = wish,
                .aggregate_version = version,
                .event_type = sql("SELECT event_type " + where),
                .payload = sql("SELECT payload " + where)};
    }
};

TEST_F(ProjectionApply, ReadersSeeWishesWithNamesPricesAndStockOfBothLanguages) {
    wish("noura", "ROSE");
    deliver();
    EXPECT_EQ(sql("SELECT concat_ws('|', name_en, name_ar, price_minor, currency, in_stock) "
                  "FROM shop.wishlist_view"),
              "Taif rose gift box|صندوق هدايا ورد الطائف|12500|KWD|t");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionApply, ChangesOfNameStockAndPriceReachEveryWish) {
    fill_wishes(6);
    sql("UPDATE shop.products SET name_ar = 'ورد' WHERE id = 'rose-box'; "
        "UPDATE shop.prices SET amount_minor = 9900 WHERE variant_id = 'ROSE'; "
        "UPDATE shop.stock SET available = 0, committed = 10 WHERE variant_id = 'ROSE'");
    EXPECT_EQ(sql("SELECT DISTINCT name_ar FROM shop.wishlist_view WHERE variant_id = 'ROSE'"),
              "صندوق هدايا ورد الطائف");
    deliver();
    EXPECT_EQ(sql("SELECT DISTINCT concat_ws('|', name_ar, price_minor, in_stock) "
                  "FROM shop.wishlist_view WHERE variant_id = 'ROSE'"),
              "ورد|9900|f");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionApply, ARemovedWishStaysRemovedWhenItsAddComesAgain) {
    const std::string id = wish("noura", "ROSE");
    unwish("noura", "ROSE");
    deliver();
    EXPECT_EQ(seen(), "");
    const Applied late = apply({again(id, 1)});
    EXPECT_EQ(late.stale, 1);
    EXPECT_EQ(seen(), "");
}

TEST_F(ProjectionApply, ARemovalThatComesBeforeTheAddWins) {
    const std::string id = wish("noura", "ROSE");
    unwish("noura", "ROSE");
    wish("noura", "ROSE", ", true");
    deliver();
    auto first = again(id, 1);
    auto second = again(id, 2);
    auto third = again(id, 3);
    sql("TRUNCATE shop.wishlist_items_v1");
    EXPECT_EQ(apply({second}).applied, 1);
    EXPECT_EQ(apply({first}).stale, 1);
    EXPECT_EQ(seen(), "");
    EXPECT_EQ(apply({third}).applied, 1);
    EXPECT_EQ(seen(), "noura:ROSE");
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionApply, AnEventThatCameBeforeChangesNothing) {
    const std::string id = wish("noura", "ROSE");
    deliver();
    auto event = again(id, 1);
    event.aggregate_version = 7;
    EXPECT_EQ(apply({event}).applied, 1);
    event.aggregate_version = 8;
    EXPECT_EQ(apply({event}).duplicate, 1);
    event.event_id = random_uuid();
    const Applied twice = apply({event, event});
    EXPECT_EQ(twice.applied, 1);
    EXPECT_EQ(twice.duplicate, 1);
}

TEST_F(ProjectionApply, WhatIsNoMatterOfTheProjectionIsIgnored) {
    EXPECT_EQ(apply({{.event_id = "e1",
                      .aggregate_type = "order",
                      .aggregate_id = "o1",
                      .aggregate_version = 1,
                      .event_type = "order.paid",
                      .payload = "{}"}})
                  .ignored,
              1);
}

TEST_F(ProjectionApply, APoisonEventHoldsItsAggregateAndNothingElse) {
    const std::string first = wish("noura", "ROSE");
    const std::string second = wish("sam", "OUD");
    deliver();
    auto poison = again(first, 1);
    poison.aggregate_version = 2;
    poison.payload = "{}";
    auto behind = again(first, 1);
    behind.aggregate_version = 3;
    auto other = again(second, 1);
    other.aggregate_version = 2;
    const Applied applied = apply({poison, behind, other});
    ASSERT_EQ(applied.failed.size(), 1U);
    EXPECT_EQ(applied.failed[0].event, 0U);
    EXPECT_NE(applied.failed[0].error.find("violates check constraint"), std::string::npos);
    EXPECT_EQ(applied.held, std::vector<std::size_t>{1});
    EXPECT_EQ(applied.applied, 1);
    // Mended, it goes in: its key wasn't kept.
    poison.payload = behind.payload;
    EXPECT_EQ(apply({poison, behind}).applied, 2);
}

TEST_F(ProjectionApply, NothingIsAppliedWhenTheTransactionIsUndone) {
    wish("noura", "ROSE");
    const auto undone = [&]() -> awaitable<void> {
        auto transaction = co_await pg::Transaction::begin(pool);
        ProjectionEvent event{.event_id = "e1",
                              .aggregate_type = "product",
                              .aggregate_id = "rose-box",
                              .aggregate_version = 9,
                              .event_type = "product.changed",
                              .payload = R"({"name_en": "x", "name_ar": "y"})"};
        std::vector<ProjectionEvent> events;
        events.push_back(std::move(event));
        const Applied applied =
            co_await apply_events(transaction, options.target, std::move(events));
        EXPECT_EQ(applied.applied, 1);
        co_await transaction.rollback();
    };
    io.run(undone());
    EXPECT_EQ(sql("SELECT count(*) FROM barid.projection_inbox WHERE event_id = 'e1'"), "0");
    deliver();
    EXPECT_EQ(broken(), "");
}

TEST_F(ProjectionApply, WhileAVersionIsBuiltBothGetEachEvent) {
    wish("noura", "ROSE");
    deliver();
    run_until(asked(), "draining");
    wish("sam", "OUD");
    unwish("noura", "ROSE");
    deliver();
    EXPECT_EQ(seen(), "sam:OUD");
    EXPECT_EQ(sql("SELECT string_agg(customer_id || ' ' || deleted, ', ' ORDER BY customer_id) "
                  "FROM shop.wishlist_items_v2"),
              "noura true, sam false");
}

TEST_F(ProjectionApply, AVersionThatCantTakeAnEventIsLeftBehindAndReadersAreNot) {
    const JobClaim job = asked();
    EXPECT_EQ(run_rebuild(job).next, Next::done);
    settle(job);
    sql("ALTER TABLE shop.wishlist_items_v1 DROP COLUMN wants_back");
    wish("noura", "ROSE");
    deliver();
    EXPECT_EQ(seen(), "noura:ROSE");
    EXPECT_EQ(broken(), "");
    EXPECT_NE(refusal("SELECT barid.projection_rollback('wishlist', 'huda')")
                  .find("version 1 of wishlist misses events"),
              std::string::npos);
}

TEST_F(ProjectionApply, TheShopSeesWhichChangesMustReachNobody) {
    sql("CREATE TABLE shop.noticed (quiet text); GRANT INSERT ON shop.noticed TO PUBLIC; "
        "CREATE FUNCTION shop.notice() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO shop.noticed VALUES (TG_TABLE_NAME || ' ' || "
        "current_setting('barid.quiet', true)); RETURN NULL; END $$; "
        "CREATE TRIGGER notice AFTER INSERT ON shop.wishlist_items_v1 FOR EACH ROW "
        "EXECUTE FUNCTION shop.notice()");
    run_until(asked(), "draining");
    sql("CREATE TRIGGER notice AFTER INSERT ON shop.wishlist_items_v2 FOR EACH ROW "
        "EXECUTE FUNCTION shop.notice()");
    wish("noura", "ROSE");
    deliver();
    EXPECT_EQ(sql("SELECT string_agg(quiet, ', ' ORDER BY quiet) FROM shop.noticed"),
              "wishlist_items_v1 off, wishlist_items_v2 on");
}

}  // namespace
}  // namespace barid::commerce
