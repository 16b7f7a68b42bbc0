#include <gtest/gtest.h>

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
