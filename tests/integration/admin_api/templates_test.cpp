// Templates through the API: versions, errors with their place, and what a phone would show.
#include "tests/integration/admin_api/notify_api.hpp"

namespace barid {
namespace {

using support::grants;
using support::kHostile;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class TemplatesApi : public support::NotifyApiTest {
  protected:
    TemplatesApi() {
        api::add_notifications(routes);
        api::add_templates(routes);
    }
    static json::object shipped(const std::string& body =
                                    "{n, plural, one {منتج واحد} two {منتجان} "
                                    "few {# منتجات} many {# منتجًا} other "
                                    "{# منتج}} في الطريق") {
        return {{"texts",
                 {{"en", {{"title", "Order {order} has shipped"}, {"body", "{n} items"}}},
                  {"ar", {{"title", "تم شحن طلبك {order}"}, {"body", body}}}}},
                {"variables",
                 {{"order", {{"type", "string"}, {"sample", "A-1042"}}},
                  {"n", {{"type", "integer"}, {"sample", 3}}}}}};
    }
    support::ApiAnswer put(const json::value& body, const std::string& match = "",
                           const std::string& key = "order.shipped") {
        support::Headers headers;
        if (!match.empty()) headers.emplace_back("If-Match", match);
        return ask("PUT", "/templates/" + key, json::serialize(body), headers);
    }
    static std::vector<std::string> places(const support::ApiAnswer& answer) {
        std::vector<std::string> all;
        for (const auto& error : answer.json.at("errors").as_array()) {
            all.push_back(text(error, "/at"));
        }
        return all;
    }
};

TEST_F(TemplatesApi, EachSaveIsAVersionAndNoneChanges) {
    ASSERT_EQ(put(shipped()).status, 200);
    const auto second = put(shipped("{n} منتجات"));
    EXPECT_EQ(second.json.at("version").as_int64(), 2);
    EXPECT_EQ(put(shipped("{n} منتجات")).json.at("version").as_int64(), 2);
    const auto first = get("/templates/order.shipped?version=1");
    EXPECT_EQ(first.json.at("newest").as_int64(), 2);
    EXPECT_EQ(text(first.json, "/texts/0/locale"), "ar");
    EXPECT_EQ(text(first.json, "/texts/0/dir"), "rtl");
    EXPECT_EQ(text(first.json, "/texts/0/title"), "تم شحن طلبك {order}");
    EXPECT_EQ(all_items("/templates/order.shipped/versions?limit=1").size(), 2U);
    EXPECT_EQ(sql("SELECT string_agg(action || coalesce(before ->> 'version', '-') || (after ->> "
                  "'version'), ' ' ORDER BY id) FROM barid.audit_log"),
              "template.save-1 template.save12 template.save22");
}

TEST_F(TemplatesApi, AreListedByKeyWithTheirNewestVersion) {
    for (const auto* key : {"c", "a", "b"}) put(shipped(), "", key);
    put(shipped("{n}"), "", "b");
    std::vector<std::string> found;
    for (const auto& item : all_items("/templates?limit=2")) {
        found.push_back(text(item, "/key") + std::to_string(item.at("version").as_int64()));
    }
    EXPECT_THAT(found, ElementsAre("a1", "b2", "c1"));
    const auto some = get("/templates?search=b");
    ASSERT_EQ(some.items().size(), 1U);
    EXPECT_EQ(json::serialize(some.items()[0].at("locales")), R"(["ar","en"])");
    EXPECT_EQ(json::serialize(some.items()[0].at("variables")), R"(["n","order"])");
}

TEST_F(TemplatesApi, NobodyOverwritesWhatTheyHaveNotSeen) {
    put(shipped());
    const auto seen = get("/templates/order.shipped").header("ETag");
    ASSERT_NE(seen, "");
    EXPECT_EQ(put(shipped("{n} قطع"), seen).status, 200);
    const auto late = put(shipped("{n} أشياء"), seen);
    EXPECT_EQ(late.status, 412);
    EXPECT_EQ(sql("SELECT max(version) FROM barid.template"), "2");
}

TEST_F(TemplatesApi, MistakesComeWithTheirPlace) {
    const auto brace = put(shipped("{n, plural, one {منتج}"));
    EXPECT_EQ(brace.status, 422);
    EXPECT_THAT(places(brace), Contains("/texts/ar/body"));
    const auto unknown = put(shipped("{colour}"));
    EXPECT_EQ(unknown.status, 422);
    EXPECT_THAT(places(unknown), Contains(HasSubstr("/texts/ar/body"))) << unknown.body;
    auto body = shipped();
    body["variables"].as_object()["n"].as_object()["type"] = "colour";
    EXPECT_THAT(places(put(body)), Contains(HasSubstr("/variables/n")));
    body = shipped();
    body["texts"].as_object()["xx-invalid-tag"] = {{"title", "x"}, {"body", "y"}};
    EXPECT_THAT(places(put(body)), Contains("/texts/xx-invalid-tag"));
    EXPECT_EQ(put({{"variables", json::object()}}).status, 422);
    EXPECT_EQ(put(shipped(), "", "Order%20Shipped").status, 404);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.template"), "0");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.audit_log"), "0");
}

