// /media: picture sets as the admin sees them, and making them again.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "admin/api/media_routes.hpp"
#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class Media : public support::ApiFixture {
  protected:
    Media() {
        api::MediaParts parts;
        parts.store = "local";
        parts.sign = [](std::string_view key, std::chrono::sys_seconds) {
            return fmt::format("https://img.example/{}?signature=s", key);
        };
        api::add_media(routes, std::move(parts));
    }

    struct Wish {
        int n = 1;
        std::string entity = "product:42";
        std::string slot = "main";
        std::string request =
            R"({"source": {"url": "https://shop:s3cret@shop.example/up/42.jpg?X-Signature=abc#f"},
                "recipe": "product"})";
        std::string recipe = "product";
        bool is_private = false;
        std::string store = "local";
    };
    /// A complete set with two files; its id.
    std::string set(const Wish& w) {
        return database.sql(fmt::format(
            R"(WITH s AS (INSERT INTO barid.media_set (state, completed_at, created_at, source_hash,
                   recipe_hash, store, source, recipe, thumbhash, dominant, attention_x,
                   attention_y, private)
               VALUES ('complete', now(), now() - interval '1 day' + {0} * interval '1 second',
                   lpad('{0}', 64, 'a'), '0123abcd', '{1}',
                   '{{"format": "jpeg", "width": 4000, "height": 3000}}', '{2}', '1QcSHQ',
                   '#a08060', 0.5, 0.25, {3}) RETURNING id),
               v AS (INSERT INTO barid.media_variant (set_id, width, height, format, content_type,
                   bytes, sha256, key, url)
               SELECT s.id, w, w, f, 'image/' || f, w * 10, repeat('b', 64),
                   {0} || '/' || w || '.' || f,
                   'https://img.example/' || {0} || '/' || w || '.' || f
               FROM s, (VALUES (160), (640)) a(w), (VALUES ('webp'), ('jpeg')) b(f)),
               e AS (INSERT INTO barid.media_entity (entity, slot, set_id, request, job_id)
               SELECT '{4}', '{5}', s.id, nullif('{6}', '')::jsonb, 0 FROM s)
               SELECT id FROM s)",
            w.n, w.store, w.recipe, w.is_private, w.entity, w.slot, w.request));
    }
};

TEST_F(Media, IsListedTheNewestFirstAndFiltered) {
    set({.n = 1});
    set({.n = 2, .entity = "product:43", .recipe = "banner"});
    set({.n = 3, .entity = "banner:1"});
    const auto items = all_items("/media?limit=1");
    ASSERT_THAT(items, SizeIs(3));
    EXPECT_EQ(items[0].at("entities").at(0).at("entity"), "banner:1");
    EXPECT_EQ(items[2].at("entities").at(0).at("entity"), "product:42");
    EXPECT_EQ(items[0].at("files"), 4);
    EXPECT_EQ(items[0].at("dominant"), "#a08060");
    EXPECT_EQ(items[0].at("preview").at("url"), "https://img.example/3/160.webp");
    EXPECT_THAT(get("/media?entity=product:43").items(), SizeIs(1));
    EXPECT_THAT(get("/media?entity=product:4").items(), IsEmpty());
    EXPECT_THAT(get("/media?prefix=product:4").items(), SizeIs(2));
    EXPECT_THAT(get("/media?recipe=banner").items(), SizeIs(1));
    EXPECT_THAT(get("/media?state=storing").items(), IsEmpty());
    EXPECT_THAT(get("/media?from=2100-01-01T00:00:00Z").items(), IsEmpty());
    EXPECT_THAT(get("/media?to=2100-01-01T00:00:00Z").items(), SizeIs(3));
    EXPECT_EQ(get("/media/count?prefix=product:").json.at("count"), 2);
    EXPECT_EQ(get("/media?state=lost").code(), "invalid");
    EXPECT_EQ(get("/media?from=yesterday").code(), "invalid");
}

