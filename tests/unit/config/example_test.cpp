// The example documents every key with its default: the file, the table and the structs agree.
#include <gmock/gmock.h>

#include <set>

#include "config/files.hpp"
#include "config/key.hpp"
#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string example() {
    return read_file(BARID_EXAMPLE_TOML, std::size_t{1} << 20).value();
}

TEST(ConfigExample, HoldsEveryKeyWithItsDefault) {
    const std::string text = example();
    const Settings defaults;
    std::string expected_section;
    std::size_t at = 0;
    for (const Key& key : keys()) {
        const std::size_t dot = key.name.rfind('.');
        const std::string section = "\n[" + key.name.substr(0, dot) + "]\n";
        if (section != expected_section) {
            at = text.find(section);
            ASSERT_NE(at, std::string::npos) << section;
            expected_section = section;
        }
        const std::string line = "\n" + key.name.substr(dot + 1) + " = " + key.show(defaults);
        const std::size_t found = text.find(line, at);
        ASSERT_NE(found, std::string::npos) << key.name << ": expected" << line;
        EXPECT_THAT(" \n", HasSubstr(text.substr(found + line.size(), 1))) << key.name;
        at = found;
        if (key.secret) {
            const std::string twin = "# secret: or " + key.name.substr(dot + 1) + "_file\n";
            EXPECT_EQ(text.find(twin, at), text.find('#', at)) << key.name;
        }
    }
}

TEST(ConfigExample, LoadsAndChangesNothing) {
    const Settings loaded = load(BARID_EXAMPLE_TOML, {});
    const Settings defaults;
    for (const Key& key : keys()) EXPECT_EQ(key.show(loaded), key.show(defaults)) << key.name;
}

TEST(ConfigExample, LeavesTheUsualVariablesTheirSay) {
    const Settings loaded = load(BARID_EXAMPLE_TOML, {{"DATABASE_URL", "postgresql://db/shop"}});
    EXPECT_EQ(loaded.database.url.reveal(), "postgresql://db/shop");
}

TEST(ConfigKeys, HaveNamesAndVariablesOfTheirOwn) {
    std::set<std::string> seen;
    for (const Key& key : keys()) {
        EXPECT_TRUE(seen.insert(key.variable()).second) << key.variable();
        EXPECT_FALSE(key.allowed.empty()) << key.name;
        if (key.secret) {
            EXPECT_TRUE(seen.insert(key.variable() + "_FILE").second) << key.name;
        }
    }
    EXPECT_TRUE(seen.contains("BARID_MEDIA_S3_SECRET_KEY_FILE"));
}

class ConfigRender : public ConfigTest {};

TEST_F(ConfigRender, ShowsValuesWithTheirOriginsAndMasksSecrets) {
    const Settings settings =
        load_text("[worker]\nconcurrency = 7\n[media.s3]\nsecret_key = 'hunter2'\n",
                  {{"BARID_LOG_LEVEL", "debug"}, {"DATABASE_URL", "postgresql://u:hunter3@db/x"}});
    const std::string text = render(settings);
    EXPECT_THAT(text, HasSubstr("[worker]\n"));
    EXPECT_THAT(text, HasSubstr("concurrency = 7  # " + path("barid.toml").string() + ":2\n"));
    EXPECT_THAT(text, HasSubstr("level = \"debug\"  # BARID_LOG_LEVEL\n"));
    EXPECT_THAT(text, HasSubstr("url = \"***\"  # DATABASE_URL\n"));
    EXPECT_THAT(text, HasSubstr("secret_key = \"***\"  # "));
    EXPECT_THAT(text, HasSubstr("access_key = \"\"  # default\n"));
    EXPECT_THAT(text, HasSubstr("widths = [160, 320, 640, 1080, 1600]  # default\n"));
    EXPECT_THAT(text, Not(HasSubstr("hunter")));
}

TEST_F(ConfigRender, IsAFileThatLoadsToTheSameSettings) {
    const std::string roots = "allowed_roots = ['/srv/a \"b\" \\', '/صور']\n";
    const Settings first = load_text("[media]\n" + roots + "widths = [100]\n",
                                     {{"BARID_WORKER_QUEUES", "a,b"}, {"BARID_HTTP_BIND", "off"}});
    EXPECT_EQ(first.media.allowed_roots.at(0), "/srv/a \"b\" \\");
    const Settings second = load_text(render(first));
    for (const Key& key : keys()) EXPECT_EQ(key.show(second), key.show(first)) << key.name;
    EXPECT_EQ(second.http.bind, Bind{});
}

}  // namespace
}  // namespace barid::config
