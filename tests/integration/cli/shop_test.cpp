// `barid shop …`, and what `work` and the doctor say about a shop that isn't ready.
#include <fstream>

#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"
#include "tests/support/gateway_stub.hpp"

namespace barid::support {
namespace {

class ShopCommands : public testing::Test {
  protected:
    ShopCommands() { cli.environment["BARID_SHOP_ENABLED"] = "true"; }

    /// The one function that is needed when nothing is configured.
    void answer_version(const std::string& version) {
        database.sql("CREATE SCHEMA IF NOT EXISTS barid_shop");
        database.sql(
            "CREATE OR REPLACE FUNCTION barid_shop.contract_version() RETURNS int "
            "LANGUAGE sql RETURN " +
            version);
        database.sql("GRANT USAGE ON SCHEMA barid_shop TO barid_commerce");
    }

    TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(ShopCommands, ContractListsTheFunctions) {
    EXPECT_TRUE(succeeded(cli.run({"shop", "contract"}), "expire_order(text, bigint,"));
    const auto lines = json_lines(cli.run({"shop", "contract", "--json"}).out);
    ASSERT_GT(lines.size(), 25U);
    EXPECT_EQ(lines[0].at("function").as_string(), "contract_version");
    EXPECT_EQ(lines[0].at("returns").as_string(), "integer");
}

TEST_F(ShopCommands, CheckNamesAllThatIsMissing) {
    cli.environment["BARID_PAYMENT_KUWAIT_API_KEY"] = "a secret key";
    const CliResult result = cli.run({"shop", "check"});
    EXPECT_TRUE(failed(result, 1, ""));
    EXPECT_NE(result.out.find("barid_shop.contract_version() returns integer is missing"),
              std::string::npos)
        << result.out;
    EXPECT_NE(result.out.find("barid_shop.mark_paid("), std::string::npos) << result.out;
    EXPECT_EQ(result.out.find("outbox_claim"), std::string::npos) << "no stream is configured";
}

TEST_F(ShopCommands, CheckIsContentWithWhatIsNeeded) {
    answer_version("1");
    EXPECT_TRUE(succeeded(cli.run({"shop", "check"}), "as they must be"));
    EXPECT_EQ(cli.run({"shop", "check", "--json"}).out, "");
    answer_version("7");
    const CliResult result = cli.run({"shop", "check"});
    EXPECT_TRUE(failed(result, 1, ""));
    EXPECT_NE(result.out.find("contract_version() says 7"), std::string::npos) << result.out;
}

TEST_F(ShopCommands, CheckLooksAtTheStreamsTablesToo) {
    answer_version("1");
    const auto file = cli.directory() / "shop.toml";
    std::ofstream(file) << "[outbox.orders]\ntable = 'public.OutboxEvent'\n";
    const CliResult result = cli.run({"--config", file.string(), "shop", "check"});
    EXPECT_TRUE(failed(result, 1, ""));
    EXPECT_NE(result.out.find("outbox.orders: "), std::string::npos) << result.out;
    EXPECT_NE(result.out.find("OutboxEvent"), std::string::npos) << result.out;
}

TEST_F(ShopCommands, AWorkerDoesNotBeginWithoutThem) {
    const CliResult result = cli.run({"work"});
    EXPECT_TRUE(failed(result, 7, "contract_version() returns integer is missing"));
    EXPECT_TRUE(failed(result, 7, "docs/commerce.md"));
}

TEST_F(ShopCommands, AWorkerDoesNotBeginWithATableThatItCanNotRelay) {
    answer_version("1");
    const auto file = cli.directory() / "shop.toml";
    std::ofstream(file) << "[outbox.orders]\ntable = 'public.OutboxEvent'\n";
    EXPECT_TRUE(failed(cli.run({"--config", file.string(), "work"}), 7,
                       "[outbox.orders] there is no table \"public\".\"OutboxEvent\""));
}

TEST_F(ShopCommands, TheDoctorTellsWhatTheRoleMayNot) {
    answer_version("1");
    database.sql("REVOKE ALL ON SCHEMA barid_shop FROM barid_commerce");
    const CliResult result = cli.run({"doctor"}, std::chrono::seconds(60));
    EXPECT_NE(result.out.find("barid_commerce may not execute barid_shop.contract_version: GRANT "
                              "USAGE ON SCHEMA barid_shop TO barid_commerce"),
              std::string::npos)
        << result.out;
}

TEST_F(ShopCommands, TheDoctorTriesEachGatewaysKey) {
    const GatewayStub gateway;
    cli.environment["BARID_PAYMENT_KUWAIT_URL"] = gateway.url();
    cli.environment["BARID_PAYMENT_KUWAIT_API_KEY"] = GatewayStub::kApiKey;
    cli.environment["BARID_PAYMENT_KUWAIT_ALLOW_PRIVATE"] = "true";
    CliResult result = cli.run({"doctor"}, std::chrono::seconds(60));
    EXPECT_NE(result.out.find("answers, and takes the key; without a webhook_secret"),
              std::string::npos)
        << result.out;
    cli.environment["BARID_PAYMENT_KUWAIT_API_KEY"] = "an old key";
    result = cli.run({"doctor"}, std::chrono::seconds(60));
    EXPECT_NE(result.out.find("doesn't take the key (HTTP 401)"), std::string::npos) << result.out;
    EXPECT_EQ(result.out.find("an old key"), std::string::npos);
    // Something else answers there: a page of a proxy, another site.
    cli.environment["BARID_PAYMENT_KUWAIT_API_KEY"] = GatewayStub::kApiKey;
    for (const auto& [step, said] : {std::pair{"notjson", "HTTP 200, and the answer is no JSON"},
                                     std::pair{"404", "HTTP 404: Error 404"}}) {
        gateway.control("always", {{"step", step}});
        result = cli.run({"doctor"}, std::chrono::seconds(60));
        EXPECT_NE(result.out.find(std::string("doesn't answer as this gateway does (") + said),
                  std::string::npos)
            << result.out;
    }
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.payment_gateway"), "0") << "nothing paused";
}

TEST_F(ShopCommands, InstallSchedulesWhatIsConfigured) {
    cli.environment["BARID_PAYMENT_KUWAIT_API_KEY"] = "a secret key";
    EXPECT_TRUE(succeeded(cli.run({"shop", "install", "--queue", "money"}), "3 schedules"));
    EXPECT_EQ(database.sql("SELECT string_agg(name || ' ' || queue, ', ' ORDER BY name) FROM "
                           "barid.schedules"),
              "order-expire money, payment-reconcile money, payment-refund money");
    EXPECT_EQ(database.sql("SELECT max(version) FROM barid.template WHERE key = 'back_in_stock'"),
              "1");
    EXPECT_EQ(cli.run({"shop", "install", "--json"}).out, "{\"schedules\":3}\n");
}

}  // namespace
}  // namespace barid::support
