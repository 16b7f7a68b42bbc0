// Broadcasts through the API: a draft, a look, a start with a reason, its course and its end.
#include "tests/integration/admin_api/notify_api.hpp"

namespace barid {
namespace {

using support::grants;
using testing::ElementsAre;
using testing::HasSubstr;

class BroadcastsApi : public support::NotifyApiTest {
  protected:
    BroadcastsApi() {
        api::add_notifications(routes);
        api::add_broadcasts(routes);
        category("orders");
        category("offers");
        device("noura", "token-noura");
        device("ali", "token-ali");
    }
    static json::object draft() {
        return {{"category", "offers"},
                {"users", {"noura", "ali", "sara"}},
                {"title", {{"ar", "صناديق هدايا رمضان"}, {"en", "Ramadan gift boxes"}}},
                {"body", {{"ar", "نصف السعر حتى الجمعة"}, {"en", "Half price until Friday"}}}};
    }
    std::string made(const json::object& body = draft()) {
        const auto answer = post("/broadcasts", body);
        EXPECT_EQ(answer.status, 201) << answer.body;
        return text(answer.json, "/id");
    }
    support::ApiAnswer act(const std::string& id, const std::string& action,
                           const json::object& body = {{"reason", "موسم رمضان"}}) {
        return post("/broadcasts/" + id + "/" + action, body);
    }
    std::string audited() const {
        return sql("SELECT string_agg(action, ' ' ORDER BY id) FROM barid.audit_log");
    }
};

TEST_F(BroadcastsApi, ADraftIsMadeOnceAndSendsNothing) {
    const auto id = made();
    const auto again = post("/broadcasts", draft());
    EXPECT_EQ(again.status, 200) << again.body;
    EXPECT_EQ(text(again.json, "/id"), id);
    EXPECT_EQ(text(again.json, "/state"), "draft");
    EXPECT_EQ(text(again.json, "/titles/ar"), "صناديق هدايا رمضان");
    EXPECT_EQ(text(again.json, "/created_by"), "account:1");
    EXPECT_EQ(json::serialize(again.json.at("allowed_actions")), R"(["start","cancel"])");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job"), "0");
    EXPECT_THAT(ids(all_items("/broadcasts?limit=1&state=draft")), ElementsAre(id));
    EXPECT_EQ(get("/broadcasts?state=running").items().size(), 0U);
}

TEST_F(BroadcastsApi, ThePreviewSaysWhomItReachesAndShowsEachLanguage) {
    sql("SELECT barid.set_preference('ali', false, 'offers')");
    const auto answer = post("/broadcasts/" + made() + "/preview");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("users").as_int64(), 3);
    EXPECT_EQ(answer.json.at("reachable").as_int64(), 1);
    EXPECT_EQ(answer.json.at("opted_out").as_int64(), 1);
    const auto& texts = answer.json.at("texts").as_array();
    ASSERT_EQ(texts.size(), 2U);
    for (const auto& shown : texts) {
        const bool arabic = text(shown, "/locale") == "ar";
        EXPECT_EQ(text(shown, "/dir"), arabic ? "rtl" : "ltr");
        EXPECT_EQ(text(shown, "/platforms/0/title"),
                  arabic ? "صناديق هدايا رمضان" : "Ramadan gift boxes");
    }
    EXPECT_EQ(audited(), "broadcast.create");
}

TEST_F(BroadcastsApi, ATemplatesWordsAreShownWithItsValues) {
    sql(R"(SELECT barid.upsert_template('sale', '{"ar": {"title": "خصم {percent}", "body":
        "{n, plural, two {منتجان} few {# منتجات} other {# منتج}}"}}',
        '{"percent": {"type": "string"}, "n": {"type": "integer", "sample": 2}}'))");
    const auto id = made({{"category", "offers"},
                          {"users", {"noura"}},
                          {"template", "sale"},
                          {"vars", {{"percent", "٥٠٪"}, {"n", 3}}}});
    const auto answer = post("/broadcasts/" + id + "/preview");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(text(answer.json, "/texts/0/body"), "3 منتجات");
}

TEST_F(BroadcastsApi, IsStartedPausedResumedAndCancelledWithAReason) {
    const auto id = made();
    EXPECT_EQ(act(id, "start", {}).status, 422);
    const auto started = act(id, "start");
    ASSERT_EQ(started.status, 200) << started.body;
    EXPECT_EQ(text(started.json, "/state"), "running");
    EXPECT_EQ(text(started.json, "/events/1/action"), "start");
    EXPECT_EQ(text(act(id, "start").json, "/state"), "running");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE kind = 'notify.broadcast'"), "1");
    EXPECT_EQ(text(act(id, "pause", {}).json, "/state"), "paused");
    EXPECT_EQ(act(id, "start").code(), "wrong_state");
    EXPECT_EQ(text(act(id, "resume", {}).json, "/state"), "running");
    EXPECT_EQ(act(id, "cancel", {}).status, 422);
    EXPECT_EQ(text(act(id, "cancel").json, "/state"), "cancelled");
    EXPECT_EQ(act(id, "resume", {}).status, 409);
    EXPECT_EQ(audited(),
              "broadcast.create broadcast.start broadcast.start broadcast.pause "
              "broadcast.resume broadcast.cancel");
    EXPECT_EQ(sql("SELECT before || after::text || reason FROM barid.audit_log "
                  "WHERE action = 'broadcast.cancel'")
                  .find("{\"state\": \"running\"}{\"state\": \"cancelled\"}"),
              0U);
}

