// /translations/reviews: what waits for a person, what a person decides, and what happens when two
// decide at once or the source changes meanwhile.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/integration/admin_api/translations_fixture.hpp"

namespace barid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class TranslationReviews : public support::TranslationsFixture {};

TEST_F(TranslationReviews, AreListedTheOldestFirstInPages) {
    std::vector<std::int64_t> ids;
    for (int i = 0; i < 5; ++i) {
        ids.push_back(review({.id = std::to_string(i), .suggestion = "قميص أحمر من القطن"}));
    }
    std::vector<std::int64_t> seen;
    for (const auto& item : all_items("/translations/reviews?limit=2")) {
        seen.push_back(item.at("id").as_int64());
    }
    EXPECT_EQ(seen, ids);
    const auto page = get("/translations/reviews?limit=1");
    EXPECT_EQ(page.items()[0].at("suggestion"), "قميص أحمر من القطن");
    EXPECT_EQ(page.items()[0].at("state"), "open");
}

TEST_F(TranslationReviews, AreFilteredAndCounted) {
    review({.id = "1", .reason = "length"});
    review({.id = "2", .reason = "numbers"});
    review({.id = "3", .type = "category", .reason = "length"});
    review({.id = "4",
            .lang = "en",
            .reason = "length",
            .source = "قميص أحمر",
            .suggestion = "Red shirt"});
    EXPECT_THAT(get("/translations/reviews?reason=length").items(), SizeIs(3));
    EXPECT_THAT(get("/translations/reviews?reason=length&lang=ar").items(), SizeIs(2));
    EXPECT_THAT(get("/translations/reviews?entity_type=category").items(), SizeIs(1));
    EXPECT_THAT(get("/translations/reviews?entity_type=product&entity_id=2").items(), SizeIs(1));
    EXPECT_THAT(get("/translations/reviews?state=approved").items(), IsEmpty());
    EXPECT_THAT(get("/translations/reviews?state=all").items(), SizeIs(4));
    EXPECT_EQ(get("/translations/reviews/count?reason=length").json.at("count"), 3);
    EXPECT_EQ(get("/translations/reviews/summary").json.at("items").at(0).at("count"), 2);
    EXPECT_EQ(get("/translations/reviews?state=nonsense").code(), "invalid");
    EXPECT_EQ(get("/translations/reviews?colour=red").code(), "invalid");
}

TEST_F(TranslationReviews, ShowAllThatTheyAreDecidedBy) {
    database.sql(
        "SELECT barid.set_translation('product', '7', 'brand', 'ar', 'دار الأناقة', "
        "source_text => 'House of Elegance')");
    database.sql(
        "SELECT barid.set_translation('product', '8', 'name', 'ar', 'قميص قطني أحمر', "
        "source_text => 'Red cotton shirt for women')");
    const auto id = review({.id = "7",
                            .reason = "placeholders",
                            .detail = "placeholders differ",
                            .source = "Red cotton shirt for {name}, women",
                            .suggestion = "قميص أحمر من القطن للنساء"});
    const auto answer = get(path(id));
    ASSERT_EQ(answer.status, 200);
    const auto& shown = answer.json;
    EXPECT_EQ(shown.at("source_text"), "Red cotton shirt for {name}, women");
    EXPECT_EQ(shown.at("reason"), "placeholders");
    EXPECT_EQ(shown.at("other_fields").at(0).at("text"), "دار الأناقة");
    EXPECT_EQ(shown.at("similar").at(0).at("text"), "قميص قطني أحمر");
    ASSERT_THAT(shown.at("findings").as_array(), SizeIs(1));
    EXPECT_EQ(shown.at("findings").at(0).at("excerpt"), "{name}");
    EXPECT_EQ(shown.at("findings").at(0).at("at"), 21);
    EXPECT_EQ(shown.at("findings").at(0).at("side"), "source");
    EXPECT_EQ(get("/translations/reviews/999").code(), "not_found");
    EXPECT_EQ(get("/translations/reviews/x").code(), "invalid");
}

