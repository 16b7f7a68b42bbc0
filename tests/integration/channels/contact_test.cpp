// Addresses: who has one, what was heard of it, who must not be written to.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/email_address.hpp"
#include "notify/dev_channel.hpp"
#include "tests/support/database.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;

class Contact : public ::testing::Test {
  protected:
    std::string sql(const std::string& text) const { return database.sql(text); }
    std::string error_of(const std::string& text) const {
        try {
            sql(text);
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
    std::string bounce(const std::string& kind, const std::string& id = "") const {
        return sql("SELECT barid.record_bounce('layla@example.com', '" + kind + "', 'full', " +
                   (id.empty() ? "NULL" : "'" + id + "'") + ")");
    }

    support::TestDatabase database;
};

TEST_F(Contact, KeepsTheAddressWithItsDomainInLowerCase) {
    sql("SELECT barid.set_contact('layla', 'Layla.Hassan@Example.COM')");
    EXPECT_EQ(sql("SELECT user_id || address FROM barid.contact"), "laylaLayla.Hassan@example.com");
    sql("SELECT barid.set_contact('layla', 'l@example.org')");
    EXPECT_EQ(sql("SELECT string_agg(address, ',') FROM barid.contact"), "l@example.org");
    sql("SELECT barid.set_contact('layla', NULL)");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.contact"), "0");
}

TEST_F(Contact, SqlAndCppRefuseTheSameAddresses) {
    const std::vector<std::string> good{"a@b.co", "a.b+c@x-y.example.com", "o'neil@example.com",
                                        std::string(64, 'a') + "@example.com"};
    const std::vector<std::string> bad{"a",
                                       "@b.com",
                                       "a@",
                                       "a@b",
                                       "a b@c.com",
                                       "a..b@c.com",
                                       ".a@c.com",
                                       "a.@c.com",
                                       "a@-b.com",
                                       "a@b-.com",
                                       "a@b..com",
                                       "a@b.com.",
                                       "a@1.2",
                                       "a@b.c",
                                       "a@b@c.com",
                                       "a\n@b.com",
                                       "a@b.com\r\n",
                                       "لیلى@example.com",
                                       "a@متجر.com",
                                       "<a@b.com>",
                                       "\"a\"@b.com",
                                       "a@[127.0.0.1]",
                                       std::string(65, 'a') + "@example.com",
                                       "a@" + std::string(64, 'b') + ".com"};
    for (const std::string& address : good) {
        EXPECT_TRUE(is_email_address(address)) << address;
        EXPECT_EQ(error_of("SELECT barid.check_email($$" + address + "$$)"), "") << address;
    }
    for (const std::string& address : bad) {
        EXPECT_FALSE(is_email_address(address)) << address;
        EXPECT_THAT(error_of("SELECT barid.check_email($$" + address + "$$)"), HasSubstr("email"))
            << address;
    }
}

TEST_F(Contact, AHardBounceAndAComplaintSuppressAtOnce) {
    EXPECT_EQ(bounce("hard"), "t");
    EXPECT_EQ(sql("SELECT barid.record_bounce('<Omar@Example.com>', 'complaint')"), "t");
    EXPECT_EQ(sql("SELECT string_agg(address || ':' || reason, ',' ORDER BY address) "
                  "FROM barid.suppression"),
              "layla@example.com:bounce,omar@example.com:complaint");
}

TEST_F(Contact, SoftBouncesSuppressAfterTheFifthWithinThirtyDays) {
    for (int i = 0; i < 3; ++i) EXPECT_EQ(bounce("soft"), "f");
    sql("UPDATE barid.bounce SET at = now() - interval '31 days' "
        "WHERE id = (SELECT min(id) FROM barid.bounce)");
    for (int i = 0; i < 2; ++i) EXPECT_EQ(bounce("soft"), "f");
    EXPECT_EQ(bounce("soft"), "t");
    EXPECT_EQ(sql("SELECT reason FROM barid.suppression"), "bounce");
}

TEST_F(Contact, AReportThatComesTwiceCountsOnce) {
    const std::string id = "<019a4c2e-7b10-7c3d-8e2f-0123456789ab@shop.example>";
    for (int i = 0; i < 9; ++i) EXPECT_EQ(bounce("soft", id), "f");
    EXPECT_EQ(sql("SELECT count(*) || ' ' || max(notification_id::text) FROM barid.bounce"),
              "1 019a4c2e-7b10-7c3d-8e2f-0123456789ab");
}

TEST_F(Contact, AnAddressLetInAgainStartsAnew) {
    for (int i = 0; i < 5; ++i) bounce("soft");
    EXPECT_EQ(sql("SELECT barid.unsuppress('Layla@example.com')"), "t");
    EXPECT_EQ(sql("SELECT barid.unsuppress('Layla@example.com')"), "f");
    EXPECT_EQ(bounce("soft"), "f");
    EXPECT_EQ(sql("SELECT barid.suppress('Layla@example.com', detail => 'asked us')"), "t");
    EXPECT_EQ(sql("SELECT barid.suppress('layla@example.com')"), "f");
    EXPECT_EQ(sql("SELECT reason || ' ' || detail FROM barid.suppression"), "manual asked us");
}

TEST_F(Contact, BadReportsAreRefusedAndNobodysAreNothing) {
    EXPECT_THAT(error_of("SELECT barid.record_bounce('a@b.com', 'odd')"), HasSubstr("kind must"));
    EXPECT_THAT(error_of("SELECT barid.record_bounce('ab', 'hard')"), HasSubstr("address must"));
    EXPECT_EQ(sql("SELECT barid.record_bounce(NULL, 'hard')"), "f");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.bounce"), "0");
}

TEST_F(Contact, ProducersReportAndReadersDontSeeAddresses) {
    const std::string producer = "SET ROLE barid_producer; ";
    EXPECT_EQ(error_of(producer + "SELECT barid.set_contact('u', 'u@example.com')"), "");
    EXPECT_EQ(error_of(producer + "SELECT barid.record_bounce('u@example.com', 'hard')"), "");
    EXPECT_EQ(error_of("SET ROLE barid_worker; SELECT barid.record_bounce('u@x.com', 'hard')"), "");
    EXPECT_THAT(error_of(producer + "SELECT * FROM barid.contact"), HasSubstr("denied"));
    for (const char* table : {"contact", "suppression", "bounce"}) {
        EXPECT_THAT(error_of(std::string("SET ROLE barid_readonly; SELECT * FROM barid.") + table),
                    HasSubstr("denied"));
    }
}

TEST_F(Contact, TheDevelopmentChannelShowsEmailsAndWebhooks) {
    support::IoFixture io;
    pg::ConnectOptions options = database.options();
    options.settings.push_back({"role", "barid_worker"});
    pg::Pool pool(io.io, io.blocking, options, 2, {});
    DevChannel dev(pool);
    const PushMessage message{.nid = "019a4c2e-7b10-7c3d-8e2f-0123456789ab",
                              .locale = "ar",
                              .title = "طلبك",
                              .body = "في الطريق",
                              .html = "<p>في الطريق</p>"};
    Target target{.channel = "email", .user_id = "layla", .target = "layla@example.com"};
    EXPECT_EQ(io.run(dev.send(target, message)).kind, SendClass::accepted);
    target = {.channel = "webhook", .user_id = "layla"};
    EXPECT_EQ(io.run(dev.send(target, message)).kind, SendClass::accepted);
    EXPECT_EQ(sql("SELECT string_agg(concat_ws('|', channel, address, title, html, device_id), ' ' "
                  "ORDER BY id) FROM barid.dev_push"),
              "email|layla@example.com|طلبك|<p>في الطريق</p> webhook|طلبك|<p>في الطريق</p>");
}

}  // namespace
}  // namespace barid::notify
