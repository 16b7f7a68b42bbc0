#include "jobs/image_recipe.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace barid::jobs {
namespace {

using media::Fit;
using media::Focus;
using media::OutputFormat;
using media::Recipe;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

media::RecipeBook book() {
    media::RecipeBook book;
    Recipe marked;
    marked.watermark.picture = "logo";
    book.set("marked", marked);
    return book;
}

Recipe parse(const std::string& recipe) {
    const json::value payload = parse_json("{\"recipe\": " + recipe + "}");
    JsonReader in(payload);
    Recipe parsed = parse_recipe(in, book());
    in.finish();
    return parsed;
}

/// "/recipe/widths/0: must be …" of every violation.
std::string problems(const std::string& recipe) {
    try {
        (void)parse(recipe);
        return "none";
    } catch (const PayloadError& e) {
        return e.what();
    }
}

TEST(ParseRecipe, TakesTheBooksDefaultsWhenThereIsNone) {
    const json::value payload = json::object{};
    JsonReader in(payload);
    EXPECT_EQ(parse_recipe(in, book()), book().defaults());
    EXPECT_NO_THROW(in.finish());
}

TEST(ParseRecipe, TakesANamedOne) {
    EXPECT_EQ(parse("\"avatar\""), *book().find("avatar"));
    EXPECT_THAT(problems("\"avatr\""), HasSubstr("/recipe: is no recipe; there are: avatar"));
}

TEST(ParseRecipe, TakesEveryPartOfAnObject) {
    const Recipe r = parse(R"({
        "base": "marked", "widths": [640, 320], "fit": "cover", "aspect": "8:6",
        "focus": [0.25, 1], "formats": {"webp": {"quality": 75, "effort": 4}, "jpeg": {}},
        "background": "#0A0bff", "sharpen": true, "trim": true, "animation": "keep",
        "watermark": {"position": "top-left", "size": 15, "opacity": 40}})");
    EXPECT_THAT(r.widths, ElementsAre(320, 640));
    EXPECT_THAT(r.formats, ElementsAre(OutputFormat::webp, OutputFormat::jpeg));
    EXPECT_EQ(r.webp_quality, 75);
    EXPECT_EQ(r.webp_effort, 4);
    EXPECT_EQ(r.jpeg_quality, 80);
    EXPECT_EQ(r.fit, Fit::cover);
    EXPECT_EQ(r.aspect_width, 4);
    EXPECT_EQ(r.aspect_height, 3);
    EXPECT_EQ(r.focus, Focus::point);
    EXPECT_EQ(r.focus_x, 250);
    EXPECT_EQ(r.focus_y, 1000);
    EXPECT_THAT(r.background, ElementsAre(0x0A, 0x0B, 0xFF));
    EXPECT_TRUE(r.sharpen);
    EXPECT_TRUE(r.trim);
    EXPECT_EQ(r.animation, media::Animation::keep);
    EXPECT_EQ(r.watermark.picture, "logo");
    EXPECT_EQ(r.watermark.place, media::Place::top_left);
    EXPECT_EQ(r.watermark.size, 15);
    EXPECT_EQ(r.watermark.opacity, 40);
}

TEST(ParseRecipe, GivesAHeightToTheWidestVariant) {
    const Recipe r = parse(R"({"widths": [400, 800], "fit": "pad", "height": 600})");
    EXPECT_EQ(r.aspect_width, 4);
    EXPECT_EQ(r.aspect_height, 3);
}

TEST(ParseRecipe, CanTurnAPresetBackToThePicturesOwnShape) {
    EXPECT_EQ(parse(R"({"base": "avatar", "fit": "inside"})").aspect_width, 0);
    EXPECT_EQ(parse(R"({"base": "marked", "watermark": false})").watermark.picture, "");
    EXPECT_TRUE(parse(R"({"base": "product", "background": "transparent"})").clear_padding);
}

using Case = std::pair<std::string, std::string>;
class ParseRecipeSays : public ::testing::TestWithParam<Case> {};

TEST_P(ParseRecipeSays, WhatIsWrongAndWhere) {
    const auto& [recipe, problem] = GetParam();
    EXPECT_THAT(problems(recipe), HasSubstr(problem));
}

