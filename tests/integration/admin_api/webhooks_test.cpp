// /webhooks: endpoints, what was delivered, and delivering again.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "admin/api/webhooks_routes.hpp"
#include "base/json_reader.hpp"
#include "jobs/http_deliver_message.hpp"
#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Webhooks : public support::ApiFixture {
  protected:
    Webhooks() {
        api::WebhookParts parts;
        parts.endpoints = {
            {.name = "stock", .url = "http://127.0.0.1:3000/stock", .concurrency = 2},
            {.name = "orders", .url = "https://u:p4ss@shop.example/hooks?key=k3y#f"}};
        parts.lane = [](std::string_view name) -> std::optional<api::WebhookLane> {
            if (name != "orders") return std::nullopt;
            return api::WebhookLane{"open", std::chrono::milliseconds(4000), 1};
        };
        api::add_webhooks(routes, std::move(parts));
    }

    std::string enqueue(const std::string& more = "", const std::string& endpoint = "orders") {
        return database.sql(fmt::format(
            R"(SELECT barid.enqueue('http.deliver', '{{"endpoint": "{}", "type": "order.paid",
                   "data": {{"order": 42, "city": "عمّان", "phone": "+962790000000"}}}}',
                   tags => '{{order:42}}', request_id => 'r-1'{}))",
            endpoint, more));
    }
    /// Moves a job to the history as a worker does at its end.
    void finish(const std::string& id, const std::string& state, const std::string& output = "") {
        database.sql(fmt::format(
            R"(INSERT INTO barid.job_history (id, run_at, created_at, claimed_at, claim_id, state,
                   priority, attempt, max_attempts, queue, kind, payload, tags, request_id, errors,
                   output, unique_key)
               SELECT id, run_at, created_at, now(), claim_id, '{1}', priority, 1, max_attempts,
                   queue, kind, payload, tags, request_id,
                   CASE WHEN '{1}' = 'failed' THEN '[{{"attempt": 1, "at": "2026-11-22T10:00:00Z",
                       "error": "HTTP 422: طلب غير معروف", "worker": "w1", "ms": 12}}]'::jsonb END,
                   nullif('{2}', '')::jsonb, unique_key
               FROM barid.job WHERE id = {0};
               DELETE FROM barid.job WHERE id = {0})",
            id, state, output));
    }
    static std::string path(const std::string& id, const std::string& more = "") {
        return "/webhooks/deliveries/" + id + more;
    }
};

TEST_F(Webhooks, ListsTheConfiguredEndpointsWithoutSecrets) {
    finish(enqueue(), "completed", R"({"status": 200, "ms": 31, "body": "ok"})");
    finish(enqueue(), "failed");
    enqueue();
    const auto answer = get("/webhooks");
    ASSERT_THAT(answer.items(), SizeIs(2));
    const auto& orders = answer.items()[0];
    EXPECT_EQ(orders.at("name"), "orders");
    EXPECT_EQ(orders.at("url"), "https://shop.example/hooks");
    EXPECT_THAT(answer.body, Not(HasSubstr("p4ss")));
    EXPECT_THAT(answer.body, Not(HasSubstr("k3y")));
    EXPECT_EQ(orders.at("breaker"), "open");
    EXPECT_EQ(orders.at("rests_for_ms"), 4000);
    EXPECT_EQ(orders.at("counts").at("completed"), 1);
    EXPECT_EQ(orders.at("counts").at("failed"), 1);
    EXPECT_EQ(orders.at("counts").at("waiting"), 1);
    EXPECT_EQ(orders.at("last_error"), "HTTP 422: طلب غير معروف");
    EXPECT_TRUE(answer.items()[1].at("breaker").is_null());
    EXPECT_THAT(all_items("/webhooks?limit=1"), SizeIs(2));
    EXPECT_EQ(get("/webhooks/stock").json.at("concurrency"), 2);
    EXPECT_EQ(get("/webhooks/nobody").code(), "not_found");
}

