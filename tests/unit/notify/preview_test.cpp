#include "notify/preview.hpp"

#include <gmock/gmock.h>

#include "notify/fcm_message.hpp"

namespace barid::notify {
namespace {

using testing::AllOf;
using testing::HasSubstr;

PushMessage message(const std::string& title, const std::string& body,
                    const std::string& locale = "ar") {
    return {.nid = std::string(36, '0'), .locale = locale, .title = title, .body = body};
}

std::string repeated(const std::string& text, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += text;
    return out;
}

TEST(Preview, ShowsAShortMessageAsItIs) {
    for (const auto platform : kPlatforms) {
        const Preview p = preview(platform, message("تم الشحن", "طلبك في الطريق"));
        EXPECT_EQ(p.platform, platform);
        EXPECT_EQ(p.title, "تم الشحن");
        EXPECT_EQ(p.body, "طلبك في الطريق");
        EXPECT_FALSE(p.title_cut || p.body_cut);
        EXPECT_TRUE(p.right_to_left);
    }
    EXPECT_FALSE(preview("web", message("Shipped", "On its way", "en")).right_to_left);
}

TEST(Preview, CutsALongBodyWhereThePlatformDoes) {
    const PushMessage long_one = message("t", repeated("م", 200));
    EXPECT_EQ(preview("android", long_one).body, repeated("م", 49) + "…");
    EXPECT_EQ(preview("ios", long_one).body, repeated("م", 149) + "…");
    EXPECT_EQ(preview("web", long_one).body, repeated("م", 119) + "…");
    EXPECT_TRUE(preview("android", long_one).body_cut);
    EXPECT_FALSE(preview("android", message("t", repeated("م", 50))).body_cut);
}

TEST(Preview, CountsLettersAsPeopleDo) {
    // A letter with its vowel signs, a family of four, a flag: one each.
    for (const char* letter : {"مُّ", "👨‍👩‍👧‍👦", "🇸🇦"}) {
        EXPECT_FALSE(preview("android", message("t", repeated(letter, 50))).body_cut) << letter;
        EXPECT_EQ(preview("android", message("t", repeated(letter, 51))).body,
                  repeated(letter, 49) + "…");
    }
}

TEST(Preview, ClosesAnIsolateThatItCuts) {
    const Preview p = preview("android", message("t", repeated("م", 45) + "\u2068A-1042-7\u2069"));
    EXPECT_EQ(p.body, repeated("م", 45) + "\u2068A-10\u2069…");
}

TEST(Preview, AnIsolateTakesNoRoom) {
    const Preview p = preview("android", message("t", repeated("م", 44) + "\u2068A-1042\u2069"));
    EXPECT_FALSE(p.body_cut);
}

TEST(Preview, PutsLinesOneBehindTheOther) {
    EXPECT_EQ(preview("ios", message("t", "سطر\nوآخر")).body, "سطر وآخر");
}

TEST(Preview, CountsTheBytesOfEachPlatform) {
    const PushMessage m = message("تم الشحن", "طلبك");
    std::size_t largest = 0;
    for (const auto platform : kPlatforms) {
        largest = std::max(largest, preview(platform, m).bytes);
    }
    EXPECT_EQ(largest, payload_bytes(m));
    EXPECT_LT(preview("android", m).bytes, preview("ios", m).bytes);
}

TEST(Budget, SaysWhatToShortenInWhichLanguage) {
    EXPECT_EQ(budget_problem(message("t", repeated("م", 1800))), "");
    const std::string problem = budget_problem(message("t", repeated("م", 2000)));
    EXPECT_THAT(problem, AllOf(HasSubstr("\"ar\""), HasSubstr("4096"),
                               HasSubstr("shorten the body (4000 bytes)")));
    PushMessage much = message("t", "b", "en");
    much.data = {{"cart", std::string(4000, 'x')}};
    EXPECT_THAT(budget_problem(much), HasSubstr("shorten the data (4004 bytes)"));
}

}  // namespace
}  // namespace barid::notify
