// Schedules over the API.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/support/api_fixture.hpp"

namespace barid {
namespace {

using support::grants;

class SchedulesApi : public support::ApiFixture {
  protected:
    SchedulesApi() { api::add_schedules(routes); }

    support::ApiAnswer put(const std::string& name, json::object more = {},
                           support::Headers headers = {}) {
        json::object body = {{"cron", "30 3 * * *"}, {"kind", "report.make"}};
        for (auto& [key, value] : more) body[key] = value;
        return ask("PUT", "/schedules/" + name, json::serialize(body), std::move(headers));
    }
    std::string audited() {
        return database.sql(
            "SELECT coalesce(string_agg(action, ' ' ORDER BY id), '') FROM barid.audit_log");
    }
};

TEST_F(SchedulesApi, MakesChangesAndRemovesOne) {
    const auto made = put("nightly", {{"tz", "Asia/Riyadh"},
                                      {"payload", {{"to", "نورة"}}},
                                      {"jitter_seconds", 60},
                                      {"tags", {"report"}}});
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(made.json.at("next").as_array().size(), 10U);
    EXPECT_EQ(made.json.at("payload").at("to").as_string(), "نورة");
    EXPECT_EQ(put("nightly", {{"priority", 1}}).json.at("payload").at("to").as_string(), "نورة")
        << "a payload that isn't given stays";
    EXPECT_EQ(get("/schedules").items().size(), 1U);
    EXPECT_EQ(ask("DELETE", "/schedules/nightly", "").status, 204);
    EXPECT_EQ(get("/schedules/nightly").code(), "not_found");
    EXPECT_EQ(audited(), "schedule.create schedule.change schedule.delete");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log l WHERE l::text LIKE '%نورة\"%'"),
              "0")
        << "the audit log keeps no payloads";
}

TEST_F(SchedulesApi, PausesResumesAndRuns) {
    put("nightly");
    EXPECT_TRUE(post("/schedules/nightly/pause").json.at("paused").as_bool());
    EXPECT_FALSE(post("/schedules/nightly/resume").json.at("paused").as_bool());
    const auto run = post("/schedules/nightly/run", {{"reason", "now"}});
    EXPECT_EQ(run.json.at("runs").at(0).at("state").as_string(), "waiting");
    EXPECT_TRUE(run.json.at("runs").at(0).at("manual").as_bool());
    EXPECT_EQ(post("/schedules/nothing/run").code(), "not_found");
    EXPECT_EQ(audited(), "schedule.create schedule.pause schedule.resume schedule.run");
}

TEST_F(SchedulesApi, ChangesNothingThatSomebodyElseChangedMeanwhile) {
    const auto made = put("nightly");
    const std::string etag(made.json.at("definition_etag").as_string());
    post("/schedules/nightly/run");
    EXPECT_EQ(put("nightly", {{"priority", 2}}, {{"If-Match", etag}}).status, 200)
        << "its runs are no part of what it is";
    EXPECT_EQ(put("nightly", {{"priority", 3}}, {{"If-Match", etag}}).code(), "changed");
}

TEST_F(SchedulesApi, ShowsTheNextTimes) {
    const auto times = post("/schedules/preview",
                            {{"cron", "0 9 * * SUN-THU"}, {"tz", "Asia/Riyadh"}, {"count", 3}});
    ASSERT_EQ(times.json.at("times").as_array().size(), 3U);
    EXPECT_TRUE(times.json.at("times").at(0).as_string().ends_with("T06:00:00.000000Z"));
    EXPECT_EQ(audited(), "") << "nothing was changed";
}

TEST_F(SchedulesApi, HidesPayloadsWithoutDataView) {
    put("nightly", {{"payload", {{"to", "نورة"}}}});
    as(grants({"jobs.view", "schedules.manage"}));
    EXPECT_EQ(get("/schedules").body.find("نورة\"}"), std::string::npos);
    EXPECT_EQ(get("/schedules/nightly").json.at("payload").at("to").as_string(), "•••");
    put("nightly", {{"priority", 2}});
    EXPECT_EQ(database.sql("SELECT payload->>'to' FROM barid.schedule"), "نورة")
        << "who doesn't see it doesn't lose it";
}

TEST_F(SchedulesApi, HasNothingOutOfReach) {
    put("mine", {{"queue", "mail"}});
    put("other", {{"queue", "secret"}});
    as(grants({"jobs.view=mail", "schedules.manage=mail"}));
    EXPECT_EQ(get("/schedules").items().size(), 1U);
    EXPECT_EQ(get("/schedules/other").status, 404);
    EXPECT_EQ(post("/schedules/other/run").status, 404);
    EXPECT_EQ(ask("DELETE", "/schedules/other", "").status, 404);
    EXPECT_EQ(put("other", {{"queue", "mail"}}).status, 404) << "nor can it be taken over";
    EXPECT_EQ(put("mine", {{"queue", "secret"}}).status, 403);
    EXPECT_EQ(database.sql("SELECT string_agg(queue, ' ' ORDER BY name) FROM barid.schedule"),
              "mail secret");
}

TEST_F(SchedulesApi, RefusesWhatIsWrong) {
    EXPECT_EQ(put("nightly", {{"cron", "61 * * * *"}}).status, 422);
    EXPECT_NE(put("nightly", {{"cron", "61 * * * *"}}).body.find("0 to 59"), std::string::npos);
    EXPECT_EQ(put("nightly", {{"tz", "Mars/Base"}}).status, 422);
    EXPECT_EQ(put("nightly", {{"missed", "never"}}).status, 422);
    EXPECT_EQ(put("nightly", {{"starts_at", "tomorrow"}}).status, 422);
    EXPECT_EQ(put("Not%20a%20name").status, 409);
    EXPECT_EQ(post("/schedules/preview", {{"cron", "x"}}).status, 422);
    EXPECT_EQ(audited(), "");
}

}  // namespace
}  // namespace barid
