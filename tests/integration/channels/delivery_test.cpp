// From barid.notify to the mail server and the webhook's receiver, through the ledger.
#include "jobs/notify_send.hpp"
#include "notify/channel_router.hpp"
#include "notify/webhook_channel.hpp"
#include "tests/integration/channels/smtp_fixture.hpp"

namespace barid::notify {
namespace {

using testing::HasSubstr;
using testing::Not;

class ChannelDelivery : public support::SmtpTest {
  protected:
    ChannelDelivery() {
        sql("SELECT barid.upsert_user('layla', 'ar-EG')");
        sql("SELECT barid.set_contact('layla', 'layla@example.com')");
        options.unsubscribe_url = "https://shop.example/leave/{category}";
    }

    std::string sql(const std::string& text) const { return database.sql(text); }
    std::string notify(const std::string& more) const {
        return sql(
            "SELECT barid.notify('layla', title => '{\"ar\": \"طلبك في الطريق\"}', "
            "body => '{\"ar\": \"يصل غدا\"}'" +
            more + ")");
    }
    /// One attempt of each job that is due or waits for another one.
    void run_jobs() {
        WebhookChannel webhook(http, clock, webhook_options);
        SmtpChannel email(*client, clock, options);
        ChannelRouter router({.email = &email, .webhook = &webhook});
        jobs::Registry registry;
        jobs::register_notify_send(registry, {pool, router, clock, {}});
        const std::string last = sql("SELECT coalesce(max(id), 0) FROM barid.job");
        for (std::int64_t id = 1; id <= std::stoll(last); ++id) {
            queue::Job job;
            job.id = id;
            job.kind = "notify.deliver";
            job.payload = sql("SELECT payload FROM barid.job WHERE id = " + std::to_string(id));
            if (job.payload.empty()) continue;
            job.max_attempts = 5;
            job.claim_id = std::to_string(++claims_);
            jobs::JobContext context{.job = job,
                                     .log = {},
                                     .deadline = clock.steady_now() + std::chrono::minutes(1),
                                     .progress = {},
                                     .cancelled = [] { return false; }};
            const json::value payload = parse_json(job.payload);
            io.run(registry.find(job.kind)->run(context, payload));
        }
    }
    /// "channel=state:reason" of every delivery, in order.
    std::string deliveries() const {
        return sql(
            "SELECT string_agg(d.channel || '=' || d.state || coalesce(':' || d.reason, ''), ' ' "
            "ORDER BY d.notification_id, d.channel) FROM barid.delivery d "
            "WHERE d.channel <> 'inbox'");
    }

    support::TestDatabase database;
    pg::Pool pool{io.io, io.blocking, database.options(), 4, {}};
    http::CurlHttpClient http{io.io};
    WebhookOptions webhook_options;

  private:
    int claims_ = 0;
};

TEST_F(ChannelDelivery, AnArabicEmailIsMadeOfItsTemplate) {
    sql(R"(SELECT barid.upsert_template('order.shipped', '{
             "ar": {"title": "شُحن الطلب {order}", "body": "مرحبا {name}",
                    "html": "<p>مرحبا <b>{name}</b></p>"},
             "en": {"title": "Order {order} has shipped", "body": "Hello {name}"}}',
             '{order,name}'::text[]))");
    const std::string id =
        sql("SELECT barid.notify('layla', template => 'order.shipped', channels => '{email}', "
            "vars => '{\"order\": \"A-1042\", \"name\": \"ليلى <b>\"}')");
    run_jobs();
    EXPECT_EQ(deliveries(), "email=accepted");
    const json::object message = read_message();
    const json::object& headers = message.at("headers").as_object();
    EXPECT_EQ(headers.at("subject").as_string(), "شُحن الطلب \u2068A-1042\u2069");
    EXPECT_EQ(headers.at("message-id").as_string(), "<" + id + "@shop.example>");
    EXPECT_EQ(headers.at("list-unsubscribe").as_string(), "<https://shop.example/leave/general>");
    const std::string text(message.at("text").as_string());
    EXPECT_THAT(text, HasSubstr("مرحبا \u2068ليلى <b>\u2069"));
    const std::string html(message.at("html").as_string());
    EXPECT_THAT(html, HasSubstr("dir=\"rtl\""));
    EXPECT_THAT(html, HasSubstr("ليلى &lt;b&gt;")) << "a variable is text, not markup";
    EXPECT_EQ(problems(), "[]");
}

