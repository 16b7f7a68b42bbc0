// [notify.email] and [notify.webhook]: what they take, and what asks for what.
#include <gmock/gmock.h>

#include "base/crypto.hpp"
#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class ConfigNotifyChannels : public ConfigTest {};

TEST_F(ConfigNotifyChannels, ReadEverythingAndHideTheSecrets) {
    const std::string secret = "whsec_" + base64_encode(std::string(32, 's'));
    const Settings settings = load_text(
        "[notify.email]\nurl = 'smtp://mail.example:587'\nusername = 'shop'\n"
        "password = 'hunter22'\nfrom = 'متجرنا <orders@shop.example>'\n"
        "unsubscribe_url = 'https://shop.example/leave?u={user}&t={token}'\n"
        "unsubscribe_secret = 'key of mine'\nrequire_tls = false\ntimeout = '30s'\n"
        "[notify.webhook]\nurl = 'https://shop.example/hooks'\nsecrets = ['" +
        secret + "']\n");
    EXPECT_EQ(settings.notify.email.password, Secret("hunter22"));
    EXPECT_EQ(settings.notify.email.from, "متجرنا <orders@shop.example>");
    EXPECT_FALSE(settings.notify.email.require_tls);
    EXPECT_EQ(settings.notify.email.timeout, std::chrono::seconds(30));
    EXPECT_THAT(settings.notify.webhook.secrets, ElementsAre(Secret(secret)));
    const std::string text = render(settings);
    EXPECT_THAT(text, HasSubstr("password = \"***\""));
    EXPECT_THAT(text, Not(HasSubstr("hunter22")));
    EXPECT_THAT(text, Not(HasSubstr("key of mine")));
    EXPECT_THAT(text, Not(HasSubstr(secret)));
}

TEST_F(ConfigNotifyChannels, NameWhatIsMissing) {
    EXPECT_THAT(
        problems("[notify.email]\nurl = 'smtps://mail.example'\nusername = 'shop'\n"
                 "unsubscribe_url = 'https://shop.example/{token}'\n"
                 "[notify.webhook]\nurl = 'https://shop.example/hooks'\n"),
        ElementsAre(
            "barid.toml:2: notify.email.from: is required when notify.email.url is set",
            "barid.toml:3: notify.email.password: is required when notify.email.username is "
            "set",
            "barid.toml:4: notify.email.unsubscribe_secret: is required when "
            "notify.email.unsubscribe_url holds {token}",
            "barid.toml:6: notify.webhook.secrets: is required when notify.webhook.url is set"));
}

TEST_F(ConfigNotifyChannels, RefuseWhatIsNoServerAndNoAddress) {
    EXPECT_THAT(problems("[notify.email]\nurl = 'mail.example:25'\n"),
                ElementsAre(HasSubstr("must be a mail server like")));
    EXPECT_THAT(problems("[notify.email]\nurl = 'smtp://user:pw@mail.example'\n"),
                ElementsAre(HasSubstr("must be a mail server like")));
    EXPECT_THAT(problems("[notify.email]\nfrom = 'our shop'\n"),
                ElementsAre(HasSubstr("must be an address like")));
    EXPECT_THAT(problems("[notify.email]\nunsubscribe_url = 'http://shop.example'\n"),
                ElementsAre(HasSubstr("must be an https URL")));
}

}  // namespace
}  // namespace barid::config