TEST_F(Media, ShowsItsSourceWithoutWhatMayBeSecret) {
    const auto id = set({});
    const auto answer = get("/media/" + id);
    ASSERT_EQ(answer.status, 200) << answer.body;
    const auto& place = answer.json.at("entities").at(0);
    EXPECT_EQ(place.at("source").at("at"), "https://shop.example/up/42.jpg");
    EXPECT_THAT(answer.body, Not(HasSubstr("s3cret")));
    EXPECT_THAT(answer.body, Not(HasSubstr("X-Signature")));
    EXPECT_THAT(answer.json.at("variants").as_array(), SizeIs(4));
    EXPECT_EQ(answer.json.at("focal").at("y").to_number<double>(), 0.25);
    EXPECT_EQ(get("/media/999").code(), "not_found");
    EXPECT_EQ(get("/media/abc").code(), "invalid");
}

TEST_F(Media, HidesNamesAndPasswordsOfStrangeAddressesToo) {
    for (const char* url : {"https://a@b:p4ss@shop.example/1.jpg", "HTTPS://u:p4ss@shop.example",
                            "https:\\\\\\\\u:p4ss@shop.example/x", "https:u:p4ss@shop.example/x"}) {
        const std::string shown = database.sql(
            fmt::format(R"(SELECT barid.media_source('{{"source": {{"url": "{}"}}}}'))", url));
        EXPECT_THAT(shown, Not(HasSubstr("p4ss"))) << url;
    }
}

TEST_F(Media, SignsTheAddressesOfAPrivateStoreOfItsOwn) {
    const auto mine = set({.n = 1, .is_private = true});
    const auto other = set({.n = 2, .entity = "product:43", .is_private = true, .store = "bunny"});
    const auto shown = get("/media/" + mine).json;
    EXPECT_EQ(shown.at("variants").at(1).at("url"), "https://img.example/1/160.webp?signature=s");
    EXPECT_FALSE(shown.at("urls_expire_at").is_null());
    EXPECT_EQ(get("/media?entity=product:42").items()[0].at("preview").at("url"),
              "https://img.example/1/160.webp?signature=s");
    const auto elsewhere = get("/media/" + other).json;
    EXPECT_TRUE(elsewhere.at("variants").at(0).at("url").is_null());
    EXPECT_EQ(elsewhere.at("variants").at(0).at("key"), "2/160.jpeg");
}

TEST_F(Media, IsAskedForAgainWhereverItIsShown) {
    const auto id = set({});
    database.sql(
        "INSERT INTO barid.media_entity (entity, slot, set_id, request) SELECT "
        "'قميص:7', '', set_id, request FROM barid.media_entity");
    const auto answer = post("/media/" + id + "/reprocess", {{"reason", "الصورة قديمة"}});
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_THAT(answer.json.at("jobs").as_array(), SizeIs(2));
    EXPECT_EQ(database.sql("SELECT string_agg(payload->>'entity', ' ' ORDER BY id) FROM barid.job "
                           "WHERE kind = 'image.process' AND payload->>'recipe' = 'product'"),
              "product:42 قميص:7");
    EXPECT_EQ(database.sql("SELECT payload#>>'{source,url}' FROM barid.job LIMIT 1"),
              "https://shop:s3cret@shop.example/up/42.jpg?X-Signature=abc#f");
    EXPECT_EQ(database.sql("SELECT reason || (after->>'places') FROM barid.audit_log"),
              "الصورة قديمة2");
    EXPECT_EQ(database.sql("SELECT after::text LIKE '%s3cret%' FROM barid.audit_log"), "f");
    // They wait already.
    EXPECT_EQ(post("/media/" + id + "/reprocess").status, 200);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "2");
}

TEST_F(Media, IsMadeByAnotherRecipeWhenOneIsNamed) {
    const auto id = set({.request = R"({"source": {"path": "/srv/a.jpg"}, "widths": [100]})"});
    ASSERT_EQ(post("/media/" + id + "/reprocess", {{"recipe", "avatar"}}).status, 200);
    EXPECT_EQ(database.sql("SELECT payload->>'recipe' || (payload ? 'widths') FROM barid.job"),
              "avatarfalse");
    EXPECT_EQ(post("/media/" + id + "/reprocess", {{"recipe", "nonsense"}}).code(), "invalid");
}

