// [media.recipes.NAME]: recipes that the operator names.
#include <gmock/gmock.h>

#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class ConfigMediaRecipes : public ConfigTest {};

TEST_F(ConfigMediaRecipes, ReadsEveryKey) {
    const Settings settings = load_text(R"([media.recipes.card]
base = "product"
widths = [240, 480]
formats = ["jpeg", "webp"]
webp_quality = 70
webp_effort = 0
avif_quality = 50
avif_effort = 3
jpeg_quality = 60
fit = "cover"
aspect = "4:3"
focus = "0.5,0.25"
background = "#f4f4f4"
sharpen = true
trim = true
animation = "keep"
watermark = "/etc/logo.png"
watermark_position = "centre"
watermark_size = 30
watermark_opacity = 40
[media.recipes.tall]
height = 900
)");
    ASSERT_EQ(settings.media.recipes.size(), 2U);
    const MediaRecipe& card = settings.media.recipes.at("card");
    EXPECT_EQ(card.base, "product");
    EXPECT_THAT(card.widths, ElementsAre(240, 480));
    EXPECT_THAT(card.formats, ElementsAre("jpeg", "webp"));
    EXPECT_EQ(card.webp_effort, 0);
    EXPECT_EQ(card.avif_effort, 3);
    EXPECT_EQ(card.focus, "0.5,0.25");
    EXPECT_TRUE(card.trim);
    EXPECT_EQ(card.watermark_opacity, 40);
    EXPECT_EQ(settings.media.recipes.at("tall").height, 900);
    EXPECT_EQ(settings.media.recipes.at("tall").webp_effort, -1);
    const std::string text = render(settings);
    EXPECT_THAT(text, HasSubstr("[media.recipes.card]\nbase = \"product\""));
    EXPECT_THAT(text, HasSubstr("aspect = \"4:3\""));
}

TEST_F(ConfigMediaRecipes, SaysWhatIsWrongWithAValue) {
    const auto lines = problems(R"([media.recipes.card]
base = "thumb"
widths = [480, 240]
formats = ["gif"]
webp_quality = 101
fit = "fill"
aspect = "4x3"
focus = "face"
background = "red"
watermark = "logo.png"
watermark_position = "top"
colour = 1
)");
    ASSERT_EQ(lines.size(), 11U);
    EXPECT_THAT(lines, testing::Contains(HasSubstr("media.recipes.card.fit = \"fill\": must be")));
    EXPECT_THAT(lines, testing::Contains(HasSubstr("media.recipes.card.colour: unknown")));
}

TEST_F(ConfigMediaRecipes, RefusesNamesThatAPayloadCouldNotSayPlainly) {
    EXPECT_THAT(problems("[media.recipes.Big-One]\ntrim = true\n"),
                ElementsAre(HasSubstr("a recipe's name must be")));
}

}  // namespace
}  // namespace barid::config
