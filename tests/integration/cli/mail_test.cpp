// `barid notify contact|bounce|suppress|forget` as processes.
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

class CliMail : public testing::Test {
  protected:
    CliMail() { sql("SELECT barid.set_contact('layla', 'layla@example.com')"); }

    std::string sql(const std::string& text) { return database.sql(text); }
    /// A notification to layla by e-mail that has been sent.
    std::string sent() {
        const std::string id =
            sql("SELECT barid.notify('layla', title => '{\"ar\": \"طلبك\"}', body => '{\"ar\": "
                "\"غدا\"}',"
                " channels => '{email}')");
        sql("INSERT INTO barid.delivery (notification_id, channel, state, attempts) VALUES ('" +
            id + "', 'email', 'accepted', 1)");
        return id;
    }
    std::string report(const std::string& id, const std::string& address) {
        return cli.file("report.eml",
                        "Content-Type: multipart/report; boundary=b\n\n--b\n"
                        "Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx\n\n"
                        "Final-Recipient: rfc822; " +
                            address + "\nAction: failed\nStatus: 5.1.1\n\n--b\n" +
                            "Content-Type: text/rfc822-headers\n\nMessage-ID: <" + id +
                            "@shop.example>\n\n--b--\n");
    }

    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliMail, AContactIsSetShownAndTakenAway) {
    EXPECT_TRUE(
        succeeded(cli.run({"notify", "contact", "omar", "Omar@Example.com"}), "Omar@example.com"));
    EXPECT_TRUE(failed(cli.run({"notify", "contact", "omar", "omar"}), 2, "address"));
    const auto shown = json_lines(cli.run({"notify", "contact", "omar", "--json"}).out);
    EXPECT_EQ(shown.at(0).at("email"), "Omar@example.com");
    EXPECT_TRUE(succeeded(cli.run({"notify", "contact", "omar", "--remove"})));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.contact WHERE user_id = 'omar'"), "0");
}

TEST_F(CliMail, ABounceOfOursSuppressesItsReader) {
    const std::string id = sent();
    const auto done = cli.run({"notify", "bounce", report(id, "Layla@Example.com"), "--json"});
    EXPECT_TRUE(succeeded(done));
    EXPECT_EQ(json_lines(done.out).at(0).at("result"), "suppressed");
    EXPECT_EQ(sql("SELECT address || ' ' || detail FROM barid.suppression"),
              "layla@example.com 5.1.1");
    EXPECT_EQ(sql("SELECT notification_id FROM barid.bounce"), id);
    EXPECT_TRUE(succeeded(cli.run({"notify", "suppressed"}), "layla@example.com"));
}

TEST_F(CliMail, AForgedBounceChangesNothing) {
    const std::string id = sent();
    EXPECT_TRUE(
        succeeded(cli.run({"notify", "bounce", report(id, "omar@example.com")}), "ignored"));
    const std::string unknown = "019a4c2e-7b10-7c3d-8e2f-0123456789ab";
    EXPECT_TRUE(
        succeeded(cli.run({"notify", "bounce", report(unknown, "layla@example.com")}), "ignored"));
    EXPECT_TRUE(succeeded(cli.run({"notify", "bounce", cli.file("x", "Subject: hi\n\nyes")}),
                          "nothing to note"));
    EXPECT_TRUE(failed(cli.run({"notify", "bounce", "/no/such/file"}), 2, "can't read"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.suppression"), "0");
}

TEST_F(CliMail, AnAddressIsSuppressedAndLetInAgain) {
    EXPECT_TRUE(
        succeeded(cli.run({"notify", "suppress", "layla@example.com", "--detail", "asked us"}),
                  "suppressed"));
    EXPECT_EQ(sql("SELECT reason || ' ' || detail FROM barid.suppression"), "manual asked us");
    EXPECT_TRUE(succeeded(cli.run({"notify", "suppress", "layla@example.com"}), "already"));
    EXPECT_TRUE(succeeded(cli.run({"notify", "unsuppress", "layla@example.com"}), "again"));
    EXPECT_TRUE(succeeded(cli.run({"notify", "unsuppress", "layla@example.com"}), "was not"));
    EXPECT_TRUE(failed(cli.run({"notify", "suppress"}), 2, "EMAIL"));
}

TEST_F(CliMail, AUserIsForgotten) {
    sent();
    const auto done = cli.run({"notify", "forget", "layla", "--json"});
    EXPECT_TRUE(succeeded(done));
    EXPECT_EQ(json_lines(done.out).at(0).at("notifications").to_number<int>(), 1);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.contact"), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification WHERE user_id = '[forgotten]'"), "1");
}

}  // namespace
}  // namespace barid