TEST_F(Media, SaysWhyItCannotBeMadeAgain) {
    const auto nowhere = set({.n = 1, .request = ""});
    const auto lost = set({.n = 2,
                           .entity = "product:43",
                           .request = R"({"source": {"path": "/a"}, "recipe": "gone"})"});
    EXPECT_EQ(post("/media/" + nowhere + "/reprocess").code(), "no_request");
    EXPECT_EQ(post("/media/" + lost + "/reprocess").code(), "unknown_recipe");
    database.sql("DELETE FROM barid.media_entity");
    EXPECT_EQ(post("/media/" + lost + "/reprocess").code(), "conflict");
    EXPECT_EQ(post("/media/999/reprocess").code(), "not_found");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log"), "0");
    EXPECT_THAT(get("/media/" + nowhere).json.at("allowed_actions").as_array(), IsEmpty());
}

TEST_F(Media, ShowsTheErrorOfItsLastJobToThoseWhoMaySeeData) {
    const auto id = set({});
    database.sql(R"(INSERT INTO barid.job (kind, errors)
        VALUES ('image.process', '[{"attempt": 1, "error": "HTTP 403 from shop.example"}]'))");
    database.sql("UPDATE barid.media_entity SET job_id = (SELECT id FROM barid.job)");
    EXPECT_EQ(get("/media/" + id).json.at("jobs").at(0).at("error"), "HTTP 403 from shop.example");
    as(support::grants({"media.view"}));
    EXPECT_EQ(get("/media/" + id).json.at("jobs").at(0).at("error"), "•••");
}

TEST_F(Media, IsAskedForAgainInBulkByAJob) {
    set({.n = 1});
    set({.n = 2, .entity = "product:43", .request = ""});
    set({.n = 3, .entity = "banner:1"});
    const json::object filter{{"filter", {{"prefix", "product:"}}}};
    const auto preview = post("/media/reprocess/preview", filter);
    ASSERT_EQ(preview.status, 200) << preview.body;
    EXPECT_EQ(preview.json.at("matched").at("count"), 1);
    EXPECT_EQ(preview.json.at("without_request"), 1);
    EXPECT_EQ(preview.json.at("looked_at"), 2);
    EXPECT_EQ(post("/media/reprocess", filter).status, 422) << "a reason is needed";
    json::object wish = filter;
    wish["reason"] = "وصفة جديدة";
    wish["filter"].as_object()["before"] = preview.json.at("before");
    const auto started = post("/media/reprocess", wish);
    ASSERT_EQ(started.status, 202) << started.body;
    EXPECT_EQ(database.sql("SELECT payload#>>'{filter,prefix}' FROM barid.job WHERE kind = "
                           "'image.reprocess' AND id = " +
                           std::to_string(started.json.at("job_id").as_int64())),
              "product:");
    EXPECT_EQ(database.sql("SELECT payload#>>'{filter,before}' FROM barid.job"),
              std::string(preview.json.at("before").as_string()));
    EXPECT_EQ(database.sql("SELECT reason FROM barid.audit_log"), "وصفة جديدة");
}

TEST_F(Media, AsksWhichPicturesABulkIsAbout) {
    for (const auto& filter :
         {json::object{}, json::object{{"stale", false}}, json::object{{"missing", "bmp"}},
          json::object{{"prefix", "a"}, {"colour", "red"}},
          json::object{{"prefix", "a"}, {"before", "yesterday"}}}) {
        EXPECT_EQ(post("/media/reprocess", {{"filter", filter}, {"reason", "x"}}).status, 422)
            << json::serialize(filter);
        EXPECT_EQ(post("/media/reprocess/preview", {{"filter", filter}}).status, 422);
    }
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.job"), "0");
}

TEST_F(Media, IsOnlyShownToThoseWhoMayView) {
    const auto id = set({});
    as(support::grants({"media.view"}));
    EXPECT_THAT(get("/media/" + id).json.at("allowed_actions").as_array(), IsEmpty());
    EXPECT_EQ(post("/media/" + id + "/reprocess").code(), "forbidden");
    EXPECT_EQ(post("/media/reprocess/preview").code(), "forbidden");
    as(support::grants({"translations.view", "jobs.view"}));
    EXPECT_EQ(get("/media").code(), "forbidden");
}

}  // namespace
}  // namespace barid