TEST_F(TranslationReviews, ShowTheShopsTermsThatASuggestionMisses) {
    const auto id = review({.id = "1",
                            .reason = "glossary",
                            .source = "A gift box with roses",
                            .suggestion = "علبة فيها ورود جميلة"});
    EXPECT_THAT(get(path(id)).json.at("findings").as_array(), IsEmpty());
    database.sql("SELECT barid.upsert_term('gift box', 'صندوق هدايا')");
    const auto shown = get(path(id)).json;
    ASSERT_THAT(shown.at("findings").as_array(), SizeIs(1));
    EXPECT_EQ(shown.at("findings").at(0).at("excerpt"), "gift box");
}

TEST_F(TranslationReviews, AreAcceptedAsTheyStand) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    as(support::everything(), "account:3");
    const auto answer = post(path(id, "/accept"), {{"version", version(id)}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("state"), "approved");
    EXPECT_EQ(answer.json.at("current_text"), "قميص أحمر من القطن");
    EXPECT_EQ(answer.json.at("current_origin"), "human");
    EXPECT_EQ(answer.json.at("resolved_by"), "نورة (account:3)");
    EXPECT_THAT(answer.json.at("allowed_actions").as_array(), IsEmpty());
    EXPECT_EQ(audit("translation.accept", "after->>'edited'"), "false");
    EXPECT_EQ(audit("translation.accept", "after->>'text'"), "قميص أحمر من القطن");
    EXPECT_EQ(audit("translation.accept", "before->>'state'"), "open");
    EXPECT_EQ(audit("translation.accept", "target"), std::to_string(id));
}

TEST_F(TranslationReviews, PublishAnEditedTextAndWarnOfWhatItLost) {
    const auto id = review({.id = "7",
                            .source = "Hello {name}, your order is on its way",
                            .suggestion = "مرحبًا {name}، طلبك في الطريق إليك"});
    const auto checked = post(path(id, "/check"), {{"text", "مرحبًا، طلبك في الطريق إليك"}});
    ASSERT_EQ(checked.status, 200);
    EXPECT_EQ(checked.json.at("findings").at(0).at("excerpt"), "{name}");
    EXPECT_EQ(text_of("7"), "");

    const auto answer = post(path(id, "/accept"), {{"version", version(id)},
                                                   {"text", "مرحبًا، طلبك في الطريق إليك"},
                                                   {"reason", "we greet nobody by name"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("findings").at(0).at("reason"), "placeholders");
    EXPECT_EQ(text_of("7"), "مرحبًا، طلبك في الطريق إليك");
    EXPECT_EQ(audit("translation.accept", "after->>'edited'"), "true");
    EXPECT_EQ(audit("translation.accept", "after->>'suggestion'"),
              "مرحبًا {name}، طلبك في الطريق إليك");
    EXPECT_EQ(audit("translation.accept", "reason"), "we greet nobody by name");
}

TEST_F(TranslationReviews, AreOutdatedWhenTheSourceChangedSinceTheyWereSeen) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const std::string seen = version(id);
    database.sql(
        "UPDATE barid.translation SET source_text = 'Blue shirt', source_hash = "
        "barid.translation_source_hash('text', 'Blue shirt') WHERE entity_id = '7'");
    EXPECT_EQ(get(path(id)).json.at("outdated"), true);
    EXPECT_EQ(get(path(id)).json.at("newest_source_text"), "Blue shirt");
    const auto answer = post(path(id, "/accept"), {{"version", seen}});
    EXPECT_EQ(answer.status, 409);
    EXPECT_EQ(answer.code(), "outdated");
    EXPECT_THAT(answer.body, HasSubstr("superseded"));
    EXPECT_EQ(text_of("7"), "");
    // That it is closed has been kept, and says so.
    EXPECT_EQ(get(path(id)).json.at("state"), "superseded");
    EXPECT_EQ(audit("translation.outdated", "after->>'state'"), "superseded");
}

TEST_F(TranslationReviews, RefuseTheVersionOfAnEarlierSource) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const std::string seen = version(id);
    // The next job proposes something else: in the same row, under the same id.
    ASSERT_EQ(review({.id = "7", .source = "Blue wool scarf", .suggestion = "وشاح صوف أزرق"}), id);
    const auto answer = post(path(id, "/accept"), {{"version", seen}});
    EXPECT_EQ(answer.code(), "outdated");
    EXPECT_EQ(text_of("7"), "");
    EXPECT_EQ(post(path(id, "/reject"), {{"version", seen}, {"reason", "ugly"}}).code(),
              "outdated");
    EXPECT_EQ(get(path(id)).json.at("state"), "open");
    EXPECT_EQ(post(path(id, "/accept"), {{"version", version(id)}}).status, 200);
    EXPECT_EQ(text_of("7"), "وشاح صوف أزرق");
}