INSTANTIATE_TEST_SUITE_P(
    Parts, ParseRecipeSays,
    ::testing::Values(
        Case{"7", "/recipe: must be the name of a recipe, or an object"},
        Case{R"({"size": 1})", "/recipe/size: is not a known key"},
        Case{R"({"base": "x"})", "/recipe/base: is no recipe; there are: avatar"},
        Case{R"({"widths": []})", "/recipe/widths: must be a list of 1 to 16"},
        Case{R"({"widths": [15]})", "/recipe/widths/0: must be a whole number of pixels from 16"},
        Case{R"({"widths": [20, "a"]})", "/recipe/widths/1: must be a whole number"},
        Case{R"({"widths": [20, 99999999999]})", "/recipe/widths/1: must be a whole number"},
        Case{R"({"formats": ["gif"]})", "/recipe/formats/0: must be one of: webp, avif, jpeg"},
        Case{R"({"formats": []})", "/recipe/formats: must have at least one of"},
        Case{R"({"formats": {}})", "/recipe/formats: must have at least one of"},
        Case{R"({"formats": {"png": {}}})", "/recipe/formats: knows webp, avif and jpeg only"},
        Case{R"({"formats": {"webp": 80}})", "/recipe/formats/webp: must be a JSON object"},
        Case{R"({"formats": {"webp": {"quality": 0}}})",
             "/recipe/formats/webp/quality: must be between 1 and 100"},
        Case{R"({"formats": {"jpeg": {"effort": 1}}})",
             "/recipe/formats/jpeg/effort: is not a known key"},
        Case{R"({"fit": "fill"})", "/recipe/fit: must be one of: inside, cover, pad"},
        Case{R"({"fit": "cover"})", "/recipe/fit: cover needs an aspect like \"4:3\", or a height"},
        Case{R"({"aspect": "1:1"})", "/recipe/aspect: needs the fit cover or pad"},
        Case{R"({"fit": "cover", "aspect": "1x1"})", "/recipe/aspect: must be two whole numbers"},
        Case{R"({"fit": "cover", "aspect": "0:1"})", "/recipe/aspect: must be two whole numbers"},
        Case{R"({"fit": "cover", "aspect": "21:1"})", "/recipe/aspect: makes the shape 21:1"},
        Case{R"({"fit": "cover", "aspect": "1:1", "height": 3})",
             "/recipe/height: says the shape a second time"},
        Case{R"({"fit": "pad", "height": 3})", "/recipe/height: makes the shape 1600:3"},
        Case{R"({"focus": "centre"})", "/recipe/focus: needs the fit cover"},
        Case{R"({"base": "avatar", "focus": "face"})", "/recipe/focus: must be \"attention\""},
        Case{R"({"base": "avatar", "focus": [1]})", "/recipe/focus: must be [x, y]"},
        Case{R"({"base": "avatar", "focus": [0, 1.01]})", "/recipe/focus/1: must be a number"},
        Case{R"({"base": "avatar", "focus": [0, "a"]})", "/recipe/focus/1: must be a number"},
        Case{R"({"background": "red"})", "/recipe/background: must be a colour like"},
        Case{R"({"sharpen": "yes"})", "/recipe/sharpen: must be true or false"},
        Case{R"({"animation": "all"})", "/recipe/animation: must be one of: first, keep"},
        Case{R"({"watermark": true})", "/recipe/watermark: the base recipe has none"},
        Case{R"({"watermark": {"size": 10}})", "/recipe/watermark: the base recipe has none"},
        Case{R"({"base": "marked", "watermark": {"path": "/etc/passwd"}})",
             "/recipe/watermark/path: is not a known key"},
        Case{R"({"base": "marked", "watermark": {"size": 0}})",
             "/recipe/watermark/size: must be between 1 and 100"}));

TEST(ParseRecipe, NamesEveryProblemAtOnce) {
    const std::string all = problems(R"({"widths": 1, "fit": "x", "trim": 2, "colour": 3})");
    for (const char* at : {"/recipe/widths", "/recipe/fit", "/recipe/trim", "/recipe/colour"}) {
        EXPECT_THAT(all, HasSubstr(at));
    }
}

TEST(ParseColour, TakesSixHexadecimalDigitsOnly) {
    EXPECT_THAT(*parse_colour("#ff8000"), ElementsAre(255, 128, 0));
    for (const char* text : {"", "#fff", "ff8000", "#ff80 0", "#ff80-1", "#gg0000", "#ff80000"}) {
        EXPECT_FALSE(parse_colour(text)) << text;
    }
}

}  // namespace
}  // namespace barid::jobs
