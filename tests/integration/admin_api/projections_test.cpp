// /projections: what is shown, and what may be asked for.
#include <gmock/gmock.h>

#include "admin/api/projections_routes.hpp"
#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using ::testing::SizeIs;

class Projections : public support::ApiFixture {
  protected:
    Projections() { api::add_projections(routes, {"wishlist", "search"}); }
    std::string sql(const std::string& text) const { return database.sql(text); }
};

TEST_F(Projections, ListsThoseOfTheConfigurationWhetherTheyWereUsedOrNot) {
    sql("INSERT INTO barid.projection (name, active_version, highest_version, kept_version, "
        "kept_until) VALUES ('wishlist', 4, 4, 3, now() + interval '1 day'), ('old', 1, 1, NULL, "
        "NULL)");
    const auto answer = get("/projections");
    ASSERT_THAT(answer.items(), SizeIs(2));
    EXPECT_EQ(answer.items()[0].at("name"), "search");
    EXPECT_EQ(answer.items()[0].at("active_version"), 1);
    EXPECT_EQ(answer.items()[0].at("allowed_actions"), (json::array{"rebuild"}));
    EXPECT_EQ(answer.items()[1].at("active_version"), 4);
    EXPECT_EQ(answer.items()[1].at("can_roll_back"), true);
    EXPECT_EQ(answer.items()[1].at("allowed_actions"), (json::array{"rebuild", "rollback"}));
    EXPECT_THAT(all_items("/projections?limit=1"), SizeIs(2));
}

TEST_F(Projections, ARebuildIsAJobWithWhoAskedAndWhy) {
    const auto answer =
        post("/projections/wishlist/rebuild", {{"reason", "أسعار قديمة"}, {"differs", true}});
    EXPECT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("history").at(0).at("action"), "asked");
    EXPECT_EQ(answer.json.at("history").at(0).at("reason"), "أسعار قديمة");
    EXPECT_EQ(sql("SELECT payload->>'projection' || ' ' || (payload->>'actor') || ' ' || "
                  "(payload->>'differs') FROM barid.job WHERE kind = 'projection.rebuild'"),
              "wishlist account:1 true");
    EXPECT_EQ(sql("SELECT action || ' ' || target || ' ' || reason FROM barid.audit_log"),
              "projection.rebuild wishlist أسعار قديمة");
    EXPECT_EQ(post("/projections/other/rebuild").code(), "not_found");
    EXPECT_EQ(post("/projections/wishlist/rebuild", {{"differs", "no"}}).code(), "invalid");
}

TEST_F(Projections, ARollbackIsRefusedWithoutAVersionToGoBackTo) {
    EXPECT_EQ(post("/projections/wishlist/rollback").code(), "conflict");
    sql("INSERT INTO barid.projection (name, active_version, highest_version, kept_version, "
        "kept_until) VALUES ('wishlist', 4, 4, 3, now() + interval '1 day')");
    EXPECT_EQ(post("/projections/wishlist/rollback", {{"reason", "slow"}}).status, 200);
    EXPECT_EQ(sql("SELECT payload->>'version' FROM barid.job WHERE kind = 'projection.rollback'"),
              "3");
    // Neither begins while the other is at work.
    EXPECT_EQ(post("/projections/wishlist/rebuild").code(), "conflict");
}

TEST_F(Projections, ACancelEndsWhatIsUnderWay) {
    EXPECT_EQ(post("/projections/wishlist/cancel").code(), "conflict");
    sql("INSERT INTO barid.projection (name, step, building_version, job_id) "
        "VALUES ('wishlist', 'filling', 2, 7)");
    EXPECT_EQ(get("/projections").items()[1].at("allowed_actions"), (json::array{"cancel"}));
    const auto answer = post("/projections/wishlist/cancel", {{"reason", "خطأ"}});
    EXPECT_EQ(answer.json.at("state"), "cancelling");
    EXPECT_EQ(sql("SELECT cancelled_by || ' ' || cancel_reason FROM barid.projection"),
              "account:1 خطأ");
}

TEST_F(Projections, HideWhatAnErrorQuotesFromWhoMayNotSeeData) {
    sql("INSERT INTO barid.projection (name, active_version, highest_version, kept_version, "
        "kept_until, error, kept_problem) VALUES ('wishlist', 4, 4, 3, now() + interval '1 day', "
        "'of nora@example.com', 'nora again')");
    sql("INSERT INTO barid.projection_history (projection, action, version, details) "
        "VALUES ('wishlist', 'failed', 2, '{\"error\": \"nora once more\"}')");
    EXPECT_NE(get("/projections").body.find("nora once more"), std::string::npos);
    as(support::grants({"commerce.view"}));
    const auto answer = get("/projections");
    EXPECT_EQ(answer.body.find("nora"), std::string::npos) << answer.body;
    EXPECT_EQ(answer.items()[1].at("problem"), "•••");
    EXPECT_EQ(answer.items()[1].at("history").at(0).at("error"), "•••");
    EXPECT_EQ(answer.items()[0].at("error"), nullptr);
}

TEST_F(Projections, AreSeenAndManagedByThoseWhoMay) {
    as(support::grants({"commerce.view"}));
    EXPECT_EQ(get("/projections").status, 200);
    EXPECT_EQ(post("/projections/wishlist/rebuild").status, 403);
    as(support::grants({"jobs.view"}));
    EXPECT_EQ(get("/projections").status, 403);
}

}  // namespace
}  // namespace barid