TEST_F(TranslationReviews, AreDecidedByOneOfTwoReviewers) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const std::string seen = version(id);
    as(support::everything(), "account:1");
    EXPECT_EQ(post(path(id, "/accept"), {{"version", seen}}).status, 200);
    as(support::everything(), "account:2");
    const auto second = post(path(id, "/accept"), {{"version", seen}, {"text", "قميص قطني أحمر"}});
    EXPECT_EQ(second.status, 409);
    EXPECT_THAT(second.body, HasSubstr("approved"));
    EXPECT_EQ(post(path(id, "/reject"), {{"version", seen}, {"reason", "no"}}).code(), "outdated");
    EXPECT_EQ(text_of("7"), "قميص أحمر من القطن");
}

TEST_F(TranslationReviews, WaitForTheReviewerWhoIsDecidingAtThatMoment) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const std::string seen = version(id);
    pg::Pool pool(io, blocking, database.options(), 2, {});
    const auto first = run([](pg::Pool& of) -> awaitable<std::shared_ptr<pg::Transaction>> {
        co_return std::make_shared<pg::Transaction>(co_await pg::Transaction::begin(of));
    }(pool));
    run(first->execute(
        "SELECT * FROM barid.admin_accept_review($1::bigint, $2, 'قميص قطني', 'amal')",
        pg::Params(id, seen)));
    // The first one commits as soon as the second one waits for it.
    asio::co_spawn(
        io,
        [](pg::Pool& watch, pg::Transaction& one) -> awaitable<void> {
            const char* const waiting =
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                "AND wait_event_type = 'Lock'";
            while ((co_await watch.execute(waiting)).one().get<std::int64_t>(0) == 0) {
            }
            co_await one.commit();
        }(pool, *first),
        asio::detached);
    const auto second = post(path(id, "/accept"), {{"version", seen}});
    EXPECT_EQ(second.status, 409) << second.body;
    EXPECT_THAT(second.body, HasSubstr("approved"));
    EXPECT_EQ(text_of("7"), "قميص قطني");
}

TEST_F(TranslationReviews, SeeWhatTheShopsRowSaysAtThatMoment) {
    attach_products();
    database.sql("INSERT INTO shop.product (id, name) VALUES (7, 'Red cotton shirt')");
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const std::string seen = version(id);
    // Past the triggers, as a restore does.
    database.sql(
        "SET session_replication_role = replica; "
        "UPDATE shop.product SET name = 'Blue wool scarf'");
    const auto answer = post(path(id, "/accept"), {{"version", seen}});
    EXPECT_EQ(answer.code(), "outdated");
    EXPECT_EQ(database.sql("SELECT name_ar FROM shop.product"), "");
}

TEST_F(TranslationReviews, BringTheTextToTheShopsColumn) {
    attach_products();
    database.sql("INSERT INTO shop.product (id, name) VALUES (7, 'Red cotton shirt')");
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    EXPECT_EQ(get(path(id)).json.at("attached_table"), "shop.product");
    EXPECT_EQ(post(path(id, "/accept"), {{"version", version(id)}}).status, 200);
    EXPECT_EQ(database.sql("SELECT name_ar FROM shop.product"), "قميص أحمر من القطن");
}

