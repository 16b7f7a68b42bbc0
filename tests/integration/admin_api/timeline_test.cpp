// The timeline of one order or product: what it gathers, in which order, and for whom.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using support::grants;

class TimelineApi : public support::ApiFixture {
  protected:
    TimelineApi() {
        api::add_timeline(routes);
        api::add_jobs(routes);
        database.sql(R"(
            SELECT barid.enqueue('invoice.make', queue => 'billing', tags => ARRAY['product:12']);
            SELECT barid.notify('user-1', title => '{"ar": "طلبك"}',
                body => '{"ar": "في الطريق إلى نورة"}', tags => ARRAY['product:12'],
                queue => 'mail');
            UPDATE barid.notification SET title = 'طلبك', body = 'في الطريق إلى نورة';
            INSERT INTO barid.delivery (notification_id, channel, job_id, state)
                SELECT id, 'email', job_id, 'accepted' FROM barid.notification LIMIT 1;
            INSERT INTO barid.media_set (source_hash, recipe_hash, store, recipe)
                VALUES (repeat('a', 64), '00000000', 'local', 'product');
            INSERT INTO barid.media_entity (entity, set_id) SELECT 'product:12', id
                FROM barid.media_set;
            INSERT INTO barid.translation (entity_type, entity_id, field, target_lang)
                VALUES ('product', '12', 'name', 'ar'), ('product', '13', 'name', 'ar');
            INSERT INTO barid.translation_review (entity_type, entity_id, field, target_lang,
                source_lang, format, source_text, source_hash, reason)
                VALUES ('product', '12', 'name', 'ar', 'en', 'text', 'Shoe', '\x00', 'length');
            SELECT barid.audit('account:1', 'نورة', 'job.retry', 'job', min(id)::text, NULL, NULL,
                'why', NULL, NULL) FROM barid.job WHERE kind = 'invoice.make';
            SELECT barid.enqueue('invoice.make', tags => ARRAY['product:13']))");
    }

    std::set<std::string> types(const json::array& items) {
        std::set<std::string> all;
        for (const auto& item : items) all.emplace(item.at("type").as_string());
        return all;
    }
    using Types = std::set<std::string>;
};

TEST_F(TimelineApi, GathersEverythingAboutAnEntity) {
    const auto items = get("/timeline?tag=product:12").items();
    EXPECT_EQ(types(items),
              (Types{"job", "notification", "delivery", "image", "translation", "audit"}));
    for (std::size_t i = 1; i < items.size(); ++i) {
        EXPECT_GE(items[i - 1].at("at").as_string(), items[i].at("at").as_string());
    }
    EXPECT_EQ(get("/timeline?tag=product:99").items().size(), 0U);
    EXPECT_EQ(get("/timeline").status, 422);
    EXPECT_EQ(get("/timeline?tag=%25").items().size(), 0U);
    EXPECT_EQ(get("/timeline?tag=:").items().size(), 0U);
}

TEST_F(TimelineApi, PagesHaveEachEntryOnce) {
    const auto whole = get("/timeline?tag=product:12").items();
    EXPECT_EQ(all_items("/timeline?tag=product:12&limit=1"), whole);
    EXPECT_EQ(all_items("/timeline?tag=product:12&limit=2"), whole);
}

TEST_F(TimelineApi, HasWhatTheCallerMaySee) {
    as(grants({"jobs.view"}));
    EXPECT_EQ(types(get("/timeline?tag=product:12").items()), Types{"job"});
    as(grants({"jobs.view=billing", "notifications.view", "audit.view"}));
    EXPECT_EQ(types(get("/timeline?tag=product:12").items()), (Types{"job", "audit"}))
        << "pushes of jobs out of reach";
    as(grants({"jobs.view", "notifications.view=other"}));
    EXPECT_EQ(types(get("/timeline?tag=product:12").items()), Types{"job"});
    as(grants({"jobs.view", "notifications.view=general"}));
    const auto masked = get("/timeline?tag=product:12");
    EXPECT_EQ(types(masked.items()), (Types{"job", "notification", "delivery"}));
    EXPECT_EQ(masked.body.find("نورة"), std::string::npos);
    as(grants({"notifications.view"}));
    EXPECT_EQ(get("/timeline?tag=product:12").status, 403);
}

}  // namespace
}  // namespace barid
