// Secrets: their files, and that no problem ever shows one.
#include <gmock/gmock.h>

#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class ConfigSecret : public ConfigTest {};

TEST_F(ConfigSecret, IsReadFromTheFileThatTheKeyNames) {
    const auto secret = write("token", "s3cr3t\n");
    const Settings settings =
        load_text("[media.s3]\nsecret_key_file = '" + secret.string() + "'\n");
    EXPECT_EQ(settings.media.s3.secret_key.reveal(), "s3cr3t");
    EXPECT_THAT(settings.origins.at("media.s3.secret_key"),
                AllOf(HasSubstr(":2, read from "), HasSubstr("token")));
}

TEST_F(ConfigSecret, LosesOneLineEndAndNothingElse) {
    const auto read = [&](const std::string& text) {
        const auto file = write("token", text);
        return load(std::nullopt, {{"BARID_DATABASE_URL_FILE", file.string()}})
            .database.url.reveal();
    };
    EXPECT_EQ(read("a b"), "a b");
    EXPECT_EQ(read(" a\r\n"), " a");
    EXPECT_EQ(read("a\n\n"), "a\n");
}

TEST_F(ConfigSecret, InAVariablesFileIsStrongerThanInTheFile) {
    const auto secret = write("token", "from-variable");
    const Environment environment = {{"BARID_MEDIA_S3_ACCESS_KEY_FILE", secret.string()}};
    const Settings settings = load_text("[media.s3]\naccess_key = 'from-file'\n", environment);
    EXPECT_EQ(settings.media.s3.access_key.reveal(), "from-variable");
}

TEST_F(ConfigSecret, FileThatCannotBeReadIsAProblem) {
    EXPECT_THAT(problems("[media.s3]\nsecret_key_file = '/nowhere/secret'\n"),
                ElementsAre("barid.toml:2: media.s3.secret_key_file = \"/nowhere/secret\": the "
                            "file can't be read: No such file or directory"));
    EXPECT_THAT(problems("", {{"BARID_TRANSLATE_DEEPL_AUTH_KEY_FILE", path("").string()}}),
                ElementsAre(HasSubstr("the file is not a regular file")));
    const auto empty = write("empty", "\n");
    EXPECT_THAT(problems("", {{"BARID_DATABASE_URL_FILE", empty.string()}}),
                ElementsAre(HasSubstr("the file is empty")));
    const auto large = write("large", std::string(70'000, 'a'));
    EXPECT_THAT(problems("", {{"BARID_DATABASE_URL_FILE", large.string()}}),
                ElementsAre(HasSubstr("the file is larger than 64 KiB")));
    const auto binary = write("binary", std::string("a\0b", 3));
    EXPECT_THAT(problems("", {{"BARID_DATABASE_URL_FILE", binary.string()}}),
                ElementsAre(HasSubstr("must be valid UTF-8")));
    EXPECT_THAT(problems("[database]\nurl_file = 3\n"),
                ElementsAre(HasSubstr("must be the path of a file, found an integer")));
    EXPECT_THAT(problems("[database]\nurl_file = \"/a\\u0000b\"\n"),
                ElementsAre(HasSubstr("without NUL")));
}

TEST_F(ConfigSecret, GivenTwiceIsAProblem) {
    const auto secret = write("token", "x");
    for (const std::string& toml :
         {"[media.s3]\naccess_key = 'a'\naccess_key_file = '" + secret.string() + "'\n",
          "[media.s3]\naccess_key_file = '" + secret.string() + "'\naccess_key = 'a'\n"}) {
        EXPECT_THAT(problems(toml), ElementsAre(HasSubstr("media.s3.access_key_file: "
                                                          "media.s3.access_key is there too")));
    }
    EXPECT_THAT(problems("", {{"BARID_MEDIA_S3_ACCESS_KEY", "a"},
                              {"BARID_MEDIA_S3_ACCESS_KEY_FILE", secret.string()}}),
                ElementsAre(HasSubstr("BARID_MEDIA_S3_ACCESS_KEY_FILE: BARID_MEDIA_S3_ACCESS_KEY "
                                      "is set too; keep one of them")));
    EXPECT_THAT(
        problems("[media.s3]\naccess_key = ''\naccess_key_file = '" + secret.string() + "'\n"),
        IsEmpty());
}

TEST_F(ConfigSecret, NeverAppearsInAProblem) {
    const std::string secret = "hunter2";
    const std::string endless = secret + std::string(70'000, 'a');
    const std::vector<std::vector<std::string>> reports = {
        problems("[database]\nurl = ['" + secret + "']\n"),
        problems("[database]\nulr = '" + secret + "'\n"),
        problems("", {{"BARID_DATABASE_URL", endless}}),
        problems("", {{"BARID_DATABSE_URL", secret}}),
        problems("", {{"BARID_DATABASE_URL", secret + "\xff"}}),
    };
    for (const auto& report : reports) {
        EXPECT_THAT(report, ElementsAre(Not(HasSubstr(secret))));
    }
}

TEST_F(ConfigSecret, MaskFromAPrintedConfigurationIsRefused) {
    EXPECT_THAT(problems("[database]\nurl = '***'\n"),
                ElementsAre("barid.toml:2: database.url = ***: is the mask that `barid config "
                            "print` shows, not the secret"));
}

}  // namespace
}  // namespace barid::config