TEST_F(TranslationReviews, SayWhyTheShopsColumnRefusesAText) {
    attach_products();
    database.sql("ALTER TABLE shop.product ADD CHECK (length(name_ar) < 5)");
    database.sql("INSERT INTO shop.product (id, name) VALUES (7, 'Red cotton shirt')");
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const auto answer = post(path(id, "/accept"), {{"version", version(id)}});
    EXPECT_EQ(answer.status, 422);
    EXPECT_EQ(get(path(id)).json.at("state"), "open");
}

TEST_F(TranslationReviews, AreRejectedWithAReason) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    EXPECT_EQ(post(path(id, "/reject"), {{"version", version(id)}}).status, 422);
    const auto answer =
        post(path(id, "/reject"), {{"version", version(id)}, {"reason", "ليس أسلوبنا"}});
    ASSERT_EQ(answer.status, 200);
    EXPECT_EQ(answer.json.at("state"), "rejected");
    EXPECT_EQ(answer.json.at("note"), "ليس أسلوبنا");
    EXPECT_EQ(text_of("7"), "");
    EXPECT_EQ(audit("translation.reject", "reason"), "ليس أسلوبنا");
}

TEST_F(TranslationReviews, RefuseWhatIsNoDecision) {
    const auto id = review({.id = "7", .suggestion = std::nullopt});
    EXPECT_EQ(post(path(id, "/accept")).code(), "invalid");
    EXPECT_EQ(post(path(id, "/accept"), {{"version", version(id)}}).code(), "invalid");
    EXPECT_EQ(post(path(id, "/accept"), {{"version", version(id)}, {"text", "  "}}).status, 422);
    EXPECT_EQ(post(path(id, "/accept"), {{"version", 7}}).status, 422);
    EXPECT_EQ(post(path(id, "/accept"), {{"version", version(id)}, {"txt", "ق"}}).status, 422);
    EXPECT_EQ(post(path(999, "/accept"), {{"version", "x"}}).code(), "not_found");
    EXPECT_EQ(post(path(999, "/reject"), {{"version", "x"}, {"reason", "y"}}).code(), "not_found");
    EXPECT_EQ(post(path(999, "/check"), {{"text", "x"}}).code(), "not_found");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log"), "0");
}

TEST_F(TranslationReviews, AreReadByThoseWhoMayOnlyView) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const std::string seen = version(id);
    as(support::grants({"translations.view"}));
    EXPECT_THAT(get(path(id)).json.at("allowed_actions").as_array(), IsEmpty());
    EXPECT_EQ(post(path(id, "/accept"), {{"version", seen}}).code(), "forbidden");
    EXPECT_EQ(post("/translations/reviews/accept-many/preview").code(), "forbidden");
    as(support::grants({"translations.review"}));
    EXPECT_EQ(get(path(id)).code(), "forbidden");
    EXPECT_EQ(post(path(id, "/accept"), {{"version", seen}}).status, 200);
    as(support::grants({"jobs.view", "media.view"}));
    EXPECT_EQ(get("/translations/reviews").code(), "forbidden");
}

TEST_F(TranslationReviews, RepeatAnAcceptanceWithItsKeyOnce) {
    const auto id = review({.id = "7", .suggestion = "قميص أحمر من القطن"});
    const json::object body{{"version", version(id)}};
    const auto first = post(path(id, "/accept"), body, {{"Idempotency-Key", "a-1"}});
    const auto again = post(path(id, "/accept"), body, {{"Idempotency-Key", "a-1"}});
    EXPECT_EQ(again.status, 200);
    EXPECT_EQ(again.body, first.body);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log"), "1");
}

class AcceptMany : public support::TranslationsFixture {
  protected:
    json::object request(const json::value& preview, json::object filter) {
        return {{"filter", std::move(filter)},
                {"upper_id", preview.at("upper_id")},
                {"seen_at", preview.at("seen_at")},
                {"reason", "أسبوع التخفيضات"}};
    }
};