TEST_F(ChannelDelivery, ACriticalCategoryOffersNoWayOut) {
    sql("SELECT barid.upsert_category('security', critical => true)");
    notify(", category => 'security', channels => '{email}'");
    run_jobs();
    EXPECT_EQ(deliveries(), "email=accepted");
    EXPECT_FALSE(read_message().at("headers").as_object().contains("list-unsubscribe"));
}

TEST_F(ChannelDelivery, AnAddressThatBouncesIsWrittenToNoMore) {
    rules(R"({"rcpt": {"reply": "550 5.1.1 <layla@example.com> unknown"}})");
    notify(", channels => '{email}'");
    run_jobs();
    EXPECT_EQ(deliveries(), "email=failed:mailbox_unknown");
    EXPECT_EQ(sql("SELECT address || ' ' || reason || ' ' || detail FROM barid.suppression"),
              "layla@example.com bounce 550 5.1.1 <***> unknown");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.bounce b JOIN barid.notification n "
                  "ON n.id = b.notification_id"),
              "1");
    sql("DELETE FROM barid.job");
    rules("{}");
    notify(", channels => '{email}'");
    run_jobs();
    EXPECT_EQ(deliveries(), "email=failed:mailbox_unknown email=suppressed:suppressed_address");
    EXPECT_EQ(messages().size(), 0U);
}

TEST_F(ChannelDelivery, WhatHappensBetweenTwoAttemptsIsSeen) {
    rules(R"({"rcpt": {"reply": "451 4.7.1 greylisted"}})");
    notify(", channels => '{email}'");
    run_jobs();
    EXPECT_EQ(sql("SELECT state FROM barid.delivery WHERE channel = 'email'"), "pending");
    sql("SELECT barid.record_bounce('layla@example.com', 'complaint')");
    rules("{}");
    run_jobs();
    EXPECT_EQ(deliveries(), "email=suppressed:suppressed_address");
    EXPECT_EQ(messages().size(), 0U);
}

TEST_F(ChannelDelivery, WhoHasNoAddressGetsNoEmail) {
    sql("SELECT barid.set_contact('layla', NULL)");
    notify(", channels => '{email}'");
    run_jobs();
    EXPECT_EQ(deliveries(), "email=suppressed:no_address");
}

TEST_F(ChannelDelivery, AWebhookGoesToTheShop) {
    const std::string secret = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";
    support::ChildProcess stub(support::node_script("deliver_stub.mjs", {secret}));
    webhook_options = {.url = "http://127.0.0.1:" + std::to_string(stub.wait_ready()) + "/ok",
                       .secrets = {Secret(secret)},
                       .allow_private = true};
    const std::string id = notify(", channels => '{email,webhook}', data => '{\"order\": \"7\"}'");
    run_jobs();
    EXPECT_EQ(deliveries(), "email=accepted webhook=accepted");
    const json::object seen = parse_json(stub.wait_for_line("SEEN")).as_object();
    EXPECT_EQ(seen.at("problem").as_string(), "");
    EXPECT_EQ(seen.at("id").as_string(), id);
    EXPECT_THAT(std::string(seen.at("body").as_string()), HasSubstr("طلبك في الطريق"));
}

TEST_F(ChannelDelivery, AWrongPasswordLetsTheMailWait) {
    rules(R"({"user": "shop", "pass": "right"})");
    notify(", channels => '{email}'");
    run_jobs();
    EXPECT_EQ(sql("SELECT d.state || ' ' || a.class || ' ' || a.reason FROM barid.delivery d "
                  "JOIN barid.delivery_attempt a ON a.delivery_id = d.id"),
              "pending lane_paused credentials");
    EXPECT_EQ(sql("SELECT reason FROM barid.rate_lane WHERE paused_until > now()"), "credentials");
}

}  // namespace
}  // namespace barid::notify
