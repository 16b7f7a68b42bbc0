#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliNotify : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliNotify, SendsOnceForEachKeyAndShowsTheInbox) {
    const std::vector<std::string> send = {"notify", "send",   "نورة",         "--title",  "en=Hi",
                                           "--body", "en=You", "--title",      "ar=مرحبا", "--body",
                                           "ar=هلا", "--json", "--dedupe-key", "order-1"};
    const auto first = cli.run(send);
    EXPECT_TRUE(succeeded(first));
    EXPECT_EQ(cli.run(send).out, first.out);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE kind = 'notify.deliver'"), "1");
    EXPECT_TRUE(succeeded(cli.run({"notify", "inbox", "نورة"}), "unread"));
    const auto items = json_lines(cli.run({"notify", "inbox", "نورة", "--json"}).out);
    ASSERT_EQ(items.size(), 1U);
    EXPECT_EQ(items.at(0).at("title"), "Hi");
    EXPECT_EQ(json_lines(first.out).at(0).at("id"), items.at(0).at("id"));
}

TEST_F(CliNotify, EveryOptionArrives) {
    sql(R"(SELECT barid.upsert_template('t', '{"en": {"title": "{a}", "body": "b"}}', '{a}'))");
    sql("SELECT barid.upsert_category('orders')");
    EXPECT_TRUE(succeeded(cli.run({"notify",
                                   "send",
                                   "u",
                                   "--category",
                                   "orders",
                                   "--template",
                                   "t",
                                   "--vars",
                                   R"({"a":"x"})",
                                   "--data",
                                   R"({"k":"v"})",
                                   "--image",
                                   "https://example.com/i",
                                   "--options",
                                   R"({"apns":{}})",
                                   "--channel",
                                   "push",
                                   "--channel",
                                   "email",
                                   "--delay",
                                   "1 hour",
                                   "--ttl",
                                   "2 hours",
                                   "--queue",
                                   "q",
                                   "--priority",
                                   "2",
                                   "--tag",
                                   "shop"})));
    EXPECT_EQ(sql("SELECT concat_ws(' ', category, template_key, vars->>'a', data->>'k', image, "
                  "options, channels, not_before > now(), expires_at - not_before) FROM "
                  "barid.notification"),
              R"(orders t x v https://example.com/i {"apns": {}} {push,email} t 02:00:00)");
    EXPECT_EQ(sql("SELECT concat_ws(' ', queue, priority, tags, run_at > now()) FROM barid.job"),
              "q 2 {shop} t");
}

TEST_F(CliNotify, SaysWhatIsWrong) {
    EXPECT_TRUE(failed(cli.run({"notify", "send", "u", "--title", "Hi"}), 2, "language first"));
    EXPECT_TRUE(failed(cli.run({"notify", "send", "u", "--data", "{"}), 2, "--data is not usable"));
    EXPECT_TRUE(failed(cli.run({"notify", "send", "u", "--template", "no"}), 2, "does not exist"));
    EXPECT_TRUE(failed(cli.run({"notify", "report"}), 2, "--notification"));
    EXPECT_TRUE(failed(cli.run({"notify", "explain", "u", "nope"}), 2, "category 'nope'"));
    EXPECT_TRUE(failed(cli.run({"notify", "quiet", "u", "[{}]"}), 2, "must be times"));
    EXPECT_TRUE(failed(cli.run({"notify", "preference", "u", "maybe"}), 2, "maybe"));
}

TEST_F(CliNotify, ExplainsAndReports) {
    EXPECT_TRUE(succeeded(cli.run({"notify", "preference", "u", "off", "--channel", "push"})));
    EXPECT_TRUE(succeeded(cli.run(
        {"notify", "quiet", "u", R"([{"start":"22:00","end":"07:00"}])", "--tz", "Africa/Cairo"})));
    EXPECT_TRUE(succeeded(cli.run({"notify", "explain", "u", "general", "--channel", "push"}),
                          "preference:channel"));
    const auto steps = json_lines(cli.run({"notify", "explain", "u", "--json", "--channel", "inbox",
                                           "--at", "2026-05-01 00:00+00"})
                                      .out);
    EXPECT_EQ(steps.back().at("step"), "decision");
    EXPECT_EQ(steps.back().at("result"), "send");
    EXPECT_TRUE(succeeded(cli.run({"notify", "preference", "u", "unset", "--channel", "push"})));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.preference"), "0");
    cli.run({"notify", "send", "u", "--title", "en=Hi", "--body", "en=You"});
    EXPECT_TRUE(succeeded(cli.run({"notify", "report", "--user", "u"}), "job 1 is waiting"));
    const auto ways = json_lines(cli.run({"notify", "report", "--user", "u", "--json"}).out);
    EXPECT_EQ(ways.at(0).at("state"), "in_inbox");
}

TEST_F(CliNotify, PreviewsAndSendsAgain) {
    sql("SELECT barid.notify('u', title => '{\"en\": \"Hi\"}', body => '{\"en\": \"You\"}')");
    sql("DELETE FROM barid.job");
    sql("INSERT INTO barid.delivery (notification_id, channel, device_id, state, reason) SELECT "
        "id, "
        "'push', barid.register_device('u', 'phone', 'ios'), 'failed', 'gone' FROM "
        "barid.notification");
    const auto counted = json_lines(
        cli.run({"notify", "resend", "failed", "--user", "u", "--preview", "--json"}).out);
    EXPECT_EQ(counted.at(0).at("deliveries"), 1);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
    EXPECT_TRUE(failed(cli.run({"notify", "resend", "failed", "--user", "u"}), 2, "--reason"));
    EXPECT_TRUE(
        failed(cli.run({"notify", "resend", "all", "--reason", "r"}), 2, "filter must have"));
    const std::vector<std::string> again = {
        "notify",   "resend", "failed",        "--user", "u",       "--cause", "gone",
        "--reason", "outage", "--request-key", "r-1",    "--actor", "sara"};
    EXPECT_TRUE(succeeded(cli.run(again), "re-send 1: 1 deliveries of 1 notifications\n"));
    EXPECT_TRUE(succeeded(cli.run(again), "asked for before"));
    EXPECT_EQ(sql("SELECT count(*) || max(kind) FROM barid.job"), "1notify.resend");
    EXPECT_TRUE(succeeded(cli.run({"notify", "resends"}), "outage"));
    EXPECT_EQ(json_lines(cli.run({"notify", "resends", "--json"}).out).at(0).at("waiting"), 1);
}

}  // namespace
}  // namespace barid
