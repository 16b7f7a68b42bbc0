// `barid media`: what is shown, made again, deleted and collected, and signed addresses.
#include <signal.h>

#include <filesystem>

#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliMedia : public testing::Test {
  protected:
    CliMedia() {
        cli.environment["BARID_MEDIA_STORE"] = "local";
        cli.environment["BARID_MEDIA_LOCAL_DIRECTORY"] = (cli.directory() / "media").string();
        cli.environment["BARID_MEDIA_LOCAL_BASE_URL"] = "http://shop.test/media";
    }

    /// A complete set of one file, as image.process leaves it; returns its key.
    std::string picture(const std::string& entity, int number, const std::string& slot,
                        const std::string& recipe = "default") {
        const std::string hash = std::string(63, 'a') + std::to_string(number);
        std::string key = std::string(32, 'a') + std::to_string(number) + "/12345678/64.webp";
        database.sql(
            "SELECT barid.media_complete(b.id, jsonb_build_array(jsonb_build_object("
            "'width', 64, 'height', 48, 'format', 'webp', 'content_type', 'image/webp', "
            "'bytes', 5, 'sha256', '" +
            hash +
            "', 'key', p[1], 'url', "
            "'http://shop.test/media/' || p[1])), '{\"source\": {}, \"recipe\": \"" +
            recipe + "\"}', '" + entity + "', '" + slot +
            "', '{\"source\": {\"path\": \"a.jpg\"}}', 1) "
            "FROM barid.media_begin('" +
            hash +
            "', '12345678', 'local', 1) b, "
            "barid.media_plan(b.id, ARRAY['" +
            key + "']) p");
        const auto file = cli.directory() / "media" / key;
        std::filesystem::create_directories(file.parent_path());
        cli.file("media/" + key, "bytes");
        return key;
    }
    bool there(const std::string& key) {
        return std::filesystem::exists(cli.directory() / "media" / key);
    }

    support::TestDatabase database;
    support::Cli cli{database.url()};
};

TEST_F(CliMedia, ListsAndShowsWhatAShopReads) {
    const std::string key = picture("product:1", 1, "main");
    picture("banner:1", 2, "");
    const auto listed = cli.run({"media", "list", "product:", "--json"});
    ASSERT_TRUE(succeeded(listed));
    const auto rows = json_lines(listed.out);
    ASSERT_EQ(rows.size(), 1U);
    EXPECT_EQ(rows[0].at("entity"), "product:1");
    EXPECT_EQ(rows[0].at("files"), 1);
    EXPECT_TRUE(succeeded(cli.run({"media", "show", "product:1"}), key));
    const auto shown = cli.run({"media", "show", "product:1", "--slot", "main", "--json"});
    ASSERT_TRUE(succeeded(shown));
    EXPECT_EQ(json_lines(shown.out).at(0).at("slot"), "main");
    EXPECT_TRUE(failed(cli.run({"media", "show", "product:9"}), 1, "shows no picture"));
}

TEST_F(CliMedia, DeletesAfterTheGraceOrAtOnceAndCollects) {
    const std::string later = picture("product:1", 1, "main");
    const std::string now = picture("product:2", 2, "main");
    ASSERT_TRUE(succeeded(cli.run({"media", "delete", "product:1"})));
    EXPECT_TRUE(succeeded(cli.run({"media", "collect", "--json"}), R"("files":0)"));
    EXPECT_TRUE(there(later));
    ASSERT_TRUE(succeeded(cli.run({"media", "delete", "product:2", "--now"})));
    EXPECT_FALSE(there(now));
    cli.environment["BARID_MEDIA_GRACE"] = "0s";
    EXPECT_TRUE(succeeded(cli.run({"media", "collect", "--json"}), R"("files":1)"));
    EXPECT_FALSE(there(later));
    EXPECT_TRUE(failed(cli.run({"media", "delete"}), 2, "--set"));
    EXPECT_TRUE(failed(cli.run({"media", "delete", "a", "--set", "7"}), 2, "--set"));
}

TEST_F(CliMedia, AsksAgainForWhatARecipeWouldMakeOtherwiseOnce) {
    picture("product:1", 1, "main");
    picture("product:2", 2, "");
    picture("banner:1", 3, "", "banner");
    EXPECT_TRUE(succeeded(cli.run({"media", "reprocess", "product:", "--preview", "--json"}),
                          R"("chosen":2)"));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
    const std::vector<std::string> stale = {"media",        "reprocess", "--stale",
                                            "--per-minute", "1",         "--json"};
    EXPECT_TRUE(succeeded(cli.run(stale), R"("added":3)"));
    EXPECT_TRUE(succeeded(cli.run(stale), R"("added":0)")) << "twice is harmless";
    EXPECT_EQ(database.sql("SELECT string_agg(payload->>'entity' || (payload->'source'->>'path'), "
                           "' ' ORDER BY id) FROM barid.job"),
              "banner:1a.jpg product:1a.jpg product:2a.jpg");
    EXPECT_EQ(database.sql("SELECT max(run_at) > now() + interval '100 seconds' FROM barid.job"),
              "t")
        << "spread over time";
    EXPECT_TRUE(
        succeeded(cli.run({"media", "reprocess", "--recipe", "banner", "--preview", "--json"}),
                  R"("chosen":1)"));
    EXPECT_TRUE(
        succeeded(cli.run({"media", "reprocess", "--missing", "webp", "--preview", "--json"}),
                  R"("chosen":0)"));
    EXPECT_TRUE(failed(cli.run({"media", "reprocess"}), 2, "say which"));
}

TEST_F(CliMedia, SignsTheAddressesOfAPrivateStore) {
    const std::string key = picture("product:1", 1, "main");
    cli.environment["BARID_MEDIA_PRIVATE"] = "true";
    EXPECT_TRUE(failed(cli.run({"media", "url", "product:1"}), 3, "media.url_secret"));
    cli.environment["BARID_MEDIA_URL_SECRET"] = "too short";
    EXPECT_EQ(cli.run({"media", "url", "product:1"}).code == 0, false);
    cli.environment["BARID_MEDIA_URL_SECRET"] = "0123456789abcdef0123456789abcdef";
    const auto result = cli.run({"media", "url", "product:1", "--for", "10m"});
    ASSERT_TRUE(succeeded(result, "http://shop.test/media/" + key + "?expires="));
    EXPECT_NE(result.out.find("&signature="), std::string::npos);
    EXPECT_TRUE(succeeded(cli.run({"media", "url", key, "--json"}), R"("width":64)"));
    EXPECT_TRUE(failed(cli.run({"media", "url", "product:1", "--for", "1y"}), 2, "--for"));
    EXPECT_TRUE(failed(cli.run({"media", "url", "product:9"}), 1, "no picture"));
}

}  // namespace
}  // namespace barid
