#include "admin/api/cursor.hpp"

#include <gtest/gtest.h>

namespace barid::api {
namespace {

const CursorKey kKey("a key of the database");

TEST(Cursor, LeadsBackToItsPosition) {
    const auto cursor = seal_cursor(kKey, "state=failed", "1732269600000001,42");
    EXPECT_EQ(open_cursor(kKey, "state=failed", cursor), "1732269600000001,42");
    EXPECT_EQ(open_cursor(kKey, "x", seal_cursor(kKey, "x", "")), "");
}

TEST(Cursor, IsNotForOtherFiltersOrKeys) {
    const auto cursor = seal_cursor(kKey, "state=failed", "42");
    EXPECT_FALSE(open_cursor(kKey, "state=running", cursor));
    EXPECT_FALSE(open_cursor(kKey, "state=faile", cursor)) << "where filters end counts";
    EXPECT_FALSE(open_cursor(CursorKey("another"), "state=failed", cursor));
}

TEST(Cursor, CannotBeMadeUp) {
    const auto cursor = seal_cursor(kKey, "f", "42");
    for (std::size_t i = 0; i < cursor.size(); ++i) {
        std::string bent = cursor;
        bent[i] = bent[i] == 'A' ? 'B' : 'A';
        EXPECT_FALSE(open_cursor(kKey, "f", bent)) << i;
    }
    for (const auto* text : {"", "A", "====", "not base64!", "AAAAAAAAAAAAAAAAAAAAAA"}) {
        EXPECT_FALSE(open_cursor(kKey, "f", text)) << text;
    }
    EXPECT_FALSE(open_cursor(kKey, "f", std::string(100'000, 'A')));
}

}  // namespace
}  // namespace barid::api
