// `barid payment …`
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid::support {
namespace {

class PaymentCommands : public testing::Test {
  protected:
    TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(PaymentCommands, CheckAsksAboutAnOrderOnce) {
    EXPECT_TRUE(succeeded(cli.run({"payment", "check", "A-1"}), "asks the gateway about"));
    const auto lines = json_lines(cli.run({"payment", "check", "A-1", "--json"}).out);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].at("order").as_string(), "A-1");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job WHERE kind = 'payment.reconcile'"), "1");
}

TEST_F(PaymentCommands, ListShowsWhatWasSaid) {
    database.sql(R"(SELECT barid.payment_evidence('A-1', 'expire', 'UNPAID', now(),
        '[{"attempt": "a1", "finding": "open", "status": "Pending"}]', 7))");
    EXPECT_TRUE(succeeded(cli.run({"payment", "list", "A-1"}), "a1 open Pending"));
    const auto lines = json_lines(cli.run({"payment", "list", "A-1", "--json"}).out);
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_EQ(lines[0].at("verdict").as_string(), "UNPAID");
}

TEST_F(PaymentCommands, ResumeAsksAGatewayAgain) {
    EXPECT_NE(cli.run({"payment", "resume", "mf"}).code, 0);
    database.sql("SELECT barid.payment_pause('mf', 'HTTP 401')");
    EXPECT_TRUE(succeeded(cli.run({"payment", "list"}), "HTTP 401"));
    EXPECT_TRUE(succeeded(cli.run({"payment", "resume", "mf"}), "is asked again"));
    EXPECT_TRUE(failed(cli.run({"payment", "resume", "mf"}), 1, "wasn't paused"));
}

}  // namespace
}  // namespace barid::support
