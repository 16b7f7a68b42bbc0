#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "tests/support/shop.hpp"

namespace barid {
namespace {

TEST(ReferenceShop, InstallsIntoAMigratedDatabase) {
    const support::TestDatabase db;
    support::install_shop(db);
    support::stock_small_shop(db);
    EXPECT_EQ(db.sql("SELECT name_ar FROM shop.products WHERE id = 'rose-box'"),
              "صندوق هدايا ورد الطائف");
    EXPECT_EQ(db.sql("SELECT sum(available) FROM shop.stock"), "120");
}

/// A role of this test's own, gone with it.
class Owner {
  public:
    explicit Owner(const support::TestDatabase& db)
        : name("barid_t_owner_" + sha256_hex(random_uuid()).substr(0, 12)), db_(db) {
        db_.sql("CREATE ROLE " + name + "; GRANT barid_producer TO " + name +
                "; DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO " + name +
                "', current_database()); END $$");
    }
    ~Owner() {
        try {
            db_.sql("DROP OWNED BY " + name + " CASCADE; DROP ROLE " + name);
        } catch (const std::exception& e) {
            ADD_FAILURE() << e.what();
        }
    }
    Owner(const Owner&) = delete;

    const std::string name;

  private:
    const support::TestDatabase& db_;
};

TEST(ReferenceShop, NeedsAnOwnerWhoMayNotifyAndNoSuperuser) {
    const support::TestDatabase db;
    db.sql("SELECT barid.install_order_notices()");
    const Owner owner(db);
    support::install_shop(db, owner.name);
    support::stock_small_shop(db);
    const std::string shop = "SET ROLE " + owner.name + "; SELECT shop.";
    const std::string barid = "SET ROLE barid_commerce; SELECT barid_shop.";
    db.sql(shop +
           R"(place_order('noura', '[{"variant": "ROSE", "quantity": 1}]', order_id => 'A'))");
    db.sql(shop + "begin_attempt('A', 'myfatoorah', submitted => true, attempt_id => 'T')");
    EXPECT_EQ(db.sql(barid + "mark_paid('A', 'T', 'P', 12500, 'KWD', 'webhook', 1)"), "FLIPPED");
    EXPECT_EQ(db.sql("SELECT string_agg(kind, ' ') FROM barid.job"), "notify.deliver");
    EXPECT_EQ(support::violations(db), "");
}

TEST(ReferenceShop, IsStockedForTheDemoAsOftenAsOneLikes) {
    const support::TestDatabase db;
    support::install_shop(db);
    support::seed_shop(db);
    support::seed_shop(db);
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.prices"), "48");
    EXPECT_EQ(db.sql("SELECT name_ar FROM shop.variants WHERE id = 'AJWA-1000'"), "1 كغ");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.products p WHERE p.name_en = '' OR p.name_ar !~ "
                     "'[ء-ي]'"),
              "0");
    EXPECT_EQ(support::violations(db), "");
}

}  // namespace
}  // namespace barid
