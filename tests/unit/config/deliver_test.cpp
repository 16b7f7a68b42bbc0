// [deliver.NAME]: sections whose names the operator chooses, from the file and the environment.
#include <gmock/gmock.h>

#include "base/crypto.hpp"
#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ConfigDeliver : public ConfigTest {
  protected:
    const std::string old_secret_ = "whsec_" + base64_encode(std::string(32, 'o'));
    const std::string new_secret_ = "whsec_" + base64_encode(std::string(32, 'n'));
};

TEST_F(ConfigDeliver, ReadsAnEndpoint) {
    const Settings settings = load_text(
        "[deliver.orders]\nurl = 'https://shop.example/hooks'\n"
        "secrets = ['" +
        new_secret_ + "', '" + old_secret_ +
        "']\n"
        "headers = ['Authorization: Bearer abc']\n"
        "timeout = '3s'\nconcurrency = 2\nallow_private = true\n");
    const DeliverEndpoint& orders = settings.deliver.at("orders");
    EXPECT_EQ(orders.url, "https://shop.example/hooks");
    EXPECT_THAT(orders.secrets, ElementsAre(Secret(new_secret_), Secret(old_secret_)));
    EXPECT_THAT(orders.headers, ElementsAre(Secret("Authorization: Bearer abc")));
    EXPECT_EQ(orders.timeout, std::chrono::seconds(3));
    EXPECT_EQ(orders.concurrency, 2);
    EXPECT_TRUE(orders.allow_private);
    const std::string text = render(settings);
    EXPECT_THAT(text, HasSubstr("[deliver.orders]\nurl = \"https://shop.example/hooks\""));
    EXPECT_THAT(text, HasSubstr("secrets = [\"***\", \"***\"]"));
    EXPECT_THAT(text, Not(HasSubstr("Bearer")));
}

TEST_F(ConfigDeliver, TakesAnEndpointFromTheEnvironmentAlone) {
    const auto file = write("secrets", "\n " + new_secret_ + " \r\n" + old_secret_ + "\n");
    const Settings settings =
        load_text("", {{"BARID_DELIVER_STOCK_EU_URL", "https://shop.example/stock"},
                       {"BARID_DELIVER_STOCK_EU_SECRETS_FILE", file.string()}});
    EXPECT_THAT(settings.deliver.at("stock_eu").secrets,
                ElementsAre(Secret(new_secret_), Secret(old_secret_)));
}

TEST_F(ConfigDeliver, ReadsSecretsFromAFileThatTheFileNames) {
    const auto file = write("secrets", new_secret_);
    const Settings settings = load_text("[deliver.a]\nurl = 'https://a.example'\nsecrets_file = '" +
                                        file.string() + "'\n");
    EXPECT_THAT(settings.deliver.at("a").secrets, ElementsAre(Secret(new_secret_)));
}

TEST_F(ConfigDeliver, NamesWhatIsMissing) {
    EXPECT_THAT(problems("[deliver.a]\ntimeout = '3s'\n"),
                ElementsAre("settings: deliver.a.url: is required when deliver.a is there",
                            "settings: deliver.a.secrets: is required when deliver.a is there"));
}

TEST_F(ConfigDeliver, RefusesBadValuesWithoutShowingSecrets) {
    const auto lines = problems(
        "[deliver.a]\nurl = 'https://user:pass@shop.example'\n"
        "secrets = ['hunter2']\nheaders = ['Webhook-Id: hunter2']\n");
    ASSERT_EQ(lines.size(), 3U);
    EXPECT_THAT(lines.at(1), HasSubstr("item 1 is not"));
    EXPECT_THAT(lines.at(1), HasSubstr("openssl rand -base64 32"));
    EXPECT_THAT(lines.at(2), HasSubstr("item 1 is not"));
    for (const auto& line : lines) EXPECT_THAT(line, Not(HasSubstr("hunter2"))) << line;
}

TEST_F(ConfigDeliver, RefusesNamesThatAVariableCouldNotSay) {
    EXPECT_THAT(problems("[deliver.Orders-1]\nurl = 'https://a.example'\n"),
                ElementsAre(HasSubstr("deliver.Orders-1.url: an endpoint's name must be")));
}

TEST_F(ConfigDeliver, GuessesAMisspeltKey) {
    EXPECT_THAT(
        problems("[deliver.a]\nurl = 'https://a.example'\nsecret = 'x'\nsecrets = ['" +
                 new_secret_ + "']\n"),
        ElementsAre(HasSubstr("deliver.a.secret: unknown; did you mean deliver.a.secrets")));
}

}  // namespace
}  // namespace barid::config
