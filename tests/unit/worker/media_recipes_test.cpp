#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "media/error.hpp"
#include "worker/media_parts.hpp"

namespace barid::worker {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A file of the test's own, removed with it.
class File {
  public:
    explicit File(const std::string& bytes)
        : path_(std::filesystem::temp_directory_path() /
                ("barid-mark-" + std::to_string(::getpid()) + "-" +
                 std::to_string(reinterpret_cast<std::uintptr_t>(this)))) {
        std::ofstream(path_, std::ios::binary) << bytes;
    }
    ~File() { std::filesystem::remove(path_); }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    [[nodiscard]] std::string path() const { return path_.string(); }

  private:
    std::filesystem::path path_;
};

std::string problem(const config::Media& settings) {
    try {
        (void)recipe_book(settings);
        return "none";
    } catch (const media::Error& e) {
        EXPECT_EQ(e.code(), "bad_recipe");
        return e.what();
    }
}

TEST(RecipeBookOfSettings, HasThePresetsOnTheDefaultsOfMedia) {
    config::Media settings;
    settings.widths = {100, 200};
    settings.formats = {"jpeg"};
    const media::RecipeBook book = recipe_book(settings);
    EXPECT_THAT(book.defaults().widths, ElementsAre(100, 200));
    EXPECT_THAT(book.defaults().formats, ElementsAre(media::OutputFormat::jpeg));
    EXPECT_THAT(book.find("product")->widths, ElementsAre(100, 200));
    EXPECT_THAT(book.find("avatar")->widths, ElementsAre(64, 128, 256));
}

TEST(RecipeBookOfSettings, AddsWhatTheOperatorNames) {
    const std::string png = "\x89PNG\r\n\x1A\n etc.";
    const File logo(png);
    config::Media settings;
    config::MediaRecipe& card = settings.recipes["card"];
    card.widths = {240, 480};
    card.webp_quality = 70;
    card.avif_effort = 0;
    card.fit = "cover";
    card.aspect = "4:3";
    card.focus = "0.5,0.25";
    card.background = "#010203";
    card.watermark = logo.path();
    card.watermark_position = "top-left";
    card.watermark_opacity = 40;
    const media::RecipeBook book = recipe_book(settings);
    const media::Recipe& recipe = *book.find("card");
    EXPECT_THAT(recipe.widths, ElementsAre(240, 480));
    EXPECT_EQ(recipe.formats.size(), 3U);
    EXPECT_EQ(recipe.webp_quality, 70);
    EXPECT_EQ(recipe.jpeg_quality, 80);
    EXPECT_EQ(recipe.focus, media::Focus::point);
    EXPECT_EQ(recipe.focus_y, 250);
    EXPECT_THAT(recipe.background, ElementsAre(1, 2, 3));
    EXPECT_EQ(recipe.watermark.picture, png);
    EXPECT_EQ(recipe.watermark.place, media::Place::top_left);
    EXPECT_EQ(recipe.watermark.size, 20);
    EXPECT_EQ(recipe.watermark.opacity, 40);
}

TEST(RecipeBookOfSettings, LetsASectionChangeAPresetOrBeginWithOne) {
    config::Media settings;
    settings.recipes["avatar"].jpeg_quality = 60;
    settings.recipes["small"].base = "avatar";
    settings.recipes["small"].widths = {32};
    const media::RecipeBook book = recipe_book(settings);
    EXPECT_EQ(book.find("avatar")->jpeg_quality, 60);
    EXPECT_EQ(book.find("avatar")->fit, media::Fit::cover);
    EXPECT_THAT(book.find("small")->widths, ElementsAre(32));
    EXPECT_EQ(book.find("small")->jpeg_quality, 80);
    EXPECT_EQ(book.find("small")->aspect_width, 1);
}

TEST(RecipeBookOfSettings, NamesTheSectionAndTheKeyThatIsWrong) {
    config::Media settings;
    settings.recipes["card"].fit = "cover";
    EXPECT_THAT(problem(settings),
                HasSubstr("[media.recipes.card] fit: cover needs an aspect like \"4:3\""));
    settings.recipes["card"].aspect = "1:50";
    EXPECT_THAT(problem(settings), HasSubstr("aspect: makes the shape 1:50"));
    settings.recipes["card"].aspect = "1:1";
    settings.recipes["card"].focus = "0.5,1.5";
    EXPECT_THAT(problem(settings), HasSubstr("focus/1: must be a number from 0 to 1"));
    settings.recipes["card"].focus = "0.5,.";
    EXPECT_THAT(problem(settings), HasSubstr("focus/1: must be a number from 0 to 1"));
}

TEST(RecipeBookOfSettings, RefusesAWatermarkThatIsNoPicture) {
    config::Media settings;
    settings.recipes["card"].watermark = "/nowhere/logo.png";
    EXPECT_THAT(problem(settings), HasSubstr("/nowhere/logo.png\": the file can't be read"));
    const File svg("<svg/>");
    settings.recipes["card"].watermark = svg.path();
    EXPECT_THAT(problem(settings), HasSubstr("the source is svg"));
    const File large("GIF89a" + std::string(media::kMaxWatermarkBytes, 'x'));
    settings.recipes["card"].watermark = large.path();
    EXPECT_THAT(problem(settings), HasSubstr("has more than 1048576 bytes"));
}

}  // namespace
}  // namespace barid::worker
