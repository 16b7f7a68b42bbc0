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

}  // namespace
}  // namespace barid