TEST_F(Webhooks, ShowsOfAnAddressOnlyWhatMayBeShown) {
    EXPECT_EQ(api::shown_url("https://a@b:c@h.example:8443/p?q#f"), "https://h.example:8443/p");
    EXPECT_EQ(api::shown_url("https://h.example/p/@you"), "https://h.example/p/@you");
    EXPECT_EQ(api::shown_url("https://u:p@h.example"), "https://h.example");
    EXPECT_EQ(api::shown_url("u:p@h.example"), "h.example");
    EXPECT_EQ(api::shown_url(""), "");
}

TEST_F(Webhooks, ListsDeliveriesTheNewestFirst) {
    const auto first = enqueue();
    const auto second = enqueue();
    const auto third = enqueue();
    enqueue("", "stock");
    finish(first, "failed");
    finish(second, "completed", R"({"status": 204, "ms": 9})");
    std::vector<std::string> ids;
    for (const auto& item : all_items("/webhooks/orders/deliveries?limit=1")) {
        ids.push_back(std::to_string(item.at("job_id").as_int64()));
    }
    EXPECT_EQ(ids, (std::vector<std::string>{third, second, first}));
    const auto items = get("/webhooks/orders/deliveries").items();
    EXPECT_EQ(items[1].at("http_status"), 204);
    EXPECT_EQ(items[2].at("error"), "HTTP 422: طلب غير معروف");
    EXPECT_THAT(get("/webhooks/orders/deliveries?state=failed").items(), SizeIs(1));
    EXPECT_THAT(get("/webhooks/orders/deliveries?state=waiting").items(), SizeIs(1));
    EXPECT_THAT(get("/webhooks/orders/deliveries?state=running").items(), IsEmpty());
    EXPECT_THAT(get("/webhooks/orders/deliveries?type=order.paid").items(), SizeIs(3));
    EXPECT_THAT(get("/webhooks/orders/deliveries?type=order.lost").items(), IsEmpty());
    EXPECT_EQ(get("/webhooks/orders/deliveries?state=lost").code(), "invalid");
}

TEST_F(Webhooks, HideWhatIsSentFromThoseWhoMayNotSeeData) {
    const auto id = enqueue();
    finish(id, "failed");
    EXPECT_EQ(get(path(id)).json.at("data").at("city"), "عمّان");
    EXPECT_EQ(get(path(id)).json.at("attempts").at(0).at("error"), "HTTP 422: طلب غير معروف");
    as(support::grants({"webhooks.view"}));
    const auto masked = get(path(id));
    EXPECT_EQ(masked.json.at("data").at("city"), "•••");
    EXPECT_EQ(masked.json.at("data").at("order"), "•••");
    EXPECT_EQ(masked.json.at("attempts").at(0).at("error"), "•••");
    EXPECT_THAT(masked.body, Not(HasSubstr("+962790000000")));
    const auto list = get("/webhooks/orders/deliveries");
    EXPECT_EQ(list.items()[0].at("error"), "•••");
    EXPECT_EQ(get("/webhooks").items()[0].at("last_error"), "•••");
    EXPECT_THAT(list.items()[0].at("allowed_actions").as_array(), IsEmpty());
}

TEST_F(Webhooks, TellTheIdThatTheReceiverSees) {
    const auto id = enqueue();
    queue::Job job;
    job.id = std::stoll(id);
    job.created_at =
        pg::parse_timestamp(database.sql("SET TimeZone = 'UTC'; SELECT created_at FROM barid.job"));
    EXPECT_EQ(get(path(id)).json.at("webhook_id").as_string(), jobs::deliver_id({}, job));
}

