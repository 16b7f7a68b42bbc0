#include "commerce/money.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace barid::commerce {
namespace {

TEST(Money, ReadsDecimalsExactly) {
    EXPECT_EQ(parse_display_amount("1,234.500 KWD"), (Money{1'234'500, "KWD"}));
    EXPECT_EQ(parse_display_amount("10.5 SAR"), (Money{1050, "SAR"}));
    EXPECT_EQ(parse_display_amount("0.001 BHD"), (Money{1, "BHD"}));
    EXPECT_EQ(parse_display_amount("1,500 JPY"), (Money{1500, "JPY"}));
    EXPECT_EQ(parse_display_amount("12,345,678.90 AED"), (Money{1'234'567'890, "AED"}));
    // 0.1 + 0.2 and the like: each of these is another number in floating point.
    EXPECT_EQ(parse_display_amount("0.285 KWD"), (Money{285, "KWD"}));
    EXPECT_EQ(parse_display_amount("1.115 KWD"), (Money{1115, "KWD"}));
    EXPECT_EQ(parse_display_amount("8.41 USD"), (Money{841, "USD"}));
}

TEST(Money, KnowsTheOtherNamesOfTheGulfsCurrencies) {
    EXPECT_EQ(parse_display_amount("10.000 KD"), (Money{10'000, "KWD"}));
    EXPECT_EQ(parse_display_amount("10.00 SR"), (Money{1000, "SAR"}));
}

TEST(Money, TakesFurtherDecimalsOnlyWhenTheyAreZeros) {
    EXPECT_EQ(parse_minor("10.5000", 2), 1050);
    EXPECT_EQ(parse_minor("10.501", 2), std::nullopt);
    EXPECT_EQ(parse_minor("100.00", 0), 100);
    EXPECT_EQ(parse_minor("100.01", 0), std::nullopt);
}

TEST(Money, UnderstandsAllOrNothing) {
    for (const char* text : {"",
                             " ",
                             "KWD",
                             "10.500",
                             "10.500 ",
                             " 10.500 KWD",
                             "10.500  KWD",
                             "10.500 KWD ",
                             "10.500 XXX",
                             "10.500 kwd",
                             "-10.500 KWD",
                             "+10.500 KWD",
                             "10. KWD",
                             ".500 KWD",
                             "1e3 KWD",
                             "0x10 KWD",
                             "1,23.500 KWD",
                             ",123 KWD",
                             "1,2345 KWD",
                             "1234,567.0 KWD",
                             "1,,234 KWD",
                             "10,500.0.0 KWD",
                             "10.50,0 KWD",
                             "١٠.٥٠٠ KWD",
                             "10٫500 KWD",
                             "NaN KWD",
                             "10.500 KWD KWD",
                             "10.5a0 KWD",
                             "1 234.500 KWD"}) {
        EXPECT_EQ(parse_display_amount(text), std::nullopt) << '"' << text << '"';
    }
    EXPECT_EQ(parse_display_amount(std::string_view("10\0.5 KWD", 9)), std::nullopt);
}

TEST(Money, RefusesWhatIsMoreThanItCanHold) {
    EXPECT_EQ(parse_minor("9223372036854775.807", 3), std::numeric_limits<std::int64_t>::max());
    EXPECT_EQ(parse_minor("9223372036854775.808", 3), std::nullopt);
    EXPECT_EQ(parse_minor(std::string(5000, '9'), 3), std::nullopt);
    EXPECT_EQ(parse_minor(std::string(5000, '0') + "7", 0), 7);
}

TEST(Money, WritesWhatItReads) {
    for (const char* text : {"0.001", "0.010", "1.000", "1234.500", "10.005"}) {
        const auto minor = parse_minor(text, 3);
        ASSERT_TRUE(minor);
        EXPECT_EQ(format_minor({*minor, "KWD"}), text);
    }
    EXPECT_EQ(format_minor({1500, "JPY"}), "1500");
    EXPECT_EQ(format_minor({5, "SAR"}), "0.05");
    EXPECT_EQ(format_minor({5, "XXX"}), std::nullopt);
    EXPECT_EQ(format_minor({-5, "SAR"}), std::nullopt);
}

}  // namespace
}  // namespace barid::commerce
