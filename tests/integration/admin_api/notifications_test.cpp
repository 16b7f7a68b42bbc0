// Notifications through the API: found by every filter, shown with why somebody got nothing,
// masked for who may not see texts, absent for who doesn't reach their category.
#include "tests/integration/admin_api/notify_api.hpp"

namespace barid {
namespace {

using support::grants;
using support::kHostile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

class NotificationsApi : public support::NotifyApiTest {
  protected:
    NotificationsApi() {
        api::add_notifications(routes);
        category("orders");
        category("offers");
    }
    std::vector<std::string> found(const std::string& query) {
        return ids(all_items("/notifications" + query));
    }
    json::value shown(const std::string& id) {
        auto answer = get("/notifications/" + id);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return answer.json;
    }
    /// The codes of why_not, in order.
    std::vector<std::string> why_not(const std::string& id) {
        std::vector<std::string> codes;
        const auto detail = shown(id);
        for (const auto& why : detail.at("why_not").as_array()) {
            codes.push_back(text(why, "/outcome") + ":" + text(why, "/step") + ":" +
                            text(why, "/code"));
        }
        return codes;
    }
};

TEST_F(NotificationsApi, AreListedNewestFirstWithWhatBecameOfThem) {
    const auto phone = device("noura", "token-000001");
    const auto first = notification("noura", "orders");
    delivery(first, "accepted", "", phone);
    const auto second = notification("ali", "offers");
    const auto page = get("/notifications");
    ASSERT_EQ(page.status, 200) << page.body;
    EXPECT_THAT(ids(page.items()), ElementsAre(second, first));
    const auto& newest = page.items()[0];
    EXPECT_EQ(text(newest, "/status"), "waiting");
    const auto& item = page.items()[1];
    EXPECT_EQ(text(item, "/title"), "شُحن طلبك");
    EXPECT_EQ(text(item, "/locale"), "ar");
    EXPECT_EQ(text(item, "/status"), "accepted");
    EXPECT_EQ(item.at("deliveries").at("accepted").as_int64(), 1);
    EXPECT_EQ(json::serialize(item.at("allowed_actions")), R"(["resend"])");
}

TEST_F(NotificationsApi, PagesHoldEachOnce) {
    std::vector<std::string> made;
    for (int i = 0; i < 7; ++i) made.insert(made.begin(), notification("noura", "orders"));
    EXPECT_EQ(found("?limit=3"), made);
    EXPECT_EQ(found("?limit=1&user=noura"), made);
    EXPECT_EQ(found("?limit=2&category=orders"), made);
}

TEST_F(NotificationsApi, EachFilterFindsItsOwn) {
    const auto phone = device("noura", "token-000001");
    const auto other = device("ali", "token-000002");
    const auto failed = notification("noura", "orders");
    delivery(failed, "failed", "invalid_argument", phone);
    const auto skipped = notification("noura", "offers");
    delivery(skipped, "suppressed", "preference:category", "NULL");
    const auto accepted = notification("ali", "orders");
    delivery(accepted, "accepted", "", other);
    const auto waiting = notification("ali", "offers");
    EXPECT_THAT(found("?status=failed"), ElementsAre(failed));
    EXPECT_THAT(found("?status=skipped"), ElementsAre(skipped));
    EXPECT_THAT(found("?status=suppressed&category=offers"), ElementsAre(skipped));
    EXPECT_THAT(found("?status=waiting"), ElementsAre(waiting));
    EXPECT_THAT(found("?user=noura"), ElementsAre(skipped, failed));
    EXPECT_THAT(found("?category=orders"), ElementsAre(accepted, failed));
    EXPECT_THAT(found("?device=" + phone), ElementsAre(failed));
    EXPECT_THAT(found("?device=" + phone + "&status=accepted"), ElementsAre());
    EXPECT_THAT(found("?status=failed&channel=email"), ElementsAre());
    EXPECT_THAT(found("?channel=email"), ElementsAre());
    EXPECT_THAT(found("?to=2020-01-01T00:00:00Z"), ElementsAre());
    EXPECT_EQ(found("?from=2020-01-01T00:00:00Z").size(), 4U);
    EXPECT_EQ(found("?user=nobody").size(), 0U);
}

TEST_F(NotificationsApi, OnlyTheLastGenerationOfAWayCounts) {
    const auto phone = device("noura", "token-000001");
    const auto id = notification("noura", "orders");
    delivery(id, "failed", "invalid_argument", phone);
    sql("INSERT INTO barid.delivery (notification_id, channel, device_id, generation, state) "
        "VALUES ('" +
        id + "', 'push', " + phone + ", 1, 'accepted')");
    EXPECT_EQ(text(shown(id), "/status"), "accepted");
    EXPECT_THAT(why_not(id), ElementsAre());
    EXPECT_THAT(found("?status=failed"), ElementsAre());
    EXPECT_EQ(shown(id).at("deliveries").as_array().size(), 2U);
}

TEST_F(NotificationsApi, CountsStopAtTenThousandAndFollowTheFilters) {
    notification("noura", "orders");
    notification("noura", "offers");
    EXPECT_EQ(get("/notifications/count").body, R"({"count": 2, "capped": false})");
    EXPECT_EQ(get("/notifications/count?category=offers").body, R"({"count": 1, "capped": false})");
    sql("INSERT INTO barid.notification (user_id, category, dedupe_key, expires_at) "
        "SELECT 'crowd', 'general', n::text, now() + interval '1 day' "
        "FROM generate_series(1, 10001) n");
    EXPECT_EQ(get("/notifications/count").body, R"({"count": 10000, "capped": true})");
}

TEST_F(NotificationsApi, ASearchThatFindsLittleGoesOnWhereItStopped) {
    const auto phone = device("noura", "token-000001");
    const auto failed = notification("noura", "orders");
    delivery(failed, "failed", "invalid_argument", phone);
    sql("INSERT INTO barid.notification (user_id, category, dedupe_key, expires_at) "
        "SELECT 'crowd', 'general', n::text, now() + interval '1 day' "
        "FROM generate_series(1, 10050) n");
    const auto page = get("/notifications?status=failed");
    EXPECT_EQ(page.items().size(), 0U);
    EXPECT_FALSE(page.json.at("next").is_null());
    EXPECT_THAT(found("?status=failed"), ElementsAre(failed));
    // An index leads straight to a category.
    EXPECT_EQ(get("/notifications?status=failed&category=orders").items().size(), 1U);
}

TEST_F(NotificationsApi, TellWhyAPhoneGotNothing) {
    const auto phone = device("noura", "token-000001");
    sql("SELECT barid.set_preference('noura', false, 'offers', 'push', updated_by => 'app'); "
        "SELECT barid.set_quiet_hours('noura', '[{\"start\": \"22:00\", \"end\": \"07:00\"}]')");
    const auto off = notification("noura", "offers");
    delivery(off, "suppressed", "preference:category+channel", "NULL");
    EXPECT_THAT(why_not(off), ElementsAre("skipped:preference:preference"));
    EXPECT_EQ(text(shown(off), "/why_not/0/facts/set_by"), "app");
    EXPECT_EQ(text(shown(off), "/why_not/0/facts/level"), "category+channel");

    const auto quiet = notification("noura", "orders");
    sql("UPDATE barid.delivery SET not_before = '2030-01-01 04:00+00' WHERE id = " +
        delivery(quiet, "deferred", "quiet_hours", phone));
    EXPECT_THAT(why_not(quiet), ElementsAre("waiting:quiet_hours:quiet_hours"));
    EXPECT_EQ(text(shown(quiet), "/why_not/0/facts/until"), "2030-01-01T04:00:00.000000Z");
    EXPECT_EQ(text(shown(quiet), "/why_not/0/facts/tz"), "Asia/Riyadh");
    EXPECT_EQ(text(shown(quiet), "/status"), "deferred");

    const auto gone = notification("noura", "orders");
    attempt(gone, delivery(gone, "failed", "unregistered", phone), "device_suspect", "unregistered",
            404, "Requested entity was not found.");
    EXPECT_THAT(why_not(gone), ElementsAre("failed:provider:token_unregistered"));
    EXPECT_EQ(shown(gone).at("why_not").at(0).at("facts").at("http_status").as_int64(), 404);

    const auto nobody = notification("ali", "orders");
    delivery(nobody, "suppressed", "no_device", "NULL");
    EXPECT_THAT(why_not(nobody), ElementsAre("skipped:devices:no_device"));
    const auto late = notification("ali", "orders");
    delivery(late, "expired", "expired", "NULL");
    EXPECT_THAT(why_not(late), ElementsAre("skipped:expiry:expired"));
    const auto often = notification("ali", "orders");
    delivery(often, "suppressed", "throttled", "NULL");
    EXPECT_THAT(why_not(often), ElementsAre("skipped:throttle:throttled"));
    EXPECT_THAT(why_not(notification("ali", "orders")), ElementsAre("waiting:job:no_job"));
}

TEST_F(NotificationsApi, SayInWhichDigestSomethingWasCollected) {
    sql("SELECT barid.upsert_template('many', '{\"ar\": {\"title\": \"{count} طلبات\", "
        "\"body\": \"تحديثات\"}}', '{count}')");
    category("news", ", digest_window => '30 minutes', digest_template => 'many'");
    const auto id = notification("noura", "news");
    delivery(id, "collected", "digest", "NULL");
    sql("SELECT barid.collect('" + id + "', 'noura', 'news', 'push')");
    EXPECT_THAT(why_not(id), ElementsAre("skipped:digest:digest"));
    EXPECT_NE(text(shown(id), "/why_not/0/facts/closes_at"), "");
    EXPECT_EQ(text(shown(id), "/status"), "collected");
}

TEST_F(NotificationsApi, ShowEveryAttempt) {
    const auto phone = device("noura", "token-000001");
    const auto id = notification("noura", "orders");
    attempt(id, delivery(id, "accepted", "", phone), "accepted", "", 200);
    const auto detail = shown(id);
    const auto& way = detail.at("deliveries").at(0);
    EXPECT_EQ(text(way, "/device/platform"), "android");
    EXPECT_EQ(text(way, "/device/app_version"), "4.2");
    EXPECT_EQ(way.at("history").at(0).at("latency_ms").as_int64(), 31);
    EXPECT_EQ(text(detail, "/inbox/state"), "unread");
    EXPECT_EQ(text(detail, "/data/order"), "1042");
    EXPECT_EQ(text(detail, "/dir"), "rtl");
    EXPECT_THAT(json::serialize(detail), Not(HasSubstr("token-000001")));
}

TEST_F(NotificationsApi, KeepHostileTextsAsTheyAre) {
    const auto id = notification(kHostile, "orders", kHostile);
    const auto detail = shown(id);
    EXPECT_EQ(text(detail, "/title"), kHostile);
    EXPECT_EQ(text(detail, "/user_id"), kHostile);
    EXPECT_THAT(found("?user=%3Cscript%3Ealert(1)%3C%2Fscript%3E%27%22%5C%7Bn%7D%20%E2%80%AE"
                      "%D8%B9%D9%83%D8%B3%E2%80%AC%3B%20DROP%20TABLE%20barid.job%3B%20--"),
                ElementsAre(id));
    EXPECT_THAT(found("?category=orders%27%20OR%20true%20--"), ElementsAre());
}

TEST_F(NotificationsApi, AreMaskedForWhoMayNotSeeTexts) {
    const auto phone = device("noura", "token-000001");
    const auto id = notification("noura", "orders");
    attempt(id, delivery(id, "failed", "mailbox_unknown", phone), "retry", "mailbox_unknown", 550,
            "550 <noura@example.com> unknown");
    as(grants({"notifications.view"}));
    const auto detail = get("/notifications/" + id);
    EXPECT_THAT(detail.body, Not(HasSubstr("شُحن")));
    EXPECT_THAT(detail.body, Not(HasSubstr("الطريق")));
    EXPECT_THAT(detail.body, Not(HasSubstr("noura@example.com")));
    EXPECT_EQ(text(detail.json, "/title"), "•••");
    EXPECT_EQ(text(detail.json, "/data/order"), "•••");
    EXPECT_EQ(text(detail.json, "/deliveries/0/history/0/error"), "•••");
    EXPECT_EQ(text(detail.json, "/why_not/0/facts/error"), "•••");
    EXPECT_TRUE(detail.json.at("masked").as_bool());
    EXPECT_EQ(json::serialize(detail.json.at("allowed_actions")), "[]");
    EXPECT_THAT(get("/notifications").body, Not(HasSubstr("شُحن")));
}

TEST_F(NotificationsApi, OutOfReachAreAsIfTheyWereNotThere) {
    const auto order = notification("noura", "orders");
    const auto offer = notification("noura", "offers");
    as(grants({"notifications.view=orders", "notifications.resend=offers"}));
    EXPECT_THAT(found(""), ElementsAre(order));
    EXPECT_THAT(found("?user=noura"), ElementsAre(order));
    EXPECT_THAT(found("?category=offers"), ElementsAre());
    EXPECT_EQ(get("/notifications/count").body, R"({"count": 1, "capped": false})");
    EXPECT_EQ(get("/notifications/" + offer).status, 404);
    EXPECT_EQ(get("/notifications/" + offer + "/explain").status, 404);
    EXPECT_EQ(json::serialize(get("/notifications/" + order).json.at("allowed_actions")), "[]");
    as(grants({"notifications.view=orders,offers"}));
    EXPECT_THAT(found(""), ElementsAre(offer, order));
    as(grants({"jobs.view"}));
    EXPECT_EQ(get("/notifications").status, 403);
}

TEST_F(NotificationsApi, ExplainEachStepOfEachChannel) {
    device("noura", "token-000001");
    sql("SELECT barid.set_preference('noura', false, 'orders', 'push')");
    const auto id = notification("noura", "orders");
    const auto answer = get("/notifications/" + id + "/explain");
    ASSERT_EQ(answer.status, 200) << answer.body;
    std::vector<std::string> steps;
    for (const auto& item : answer.items()) {
        if (text(item, "/step") != "decision") continue;
        steps.push_back(text(item, "/channel") + ":" + text(item, "/result") + ":" +
                        text(item, "/facts/reason"));
    }
    EXPECT_THAT(steps, ElementsAre("push:suppress:preference:category+channel", "inbox:send:"));
}

TEST_F(NotificationsApi, WrongQuestionsAreToldWhereAndWhy) {
    EXPECT_EQ(get("/notifications/nonsense").status, 404);
    EXPECT_EQ(get("/notifications/00000000-0000-7000-8000-000000000000").status, 404);
    for (const auto* query : {"status=lost", "channel=pigeon", "broadcast=7", "device=x",
                              "from=yesterday", "limit=201", "colour=red"}) {
        const auto answer = get(std::string("/notifications?") + query);
        EXPECT_EQ(answer.status, 422) << query;
        EXPECT_FALSE(answer.json.at("errors").as_array().empty()) << query;
    }
}

TEST_F(NotificationsApi, OfABroadcastComeByUser) {
    sql("SELECT barid.register_device(u, 'token-' || u, 'ios') FROM unnest('{c,a,b}'::text[]) u");
    const auto broadcast =
        sql("SELECT barid.broadcast('offers', users => '{c,a,b}', title => '{\"ar\": \"صناديق "
            "هدايا رمضان\"}', body => '{\"ar\": \"نصف السعر\"}')");
    sql("INSERT INTO barid.broadcast_text VALUES ('" + broadcast +
        "', 'ar', 'صناديق هدايا رمضان', 'نصف السعر'); "
        "INSERT INTO barid.notification (user_id, category, dedupe_key, broadcast_id, locale, "
        "expires_at) SELECT u, 'offers', 'b', '" +
        broadcast + "', 'ar', now() + interval '1 day' FROM unnest('{c,a,b}'::text[]) u");
    std::vector<std::string> users;
    for (const auto& item : all_items("/notifications?limit=2&broadcast=" + broadcast)) {
        users.push_back(text(item, "/user_id"));
        EXPECT_EQ(text(item, "/title"), "صناديق هدايا رمضان");
    }
    EXPECT_THAT(users, ElementsAre("a", "b", "c"));
}

}  // namespace
}  // namespace barid
