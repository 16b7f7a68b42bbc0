// Users through the API: found by the beginning of their id, never with a whole token.
#include "tests/integration/admin_api/notify_api.hpp"

namespace barid {
namespace {

using support::grants;
using support::kHostile;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

class UsersApi : public support::NotifyApiTest {
  protected:
    UsersApi() {
        api::add_notifications(routes);
        api::add_users(routes);
        category("orders");
        category("offers");
    }
    support::ApiAnswer put(const std::string& user, const json::value& body) {
        return ask("PUT", "/users/" + user + "/preferences", json::serialize(body));
    }
    std::vector<std::string> found(const std::string& query) {
        std::vector<std::string> all;
        for (const auto& item : all_items("/users" + query)) all.push_back(text(item, "/user_id"));
        return all;
    }
};

TEST_F(UsersApi, AreFoundByTheBeginningOfTheirId) {
    for (const auto* user : {"noura", "nour", "ali", "نورة"}) {
        device(user, std::string("token-") + user);
    }
    EXPECT_THAT(found("?search=nou"), ElementsAre("nour", "noura"));
    EXPECT_THAT(found("?search=nou&limit=1"), ElementsAre("nour", "noura"));
    EXPECT_THAT(found("?search=%D9%86"), ElementsAre("نورة"));
    EXPECT_THAT(found("?search=%25"), ElementsAre());
    EXPECT_EQ(found("").size(), 4U);
}

TEST_F(UsersApi, AreShownWithDevicesAndChoices) {
    device("noura", "fcm-registration-token-abcdef");
    sql("SELECT barid.set_contact('noura', 'noura@example.com'); "
        "SELECT barid.suppress('noura@example.com', 'complaint', 'said noura@example.com'); "
        "SELECT barid.set_preference('noura', false, 'offers', 'push', updated_by => 'app'); "
        "SELECT barid.set_quiet_hours('noura', '[{\"start\": \"22:00\", \"end\": \"07:00\", "
        "\"days\": [\"fri\"]}]')");
    notification("noura");
    const auto answer = get("/users/noura");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(text(answer.json, "/devices/0/token"), "…abcdef");
    EXPECT_EQ(text(answer.json, "/contact/email"), "noura@example.com");
    EXPECT_EQ(text(answer.json, "/contact/suppressed/cause"), "complaint");
    EXPECT_EQ(text(answer.json, "/preferences/0/category"), "offers");
    EXPECT_EQ(text(answer.json, "/quiet_hours/0/start"), "22:00");
    EXPECT_EQ(text(answer.json, "/quiet_hours/0/days/0"), "fri");
    EXPECT_EQ(answer.json.at("unread").as_int64(), 1);
    EXPECT_THAT(answer.body, Not(HasSubstr("fcm-registration")));

    as(grants({"devices.view"}));
    const auto masked = get("/users/noura");
    EXPECT_THAT(masked.body, Not(HasSubstr("noura@example.com")));
    EXPECT_EQ(text(masked.json, "/devices/0/token"), "…abcdef");
    EXPECT_EQ(json::serialize(masked.json.at("allowed_actions")), "[]");
    EXPECT_THAT(get("/suppressions").body, Not(HasSubstr("noura@example.com")));
    EXPECT_EQ(get("/users/nobody").status, 404);
}

TEST_F(UsersApi, AShortTokenIsNotShownWhole) {
    device("noura", "abcdef");
    EXPECT_EQ(text(get("/users/noura").json, "/devices/0/token"), "…def");
}

TEST_F(UsersApi, ChoicesAreSetAndTakenBack) {
    device("noura", "token-000001");
    const auto answer = put(
        "noura",
        {{"preferences",
          {{{"category", "offers"}, {"channel", "push"}, {"enabled", false}}, {{"enabled", true}}}},
         {"quiet_hours", {{{"start", "23:00"}, {"end", "06:00"}}}},
         {"reason", "اتصلت بنا"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("preferences").as_array().size(), 2U);
    EXPECT_EQ(text(answer.json, "/preferences/1/updated_by"), "account:1");
    EXPECT_EQ(text(answer.json, "/quiet_hours/0/end"), "06:00");
    EXPECT_EQ(sql("SELECT reason || (after #>> '{preferences,1,category}') FROM barid.audit_log"),
              "اتصلت بناoffers");
    put("noura",
        {{"preferences", {{{"category", "offers"}, {"channel", "push"}, {"enabled", nullptr}}}}});
    EXPECT_EQ(sql("SELECT string_agg(category, ' ') FROM barid.preference"), "*");
    EXPECT_EQ(put("nobody", {{"preferences", json::array()}}).status, 404);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.app_user"), "1");
}

TEST_F(UsersApi, ChoicesNeedThePermissionForTheirCategory) {
    device("noura", "token-000001");
    as(grants({"devices.view", "notifications.override=orders"}));
    EXPECT_EQ(put("noura", {{"preferences", {{{"category", "orders"}, {"enabled", true}}}}}).status,
              200);
    EXPECT_EQ(put("noura", {{"preferences", {{{"category", "offers"}, {"enabled", true}}}}}).status,
              422);
    EXPECT_EQ(put("noura", {{"preferences", {{{"enabled", true}}}}}).status, 422);
    EXPECT_EQ(put("noura", {{"quiet_hours", json::array()}}).status, 403);
    EXPECT_EQ(ask("DELETE", "/users/noura/devices/1", "").status, 403);
    as(grants({"devices.view"}));
    EXPECT_EQ(put("noura", {{"preferences", json::array()}}).status, 403);
}

TEST_F(UsersApi, WrongChoicesAreToldWhere) {
    device("noura", "token-000001");
    const auto answer =
        put("noura", {{"preferences", {{{"channel", "pigeon"}, {"enabled", "yes"}}}}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(text(answer.json, "/errors/0/at"), "/preferences/0/channel");
    EXPECT_THAT(put("noura", {{"preferences", {{{"category", "none"}, {"enabled", true}}}}}).body,
                HasSubstr("category"));
    EXPECT_EQ(put("noura", {{"quiet_hours", {{{"start", "late"}, {"end", "06:00"}}}}}).status, 422);
    EXPECT_EQ(put("noura", {{"tz", "Mars/Olympus"}}).status, 422);
}

TEST_F(UsersApi, ARemovedDeviceGetsNothingUntilItComesBack) {
    const auto phone = device("noura", "token-000001");
    device("ali", "token-000002");
    EXPECT_EQ(ask("DELETE", "/users/ali/devices/" + phone, "").status, 404);
    const auto answer = ask("DELETE", "/users/noura/devices/" + phone, "");
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(text(answer.json, "/devices/0/state"), "dead");
    EXPECT_EQ(text(answer.json, "/devices/0/state_reason"), "removed_by_admin");
    EXPECT_EQ(device("noura", "token-000001"), phone);
    EXPECT_EQ(text(get("/users/noura").json, "/devices/0/state"), "active");
}

TEST_F(UsersApi, CategoriesAreThoseWithinReach) {
    EXPECT_EQ(get("/categories").items().size(), 3U);
    as(grants({"notifications.view=orders"}));
    const auto answer = get("/categories");
    ASSERT_EQ(answer.items().size(), 1U);
    EXPECT_EQ(text(answer.items()[0], "/key"), "orders");
    device("noura", "token-000001");
    EXPECT_EQ(get("/users/noura/explain?category=orders").status, 200);
    EXPECT_EQ(get("/users/noura/explain?category=offers").status, 404);
}

TEST_F(UsersApi, AddressesAreSuppressedAndLetInAgain) {
    EXPECT_EQ(post("/suppressions", {{"address", "Noura@example.com"}, {"reason", "asked"}}).status,
              204);
    EXPECT_EQ(text(get("/suppressions").items()[0], "/address"), "noura@example.com");
    EXPECT_EQ(post("/suppressions", {{"address", "no address"}}).status, 422);
    EXPECT_EQ(ask("DELETE", "/suppressions/noura@example.com", "").status, 204);
    EXPECT_EQ(ask("DELETE", "/suppressions/noura@example.com", "").status, 404);
    EXPECT_EQ(sql("SELECT string_agg(action || ' ' || target, ', ' ORDER BY id) "
                  "FROM barid.audit_log"),
              "suppression.add N…@example.com, suppression.remove n…@example.com");
}

TEST_F(UsersApi, HostileIdsStayWhatTheyAre) {
    sql("SELECT barid.upsert_user(" + support::quoted(kHostile) + ")");
    EXPECT_THAT(found("?search=%3Cscript"), ElementsAre(kHostile));
}

}  // namespace
}  // namespace barid
