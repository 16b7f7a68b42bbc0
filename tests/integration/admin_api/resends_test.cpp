// Sending again through the API: the preview counts what is sent, once for each request, never past
// what the caller may, and what becomes of it can be watched.
#include "tests/integration/admin_api/notify_api.hpp"

namespace barid {
namespace {

using support::grants;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class ResendsApi : public support::NotifyApiTest {
  protected:
    ResendsApi() {
        api::add_resends(routes);
        category("orders");
        category("offers");
    }
    /// A notification whose only push, to a phone of its own, failed.
    std::string failed(const std::string& user, const std::string& category) {
        const auto id = notification(user, category);
        delivery(id, "failed", "invalid_argument", device(user, "token-" + id));
        return id;
    }
    static json::value wish(const json::object& more = {}) {
        json::object body = {{"mode", "failed"}, {"filter", {{"since", "2020-01-01T00:00:00Z"}}}};
        for (const auto& item : more) body[item.key()] = item.value();
        return body;
    }
    static json::value order(std::int64_t expected, const json::object& more = {}) {
        json::object body = wish().as_object();
        body["request_key"] = "outage";
        body["expected"] = expected;
        body["reason"] = "المزود كان متوقفا";
        for (const auto& item : more) body[item.key()] = item.value();
        return body;
    }
    std::int64_t previewed(const json::object& more = {}) {
        const auto answer = post("/resends/preview", wish(more));
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json.at("deliveries").as_int64();
    }
    std::string sent() const {
        return sql("SELECT count(*) FROM barid.delivery WHERE generation > 0");
    }
    std::string audited() const {
        return sql(
            "SELECT string_agg(action || ':' || target || ':' || reason, ' ' ORDER BY id) "
            "FROM barid.audit_log");
    }
};

TEST_F(ResendsApi, ThePreviewCountsWhatIsSent) {
    const auto id = failed("noura", "orders");
    failed("ali", "offers");
    delivery(notification("sara", "offers"), "accepted", "", device("sara", "token-sara"));
    const auto preview = post("/resends/preview", wish());
    ASSERT_EQ(preview.status, 200) << preview.body;
    EXPECT_EQ(preview.json.at("deliveries").as_int64(), 2);
    EXPECT_EQ(preview.json.at("notifications").as_int64(), 2);
    EXPECT_EQ(preview.json.at("users").as_int64(), 2);
    EXPECT_EQ(json::serialize(preview.json.at("was")), R"({"failed":2})");
    EXPECT_FALSE(preview.json.at("override_needed").as_bool());
    EXPECT_EQ(text(preview.json, "/sample/1/notification_id"), id);
    EXPECT_EQ(text(preview.json, "/sample/1/title"), "شُحن طلبك");
    EXPECT_EQ(sent(), "0");

    const auto answer = post("/resends", order(2));
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(answer.json.at("deliveries").as_int64(), 2);
    EXPECT_EQ(text(answer.json, "/state"), "running");
    EXPECT_EQ(text(answer.json, "/actor"), "account:1");
    EXPECT_EQ(sent(), "2");
    EXPECT_EQ(audited(), "notifications.resend:1:المزود كان متوقفا");
}

TEST_F(ResendsApi, TheSameRequestTwiceSendsOnce) {
    failed("noura", "orders");
    ASSERT_EQ(post("/resends", order(1)).status, 201);
    failed("ali", "orders");
    const auto again = post("/resends", order(1));
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(again.json.at("id").as_int64(), 1);
    EXPECT_EQ(sent(), "1");
    EXPECT_THAT(audited(), HasSubstr("notifications.resend_asked:1:"));
    const auto other = post("/resends", order(9, {{"mode", "all"}}));
    EXPECT_EQ(other.status, 422);
    EXPECT_THAT(other.body, HasSubstr("stands for another re-send"));
    EXPECT_EQ(sent(), "1");
}

TEST_F(ResendsApi, TwoAtOnceSendOnce) {
    for (int i = 0; i < 20; ++i) failed("user" + std::to_string(i), "orders");
    std::vector<int> statuses;
    int open = 2;
    for (int i = 0; i < 2; ++i) {
        asio::co_spawn(
            io,
            [this, &statuses, &open]() -> awaitable<void> {
                statuses.push_back((co_await asked("POST", "/resends", order(20))).status);
                if (--open == 0) io.stop();
            },
            asio::detached);
    }
    io.restart();
    io.run_for(std::chrono::seconds(20));
    EXPECT_THAT(statuses, UnorderedElementsAre(201, 200));
    EXPECT_EQ(sent(), "20");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.resend"), "1");
}

TEST_F(ResendsApi, MoreThanWasSeenIsNotSent) {
    failed("noura", "orders");
    EXPECT_EQ(previewed(), 1);
    failed("ali", "orders");
    const auto answer = post("/resends", order(1));
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.code(), "count_changed");
    EXPECT_EQ(answer.json.at("now").at("deliveries").as_int64(), 2);
    EXPECT_EQ(sent(), "0");
    EXPECT_EQ(audited(), "");
    // Fewer than were seen is fine.
    EXPECT_EQ(post("/resends", order(5)).status, 201);
    EXPECT_EQ(sent(), "2");
}

TEST_F(ResendsApi, SaysWhenTheUsersWishesStandAgainstIt) {
    failed("noura", "offers");
    failed("ali", "offers");
    sql("SELECT barid.set_preference('noura', false, 'offers')");
    const auto preview = post("/resends/preview", wish());
    EXPECT_TRUE(preview.json.at("override_needed").as_bool());
    EXPECT_EQ(json::serialize(preview.json.at("wishes").at("reasons")),
              R"({"preference:category":1})");
    EXPECT_EQ(preview.json.at("wishes").at("skip").as_int64(), 1);
    const auto past = post("/resends/preview", wish({{"override", true}}));
    EXPECT_EQ(past.json.at("wishes").at("send").as_int64(), 2);
    EXPECT_FALSE(past.json.at("override_needed").as_bool());
}

TEST_F(ResendsApi, OverridingNeedsItsOwnPermission) {
    failed("noura", "orders");
    failed("ali", "offers");
    as(grants({"notifications.resend"}));
    EXPECT_EQ(post("/resends", order(2, {{"override", true}})).status, 403);
    EXPECT_EQ(post("/resends/preview", wish({{"override", true}})).status, 403);
    EXPECT_EQ(sent(), "0");
    as(grants({"notifications.resend", "notifications.override=orders"}));
    EXPECT_EQ(previewed({{"override", true}}), 1);
    EXPECT_EQ(post("/resends", order(2, {{"override", true}})).status, 201);
    EXPECT_EQ(sql("SELECT string_agg(n.user_id, ' ') FROM barid.delivery d JOIN "
                  "barid.notification n ON n.id = d.notification_id WHERE d.generation > 0"),
              "noura");
    EXPECT_EQ(sql("SELECT override FROM barid.resend"), "t");
}

TEST_F(ResendsApi, ReachesNoOtherCategory) {
    const auto order_id = failed("noura", "orders");
    const auto offer_id = failed("noura", "offers");
    as(grants({"notifications.resend=orders", "notifications.view=orders"}));
    EXPECT_EQ(previewed(), 1);
    EXPECT_EQ(previewed({{"filter", {{"notification_ids", {order_id, offer_id}}}}}), 1);
    EXPECT_EQ(previewed({{"filter", {{"user_ids", {"noura"}}}}}), 1);
    EXPECT_EQ(post("/resends/preview",
                   wish({{"filter", {{"user_ids", {"noura"}}, {"category", "offers"}}}}))
                  .status,
              404);
    const auto answer =
        post("/resends", order(9, {{"filter", {{"notification_ids", {order_id, offer_id}}}}}));
    ASSERT_EQ(answer.status, 201) << answer.body;
    EXPECT_EQ(json::serialize(answer.json.at("filter").at("categories")), R"(["orders"])");
    EXPECT_EQ(sql("SELECT string_agg(notification_id::text, ' ') FROM barid.delivery "
                  "WHERE generation > 0"),
              order_id);
    EXPECT_EQ(get("/resends/1").status, 200);
    as(grants({"notifications.view=offers"}));
    EXPECT_EQ(get("/resends/1").status, 404);
    EXPECT_EQ(get("/resends/1/outcomes").status, 404);
    EXPECT_EQ(get("/resends").items().size(), 0U);
}

TEST_F(ResendsApi, CanBeWatched) {
    failed("noura", "orders");
    failed("ali", "orders");
    failed("sara", "orders");
    ASSERT_EQ(post("/resends", order(3)).status, 201);
    EXPECT_EQ(get("/resends/1").json.at("progress").at("waiting").as_int64(), 3);
    sql("UPDATE barid.delivery d SET state = CASE n.user_id WHEN 'noura' THEN 'accepted' "
        "WHEN 'ali' THEN 'suppressed' ELSE 'failed' END, reason = CASE n.user_id WHEN 'ali' THEN "
        "'preference:global' WHEN 'sara' THEN 'unregistered' END "
        "FROM barid.notification n WHERE n.id = d.notification_id AND d.generation = 1; "
        "DELETE FROM barid.job");
    const auto shown = get("/resends/1");
    EXPECT_EQ(text(shown.json, "/state"), "done");
    const auto& progress = shown.json.at("progress");
    EXPECT_EQ(progress.at("accepted").as_int64(), 1);
    EXPECT_EQ(progress.at("skipped").as_int64(), 1);
    EXPECT_EQ(progress.at("failed").as_int64(), 1);
    EXPECT_EQ(progress.at("waiting").as_int64(), 0);
    EXPECT_EQ(progress.at("reasons").at("unregistered").as_int64(), 1);
    EXPECT_EQ(get("/resends").items().size(), 1U);
    EXPECT_EQ(all_items("/resends/1/outcomes?limit=1").size(), 3U);
    const auto skipped = get("/resends/1/outcomes?outcome=skipped");
    ASSERT_EQ(skipped.items().size(), 1U);
    EXPECT_EQ(text(skipped.items()[0], "/user_id"), "ali");
}

TEST_F(ResendsApi, ALargeOneIsCountedInPart) {
    sql("INSERT INTO barid.notification (id, user_id, category, dedupe_key, expires_at) "
        "SELECT barid.uuid_v7(), 'u' || n, 'orders', 'k', now() + interval '1 day' "
        "FROM generate_series(1, 22) n; "
        "INSERT INTO barid.resend (request_key, actor, reason, mode, filter, preview_count, "
        "deliveries, notifications) VALUES ('big', 'a', 'b', 'all', '{\"category\": \"orders\"}', "
        "22, 22, 22); "
        "INSERT INTO barid.resend_job SELECT 1, n, 900 + n, 1 FROM generate_series(1, 22) n; "
        "INSERT INTO barid.delivery (notification_id, channel, generation, job_id, state) "
        "SELECT id, 'push', 1, 900 + row_number() OVER (ORDER BY id), 'accepted' "
        "FROM barid.notification WHERE dedupe_key = 'k'");
    const auto shown = get("/resends/1");
    EXPECT_TRUE(shown.json.at("progress").at("approximate").as_bool());
    EXPECT_EQ(shown.json.at("progress").at("accepted").as_int64(), 22);
}

TEST_F(ResendsApi, WrongBodiesAreToldWhereAndWhy) {
    const auto answer =
        post("/resends",
             {{"mode", "some"},
              {"filter", {{"notification_ids", {"x"}}, {"since", "yesterday"}, {"colour", "red"}}},
              {"expected", -1}});
    EXPECT_EQ(answer.status, 422);
    std::vector<std::string> places;
    for (const auto& error : answer.json.at("errors").as_array()) {
        places.push_back(text(error, "/at"));
    }
    EXPECT_THAT(places, UnorderedElementsAre("/mode", "/filter/notification_ids/0", "/filter/since",
                                             "/filter/colour", "/request_key", "/expected"));
    EXPECT_EQ(post("/resends/preview", {{"mode", "failed"}, {"filter", json::object()}}).status,
              422);
    auto body = order(1).as_object();
    body.erase("reason");
    const auto silent = post("/resends", body);
    EXPECT_EQ(silent.status, 422);
    EXPECT_EQ(text(silent.json, "/errors/0/at"), "/reason");
    EXPECT_EQ(get("/resends/77").status, 404);
    EXPECT_EQ(sent(), "0");
}

TEST_F(ResendsApi, TextsInThePreviewAreMasked) {
    failed("noura", "orders");
    as(grants({"notifications.resend"}));
    const auto preview = post("/resends/preview", wish());
    EXPECT_EQ(text(preview.json, "/sample/0/title"), "•••");
    EXPECT_THAT(preview.body, Not(HasSubstr("شُحن")));
}

}  // namespace
}  // namespace barid
