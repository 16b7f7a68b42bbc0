#include "notify/template_text.hpp"

#include <gmock/gmock.h>

namespace barid::notify {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(TemplateText, PutsValuesIn) {
    const auto out =
        render_template("Order {order} for {name}.", {{"order", "A-1042"}, {"name", "Sara"}}, "en");
    EXPECT_EQ(out.text, "Order A-1042 for Sara.");
    EXPECT_THAT(out.missing, IsEmpty());
}

TEST(TemplateText, IsolatesALatinOrderNumberInArabic) {
    const auto out = render_template("تم شحن طلبك {order} يا {name}",
                                     {{"order", "A-1042"}, {"name", "سارة"}}, "ar");
    EXPECT_EQ(out.text, "تم شحن طلبك \u2068A-1042\u2069 يا سارة");
}

TEST(TemplateText, NamesEveryMissingVariableOnce) {
    const auto out = render_template("{a}{b}{a}{c}", {{"c", "1"}}, "en");
    EXPECT_THAT(out.missing, ElementsAre("a", "b"));
}

TEST(TemplateText, NeverReadsAValueAsATemplate) {
    const auto out = render_template("{a}", {{"a", "{b}"}, {"b", "secret"}}, "en");
    EXPECT_EQ(out.text, "{b}");
}

TEST(TemplateText, LeavesALoneBraceAsItIs) {
    EXPECT_EQ(render_template("100 {", {}, "en").text, "100 {");
    EXPECT_EQ(render_template("}", {}, "en").text, "}");
}

}  // namespace
}  // namespace barid::notify