TEST_F(TemplatesApi, APreviewIsInTheReadersLanguage) {
    put(shipped());
    const auto arabic = post("/templates/order.shipped/preview",
                             {{"locale", "ar-EG"}, {"vars", {{"order", "A-7"}, {"n", 2}}}});
    ASSERT_EQ(arabic.status, 200) << arabic.body;
    EXPECT_EQ(text(arabic.json, "/locale"), "ar");
    EXPECT_EQ(text(arabic.json, "/dir"), "rtl");
    EXPECT_EQ(text(arabic.json, "/title"), "تم شحن طلبك \u2068A-7\u2069");
    EXPECT_EQ(text(arabic.json, "/body"), "منتجان في الطريق");
    EXPECT_EQ(arabic.json.at("platforms").as_array().size(), 3U);
    const auto english =
        post("/notifications/preview",
             {{"template", "order.shipped"}, {"locale", "en"}, {"platform", "ios"}});
    EXPECT_EQ(text(english.json, "/title"), "Order A-1042 has shipped");
    EXPECT_EQ(text(english.json, "/dir"), "ltr");
    EXPECT_EQ(english.json.at("platforms").as_array().size(), 1U);
    const auto wrong = post("/templates/order.shipped/preview", {{"vars", {{"n", "many"}}}});
    EXPECT_EQ(wrong.status, 422);
    EXPECT_THAT(places(wrong), ElementsAre("/vars/n", "/vars/order"));
}

TEST_F(TemplatesApi, ADraftIsShownAndNotSaved) {
    const auto shown =
        post("/templates/new.one/preview", {{"locale", "ar"}, {"draft", shipped("{n} مسودة")}});
    ASSERT_EQ(shown.status, 200) << shown.body;
    EXPECT_EQ(text(shown.json, "/body"), "3 مسودة");
    EXPECT_EQ(post("/templates/new.one/preview", {{"draft", shipped("{n")}}).status, 422);
    EXPECT_EQ(post("/templates/new.one/preview", json::object()).status, 404);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.template"), "0");
}

TEST_F(TemplatesApi, LongTextsShowWhereTheyAreCut) {
    std::string body;
    for (int i = 0; i < 60; ++i) body += "طلبك في الطريق إليك ";
    const auto shown =
        post("/templates/long/preview", {{"locale", "ar"}, {"draft", shipped(body)}});
    ASSERT_EQ(shown.status, 200) << shown.body;
    for (const auto& platform : shown.json.at("platforms").as_array()) {
        EXPECT_TRUE(platform.at("body_cut").as_bool());
        EXPECT_FALSE(platform.at("title_cut").as_bool());
        EXPECT_THAT(text(platform, "/body"), testing::EndsWith("…"));
    }
}

TEST_F(TemplatesApi, HostileValuesStayTexts) {
    put(shipped());
    const auto shown = post("/templates/order.shipped/preview",
                            {{"locale", "en"}, {"vars", {{"order", "<b>{n}</b>'"}, {"n", 1}}}});
    EXPECT_EQ(text(shown.json, "/title"), "Order <b>{n}</b>' has shipped");
    EXPECT_EQ(get("/templates?search=%27%20OR%20true").items().size(), 0U);
}

TEST_F(TemplatesApi, SavingNeedsItsPermission) {
    put(shipped());
    as(grants({"notifications.view"}));
    EXPECT_EQ(put(shipped("{n}")).status, 403);
    EXPECT_EQ(json::serialize(get("/templates/order.shipped").json.at("allowed_actions")), "[]");
    EXPECT_EQ(post("/templates/order.shipped/preview", json::object()).status, 200);
}

}  // namespace
}  // namespace barid