TEST_F(Webhooks, RunAFailedDeliveryAgainUnderItsOwnId) {
    const auto id = enqueue();
    finish(id, "failed");
    const auto answer = post(path(id, "/redeliver"), {{"reason", "أصلح المتجر الخطأ"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(std::to_string(answer.json.at("job_id").as_int64()), id);
    EXPECT_EQ(answer.json.at("state"), "waiting");
    EXPECT_EQ(database.sql("SELECT action || target || (after->>'outcome') || reason "
                           "FROM barid.audit_log"),
              "webhook.redeliver" + id + "retriedأصلح المتجر الخطأ");
}

TEST_F(Webhooks, SendADeliveredMessageAgainUnderTheSameWebhookId) {
    const auto id = enqueue();
    finish(id, "completed", R"({"status": 200, "ms": 31})");
    const auto before = get(path(id)).json;
    const auto again = post(path(id, "/redeliver"));
    ASSERT_EQ(again.status, 200) << again.body;
    EXPECT_NE(again.json.at("job_id"), before.at("job_id"));
    EXPECT_EQ(again.json.at("webhook_id"), before.at("webhook_id"));
    EXPECT_EQ(again.json.at("redelivers_job"), before.at("job_id"));
    EXPECT_EQ(again.json.at("tags").at(0), "order:42");
    const auto next = std::to_string(again.json.at("job_id").as_int64());

    // The handler agrees about the id and reads the payload.
    queue::Job job;
    job.id = std::stoll(next);
    const json::value payload =
        parse_json(database.sql("SELECT payload FROM barid.job WHERE id = " + next));
    JsonReader in(payload);
    const auto parsed = jobs::parse_deliver_payload(in);
    EXPECT_NO_THROW(in.finish());
    EXPECT_EQ(jobs::deliver_id(parsed, job), before.at("webhook_id").as_string());

    // Pressed twice it is one; and a redelivery can be redelivered.
    EXPECT_EQ(post(path(id, "/redeliver")).json.at("job_id"), again.json.at("job_id"));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "1");
    finish(next, "completed", R"({"status": 200, "ms": 31})");
    EXPECT_EQ(post(path(next, "/redeliver")).json.at("webhook_id"), before.at("webhook_id"));
}

TEST_F(Webhooks, StartAWaitingDeliveryAtOnce) {
    const auto id = enqueue(", delay => '1 hour'");
    ASSERT_EQ(post(path(id, "/redeliver")).status, 200);
    EXPECT_EQ(database.sql("SELECT run_at <= now() FROM barid.job"), "t");
    EXPECT_EQ(database.sql("SELECT after->>'outcome' FROM barid.audit_log"), "hastened");
}

TEST_F(Webhooks, SayWhyNothingIsSentAgain) {
    const auto running = enqueue();
    database.sql("UPDATE barid.job SET state = 'running'");
    EXPECT_EQ(post(path(running, "/redeliver")).code(), "conflict");
    const auto other = database.sql("SELECT barid.enqueue('sql.call')");
    EXPECT_EQ(post(path(other, "/redeliver")).code(), "not_found");
    EXPECT_EQ(get(path(other)).code(), "not_found") << "not a delivery";
    EXPECT_EQ(post(path("99999"), {}).code(), "no_such_method");
    EXPECT_EQ(post(path(running, "/redeliver"), {{"reson", "x"}}).code(), "invalid");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log"), "0");
    as(support::grants({"webhooks.view"}));
    EXPECT_EQ(post(path(running, "/redeliver")).code(), "forbidden");
    as(support::grants({"jobs.view", "data.view"}));
    EXPECT_EQ(get("/webhooks").code(), "forbidden");
    EXPECT_EQ(get(path(running)).code(), "forbidden");
}

TEST_F(Webhooks, StandPayloadsThatTheHandlerWouldRefuse) {
    database.sql(R"(INSERT INTO barid.job (kind, payload) VALUES
        ('http.deliver', '{"endpoint": "orders", "type": ["x"], "redelivers": {"job": "1e999"}}'),
        ('http.deliver', '{"endpoint": "orders", "redelivers": 7, "data": null}'),
        ('http.deliver', '{"endpoint": "orders", "redelivers": {"job": 1e99}, "data": "text"}'))");
    EXPECT_THAT(get("/webhooks/orders/deliveries").items(), SizeIs(3));
    for (const auto& item : get("/webhooks/orders/deliveries").items()) {
        EXPECT_EQ(get(path(std::to_string(item.at("job_id").as_int64()))).status, 200);
    }
}

}  // namespace
}  // namespace barid