TEST_F(AcceptMany, PublishesWhatThePreviewShowed) {
    for (int i = 0; i < 3; ++i) {
        review({.id = std::to_string(i), .reason = "length", .suggestion = "قميص أحمر"});
    }
    review({.id = "8", .reason = "numbers", .suggestion = "قميص أحمر"});
    review({.id = "9", .reason = "length", .suggestion = std::nullopt});
    const auto preview =
        post("/translations/reviews/accept-many/preview", {{"filter", {{"reason", "length"}}}});
    ASSERT_EQ(preview.status, 200) << preview.body;
    EXPECT_EQ(preview.json.at("matched").at("count"), 3);
    EXPECT_THAT(preview.json.at("sample").as_array(), SizeIs(3));
    review({.id = "10", .reason = "length", .suggestion = "جاء متأخرًا"});
    const auto done =
        post("/translations/reviews/accept-many", request(preview.json, {{"reason", "length"}}));
    ASSERT_EQ(done.status, 200) << done.body;
    EXPECT_EQ(done.json.at("accepted"), 3);
    EXPECT_EQ(text_of("0"), "قميص أحمر");
    EXPECT_EQ(text_of("8"), "");
    EXPECT_EQ(text_of("10"), "");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log WHERE action = "
                           "'translation.accept' AND reason = 'أسبوع التخفيضات'"),
              "3");
    EXPECT_EQ(audit("translation.accept_many", "after->>'accepted'"), "3");
}

TEST_F(AcceptMany, LeavesOutWhatHasChangedAndWhatTheShopRefuses) {
    attach_products();
    database.sql("ALTER TABLE shop.product ADD CHECK (length(name_ar) < 12)");
    database.sql(
        "INSERT INTO shop.product (id, name) VALUES (1, 'Red cotton shirt'), "
        "(2, 'Red cotton shirt')");
    const auto refused =
        review({.id = "1", .reason = "length", .suggestion = "قميص أحمر من القطن"});
    review({.id = "2", .reason = "length", .suggestion = "قميص أحمر"});
    review({.id = "3", .reason = "length", .suggestion = "حذاء"});
    const auto preview =
        post("/translations/reviews/accept-many/preview", {{"filter", {{"reason", "length"}}}});
    review({.id = "3", .reason = "length", .source = "Green shoes", .suggestion = "حذاء أخضر"});
    const auto done =
        post("/translations/reviews/accept-many", request(preview.json, {{"reason", "length"}}));
    ASSERT_EQ(done.status, 200) << done.body;
    EXPECT_EQ(done.json.at("accepted"), 1);
    EXPECT_EQ(done.json.at("outcomes").at(0).at("id"), refused);
    EXPECT_EQ(done.json.at("outcomes").at(0).at("outcome"), "refused");
    EXPECT_EQ(done.json.at("outcomes").at(2).at("outcome"), "outdated");
    EXPECT_EQ(database.sql("SELECT name_ar FROM shop.product WHERE id = 2"), "قميص أحمر");
    EXPECT_EQ(text_of("3"), "");
}

TEST_F(AcceptMany, AsksForAReasonAFilterAndABound) {
    const json::object all{{"filter", {{"reason", "length"}}},
                           {"upper_id", 9},
                           {"seen_at", "2026-11-22T10:00:00Z"},
                           {"reason", "x"}};
    for (const char* missing : {"filter", "upper_id", "seen_at", "reason"}) {
        json::object body = all;
        body.erase(missing);
        EXPECT_EQ(post("/translations/reviews/accept-many", body).status, 422) << missing;
    }
    json::object body = all;
    body["max"] = 201;
    EXPECT_EQ(post("/translations/reviews/accept-many", body).status, 422);
    body["max"] = 5;
    body["seen_at"] = "yesterday";
    EXPECT_EQ(post("/translations/reviews/accept-many", body).status, 422);
    body = all;
    body["filter"] = {{"reason", "length"}, {"lang", "fr"}, {"colour", "red"}};
    const auto answer = post("/translations/reviews/accept-many", body);
    EXPECT_EQ(answer.json.at("errors").at(0).at("at"), "/filter/lang") << answer.body;
    EXPECT_EQ(answer.json.at("errors").at(1).at("at"), "/filter/colour");
}

}  // namespace
}  // namespace barid
