// /translations/entities, providers, backfills and cost.
#include <gmock/gmock.h>

#include "tests/integration/admin_api/translations_fixture.hpp"

namespace barid {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

class TranslationStatus : public support::TranslationsFixture {};

TEST_F(TranslationStatus, ShowsEveryTextOfAnEntity) {
    attach_products();
    database.sql("INSERT INTO shop.product VALUES (7, 'Red cotton shirt', 'قميص أحمر')");
    review({.id = "7", .field = "description", .source = "Soft and light"});
    const auto answer = get("/translations/entities/product/7");
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json.at("attached").at("table"), "shop.product");
    const auto& texts = answer.json.at("texts").as_array();
    ASSERT_THAT(texts, SizeIs(2));
    EXPECT_EQ(texts[0].at("field"), "description");
    EXPECT_EQ(texts[0].at("review_reason"), "length");
    EXPECT_EQ(texts[1].at("text"), "قميص أحمر");
    EXPECT_EQ(texts[1].at("origin"), "human");
    EXPECT_EQ(get("/translations/entities/product/8").code(), "not_found");
}

TEST_F(TranslationStatus, FindsEntitiesWithNamesThatHaveToBeEncoded) {
    review({.id = "قميص 7", .type = "منتج"});
    EXPECT_EQ(get("/translations/entities/%D9%85%D9%86%D8%AA%D8%AC/"
                  "%D9%82%D9%85%D9%8A%D8%B5%207")
                  .json.at("texts")
                  .at(0)
                  .at("source_text"),
              "Red cotton shirt");
}

TEST_F(TranslationStatus, SaysWhoRestsAndWakesThem) {
    database.sql(R"(INSERT INTO barid.provider_state
        (provider, paused_until, pause_kind, pause_reason, characters, budget)
        VALUES ('deepl', now() + interval '1 hour', 'quota', 'the plan is used up', 900, 1000),
               ('google', NULL, '', '', 5, NULL))");
    const auto list = get("/translations/providers");
    ASSERT_THAT(list.items(), SizeIs(2));
    EXPECT_EQ(list.items()[0].at("pause_kind"), "quota");
    EXPECT_EQ(list.items()[0].at("characters_today"), 900);
    EXPECT_EQ(list.items()[0].at("allowed_actions").at(0), "resume");
    EXPECT_THAT(list.items()[1].at("allowed_actions").as_array(), IsEmpty());

    as(support::grants({"translations.view"}));
    EXPECT_EQ(post("/translations/providers/deepl/resume", {{"reason", "x"}}).code(), "forbidden");
    as(support::everything());
    const auto woken = post("/translations/providers/deepl/resume", {{"reason", "جددنا الاشتراك"}});
    ASSERT_EQ(woken.status, 200) << woken.body;
    EXPECT_EQ(woken.json.at("paused"), false);
    EXPECT_EQ(audit("translation.resume_provider", "before->>'pause_kind'"), "quota");
    EXPECT_EQ(audit("translation.resume_provider", "reason"), "جددنا الاشتراك");
    EXPECT_EQ(post("/translations/providers/nobody/resume", {{"reason", "x"}}).code(), "not_found");
}

TEST_F(TranslationStatus, PausesResumesAndCancelsABackfill) {
    attach_products();
    database.sql(
        "INSERT INTO shop.product (id, name) SELECT i, 'Shirt ' || i "
        "FROM generate_series(1, 3) i");
    const auto id = database.sql("SELECT barid.translate_backfill('product')");
    const std::string path = "/translations/backfills/" + id;
    EXPECT_EQ(get(path).json.at("state"), "running");
    EXPECT_EQ(get(path).json.at("total"), 3);
    EXPECT_EQ(post(path + "/pause", {{"reason", "too dear"}}).json.at("state"), "paused");
    EXPECT_EQ(audit("translation.pause_backfill", "before->>'state'"), "running");
    EXPECT_EQ(get(path).json.at("changed_by"), "نورة (account:1)");
    EXPECT_EQ(post(path + "/resume", {{"reason", ""}}).json.at("state"), "running");
    EXPECT_EQ(post(path + "/cancel", json::object()).json.at("state"), "cancelled");
    const auto late = post(path + "/resume", json::object());
    EXPECT_EQ(late.code(), "conflict");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log"), "3");
    EXPECT_THAT(get(path).json.at("allowed_actions").as_array(), IsEmpty());
    EXPECT_THAT(get("/translations/backfills").items(), SizeIs(1));
    EXPECT_EQ(post("/translations/backfills/99/pause", json::object()).code(), "not_found");
    as(support::grants({"translations.view"}));
    EXPECT_EQ(post(path + "/pause", json::object()).code(), "forbidden");
}

TEST_F(TranslationStatus, AddsUpWhatItCosts) {
    database.sql(R"(INSERT INTO barid.translation_usage
        (day, provider, requests, texts, characters, errors, cost)
        VALUES (barid.translation_today(), 'deepl', 3, 30, 900, 1, 0.018),
               (barid.translation_today() - 1, 'deepl', 1, 10, 100, 0, 0.002),
               (barid.translation_today() - 1, 'google', 1, 1, 50, 0, 0),
               (barid.translation_today() - 40, 'google', 1, 1, 7, 0, 0))");
    const auto cost = get("/translations/cost?days=7").json;
    EXPECT_THAT(cost.at("items").as_array(), SizeIs(3));
    EXPECT_EQ(cost.at("total").at("characters"), 1050);
    EXPECT_DOUBLE_EQ(cost.at("total").at("cost").to_number<double>(), 0.02);
    EXPECT_EQ(cost.at("providers").at(0).at("requests"), 4);
    EXPECT_EQ(get("/translations/cost?provider=google&days=60").json.at("total").at("characters"),
              57);
    EXPECT_EQ(get("/translations/cost?days=500").code(), "invalid");
    EXPECT_EQ(get("/translations/cost?provider=nobody").json.at("total").at("characters"), 0);
}

}  // namespace
}  // namespace barid
