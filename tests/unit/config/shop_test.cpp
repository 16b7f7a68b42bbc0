// [shop], [payment.NAME], [outbox.NAME] and [projection.NAME].
#include <gmock/gmock.h>

#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using namespace std::chrono_literals;

class ConfigShop : public ConfigTest {};

TEST_F(ConfigShop, ReadsAGateway) {
    const Settings settings = load_text(
        "[shop]\nenabled = true\nschema = 'Shop API'\nreconcile_after = '30s'\n"
        "[payment.kuwait]\napi_key = 'a very secret key'\nwebhook_secret = 'hook'\napi = 'v3'\n"
        "[payment.riyadh]\ncountry = 'SA'\napi_key = 'k'\nrequests_per_minute = 60\n");
    EXPECT_TRUE(settings.shop.enabled);
    EXPECT_EQ(settings.shop.schema, "Shop API");
    EXPECT_EQ(settings.shop.reconcile_after, 30s);
    const PaymentGateway& kuwait = settings.payment.at("kuwait");
    EXPECT_EQ(kuwait.country, "KW");
    EXPECT_EQ(kuwait.api_key, Secret("a very secret key"));
    EXPECT_EQ(kuwait.api, GatewayApi::v3);
    EXPECT_EQ(settings.payment.at("riyadh").requests_per_minute, 60);
    const std::string text = render(settings);
    EXPECT_THAT(text, HasSubstr("[payment.kuwait]"));
    EXPECT_THAT(text, Not(HasSubstr("very secret")));
    EXPECT_THAT(text, Not(HasSubstr("hook\"")));
}

TEST_F(ConfigShop, TakesAGatewayFromTheEnvironmentAlone) {
    const auto file = write("key", "from a file\n");
    const Settings settings =
        load_text("", {{"BARID_PAYMENT_MYFATOORAH_API_KEY_FILE", file.string()},
                       {"BARID_PAYMENT_MYFATOORAH_COUNTRY", "BH"}});
    EXPECT_EQ(settings.payment.at("myfatoorah").api_key, Secret("from a file"));
    EXPECT_EQ(settings.payment.at("myfatoorah").country, "BH");
}

TEST_F(ConfigShop, MapsATableOfEvents) {
    const Settings settings = load_text(
        "[outbox.orders]\ntable = 'public.OutboxEvent'\nversion_column = 'aggregateVersion'\n"
        "target = 'projection'\nprojection = 'wishlist'\nretention = '0ms'\n"
        "[projection.wishlist]\nbatch = 100\n");
    const Outbox& orders = settings.outbox.at("orders");
    EXPECT_EQ(orders.table, "public.OutboxEvent");
    EXPECT_EQ(orders.version_column, "aggregateVersion");
    EXPECT_EQ(orders.id_column, "id");
    EXPECT_EQ(orders.target, OutboxTarget::projection);
    EXPECT_EQ(orders.retention, 0ms);
    EXPECT_EQ(settings.projection.at("wishlist").batch, 100);
}

TEST_F(ConfigShop, ASectionThatSaysNothingIsThere) {
    const Settings settings = load_text("[projection.wishlist]\n[outbox.orders]\n");
    EXPECT_TRUE(settings.projection.contains("wishlist"));
    EXPECT_EQ(settings.outbox.at("orders").target, OutboxTarget::jobs);
    EXPECT_THAT(problems("[payment.a]\n"),
                ElementsAre("settings: payment.a.api_key: is required when payment.a is there"));
    EXPECT_THAT(problems("[projection.Wish-List]\n"),
                ElementsAre(HasSubstr("a projection's name must be")));
}

TEST_F(ConfigShop, NamesWhatIsMissing) {
    EXPECT_THAT(problems("[payment.a]\ncountry = 'SA'\n"),
                ElementsAre("settings: payment.a.api_key: is required when payment.a is there"));
    EXPECT_THAT(problems("[outbox.a]\ntarget = 'deliver'\n"),
                ElementsAre(HasSubstr("outbox.a.endpoint: is required")));
    EXPECT_THAT(problems("[outbox.a]\ntarget = 'deliver'\nendpoint = 'nowhere'\n"),
                ElementsAre(HasSubstr("deliver.nowhere.url: is required")));
    EXPECT_THAT(problems("[outbox.a]\ntarget = 'projection'\n"),
                ElementsAre(HasSubstr("outbox.a.projection: is required")));
}

TEST_F(ConfigShop, RefusesWhatIsWrong) {
    EXPECT_THAT(problems("[payment.a]\napi_key = 'k'\ncountry = 'FR'\n"),
                ElementsAre(HasSubstr("one of: KW, BH")));
    EXPECT_THAT(problems("[outbox.a]\ntable = 'a.b.c'\n"),
                ElementsAre(HasSubstr("a table's name")));
    EXPECT_THAT(problems("[outbox.A]\ntable = 'b'\n"),
                ElementsAre(HasSubstr("a stream's name must be")));
    EXPECT_THAT(problems("[shop]\nbatch = 0\n"),
                ElementsAre(HasSubstr("shop.batch = 0: must be an integer from 1 to 10000")));
    // A request may be on its way for two minutes after its claim was over.
    EXPECT_THAT(problems("[shop]\nunknown_after = '4m'\n"), ElementsAre(HasSubstr("5m")));
}

}  // namespace
}  // namespace barid::config
