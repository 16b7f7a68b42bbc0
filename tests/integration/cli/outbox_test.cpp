#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"
#include "tests/support/shop.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliOutbox : public testing::Test {
  protected:
    CliOutbox() {
        support::install_shop(database);
        config_ = cli.file("barid.toml", "[shop]\nenabled = true\n[outbox.orders]\nbatch = 2\n");
    }

    support::CliResult outbox(std::vector<std::string> arguments) {
        arguments.insert(arguments.begin(), {"--config", config_, "outbox"});
        return cli.run(arguments);
    }
    void emit(const std::string& type) {
        database.sql("SELECT shop.emit('order', 'o-1', '" + type + "', '{}')");
    }

    support::TestDatabase database;
    Cli cli{database.url()};
    std::string config_;
};

TEST_F(CliOutbox, RelaysWhatWaits) {
    for (int i = 0; i < 5; ++i) emit("order.paid");
    EXPECT_TRUE(succeeded(outbox({"relay", "orders"}), "5 events of orders were handed on"));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "5");
    EXPECT_EQ(json_lines(outbox({"relay", "orders", "--json"}).out).at(0).at("events").as_int64(),
              0);
    EXPECT_TRUE(failed(outbox({"relay", "wishlist"}), 2, "no [outbox.wishlist]"));
}

TEST_F(CliOutbox, ShowsWhatIsBlockedAndGoesOnWithoutIt) {
    database.sql("ALTER TABLE barid.job ADD CONSTRAINT poison CHECK (kind <> 'order.poison')");
    emit("order.poison");
    emit("order.paid");
    EXPECT_TRUE(succeeded(outbox({"relay", "orders"}), "1 are blocked"));
    const json::value state = json_lines(outbox({"state", "--json"}).out).at(0);
    EXPECT_EQ(state.at("stream").as_string(), "orders");
    EXPECT_EQ(state.at("blocked").as_int64(), 1);
    EXPECT_TRUE(succeeded(outbox({"blocked", "orders"}), "order.poison"));
    const std::string event(
        json_lines(outbox({"blocked", "orders", "--json"}).out).at(0).at("event_id").as_string());

    EXPECT_TRUE(succeeded(outbox({"retry", "orders", event}), "is tried again"));
    EXPECT_TRUE(succeeded(outbox({"relay", "orders"}), "0 events of orders were handed on, 1"));
    EXPECT_TRUE(failed(outbox({"skip", "orders", event}), 2, "--reason"));
    EXPECT_TRUE(
        succeeded(outbox({"skip", "orders", event, "--reason", "طلب تجريبي", "--actor", "نورة"}),
                  "goes on without it"));
    EXPECT_EQ(database.sql("SELECT actor || ': ' || reason FROM shop.outbox_skip_log"),
              "نورة: طلب تجريبي");
    EXPECT_TRUE(failed(outbox({"skip", "orders", event, "--reason", "again"}), 1, "not blocked"));
    EXPECT_TRUE(succeeded(outbox({"relay", "orders"}), "1 events"));
}

TEST_F(CliOutbox, AStreamThatNobodyKnowsIsAnError) {
    EXPECT_TRUE(failed(outbox({"blocked", "orders"}), 2, "there is no stream orders"));
}

}  // namespace
}  // namespace barid