TEST_F(BroadcastsApi, TellsHowFarItIsAndWhoGotIt) {
    const auto id = made();
    act(id, "start");
    sql("UPDATE barid.broadcast SET estimated_users = 3, users = 3; "
        "INSERT INTO barid.broadcast_chunk (broadcast_id, chunk_no, lo_user, hi_user, users, "
        "job_id, accepted, suppressed, finished_at) VALUES ('" +
        id +
        "', 1, 'a', 'z', 2, 77, 1, 1, now()); "
        "INSERT INTO barid.notification (user_id, category, dedupe_key, broadcast_id, locale, "
        "expires_at) SELECT u, 'offers', 'b', '" +
        id +
        "', 'ar', now() + interval '1 day' FROM unnest('{ali,noura,sara}'::text[]) u; "
        "INSERT INTO barid.delivery (notification_id, channel, state, reason) SELECT id, 'push', "
        "'suppressed', 'no_device' FROM barid.notification WHERE user_id = 'sara'");
    const auto shown = get("/broadcasts/" + id);
    EXPECT_EQ(shown.json.at("progress").at("sent_users").as_int64(), 2);
    EXPECT_EQ(shown.json.at("progress").at("skipped").as_int64(), 1);
    EXPECT_FALSE(shown.json.at("progress").at("estimated_end").is_null());
    EXPECT_EQ(all_items("/broadcasts/" + id + "/outcomes?limit=2").size(), 3U);
    const auto skipped = get("/broadcasts/" + id + "/outcomes?status=skipped");
    ASSERT_EQ(skipped.items().size(), 1U);
    EXPECT_EQ(text(skipped.items()[0], "/user_id"), "sara");
}

TEST_F(BroadcastsApi, OtherCategoriesAreOutOfReach) {
    const auto id = made();
    as(grants({"broadcasts.send=orders", "notifications.view=orders"}));
    EXPECT_EQ(get("/broadcasts").items().size(), 0U);
    EXPECT_EQ(get("/broadcasts/" + id).status, 404);
    EXPECT_EQ(get("/broadcasts/" + id + "/outcomes").status, 404);
    EXPECT_EQ(post("/broadcasts/" + id + "/preview").status, 404);
    EXPECT_EQ(act(id, "start").status, 404);
    EXPECT_EQ(post("/broadcasts", draft()).status, 404);
    as(grants({"notifications.view"}));
    EXPECT_EQ(json::serialize(get("/broadcasts/" + id).json.at("allowed_actions")), "[]");
    EXPECT_EQ(act(id, "start").status, 403);
    EXPECT_EQ(sql("SELECT state FROM barid.broadcast"), "draft");
}

TEST_F(BroadcastsApi, ASegmentIsForThoseWhoMaySeeWhatItReads) {
    auto body = draft();
    body.erase("users");
    body["segment"] = "SELECT 'nora@example.com'::int::text AS user_id";
    as(grants({"broadcasts.send"}));
    EXPECT_EQ(post("/broadcasts", body).code(), "forbidden");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.broadcast"), "0");
    as(grants({"broadcasts.send", "data.view"}));
    const auto id = made(body);
    EXPECT_THAT(post("/broadcasts/" + id + "/preview").body, HasSubstr("nora@example.com"));
    as(grants({"broadcasts.send"}));
    const auto hidden = post("/broadcasts/" + id + "/preview");
    EXPECT_EQ(hidden.status, 422);
    EXPECT_EQ(hidden.body.find("nora"), std::string::npos) << hidden.body;
    EXPECT_THAT(hidden.body, HasSubstr("22P02"));
    as(support::everything());
    body["segment"] = "SELECT id AS user_id FROM no_such_table";
    const auto typo = post("/broadcasts/" + made(body) + "/preview");
    EXPECT_EQ(typo.status, 422);
    EXPECT_THAT(typo.body, HasSubstr("no_such_table"));
}

TEST_F(BroadcastsApi, WrongDraftsAreToldWhereAndWhy) {
    const auto answer = post("/broadcasts", {{"category", ""},
                                             {"channels", {"pigeon"}},
                                             {"start_at", "soon"},
                                             {"ttl_seconds", 0},
                                             {"colour", "red"}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(answer.json.at("errors").as_array().size(), 5U) << answer.body;
    auto both = draft();
    both["segment"] = "SELECT 1";
    EXPECT_THAT(post("/broadcasts", both).body, HasSubstr("a segment or users, and not both"));
    auto evil = draft();
    evil.erase("users");
    evil["segment"] = "DELETE FROM barid.job";
    EXPECT_EQ(post("/broadcasts", evil).status, 422);
    EXPECT_EQ(get("/broadcasts/nonsense").status, 404);
}

}  // namespace
}  // namespace barid
