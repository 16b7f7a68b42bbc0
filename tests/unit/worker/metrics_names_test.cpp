// Every name of a metric is written down once: the program, docs/operations.md, the dashboards and
// the alerts agree.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/metric_names.hpp"
#include "worker/metrics.hpp"

namespace barid::worker {
namespace {

using support::file_text;
using testing::IsSubsetOf;

const std::string kSource = BARID_SOURCE_DIR;

/// With everything that a program can have.
std::string everything() {
    ProcessMeters meters;
    meters.http["fcm"].add(200, std::chrono::milliseconds(3));
    meters.http["fcm"].add(0, std::chrono::milliseconds(3));
    ++meters.sends["push"][0];
    meters.endpoints = [] { return std::vector<EndpointHealth>{{"orders", true}}; };
    AdminMeter admin;
    admin.request("jobs", 200, std::chrono::milliseconds(2));
    admin.sign_in_failures = 2;
    auto sample = std::make_shared<DatabaseSample>();
    sample->queues.push_back({.name = "lost", .due = 4, .dead_letters = true});
    sample->queues.back().parked_by = {{"limit", 1}};
    sample->providers.push_back({.name = "deepl"});
    sample->streams.push_back({.name = "orders", .pending = 3, .oldest_seconds = 7, .blocked = 1});
    NamedSample database;
    database.sample = sample;
    database.meters = &meters;
    return render_metrics({database}, {.traces = trace::ExporterFigures{}, .admin = &admin});
}

TEST(MetricNames, AreTheDocumentedOnes) {
    EXPECT_EQ(support::documented_names(file_text(kSource + "/docs/operations.md")),
              support::exposed_names(everything()));
}

TEST(MetricNames, PleasePrometheus) {
    const std::string file = testing::TempDir() + "barid_metric_names.txt";
    std::ofstream(file) << everything();
    support::ChildProcess check({"sh", "-c", "promtool check metrics < '" + file + "' 2>&1"});
    EXPECT_EQ(check.wait(), 0);
    EXPECT_EQ(check.output(), "") << everything();
    std::remove(file.c_str());
}

TEST(MetricNames, InAlertsAreExposedAndTheRulesHold) {
    const std::string rules = kSource + "/packaging/prometheus/barid.rules.yml";
    EXPECT_THAT(support::used_names(file_text(rules)),
                IsSubsetOf(support::exposed_names(everything())));
    for (const std::string& command :
         {"check rules " + rules,
          "test rules " + kSource + "/packaging/prometheus/barid.rules.test.yml"}) {
        support::ChildProcess check({"sh", "-c", "promtool " + command + " 2>&1"});
        EXPECT_EQ(check.wait(), 0) << check.output();
    }
    // Each alert has its sentences for whoever is woken by it.
    const std::string page = file_text(kSource + "/docs/operations.md");
    for (const std::string& alert : support::all_matches(file_text(rules), "alert: (\\w+)")) {
        EXPECT_THAT(page, testing::HasSubstr("### " + alert + "\n"));
    }
}

class Dashboard : public testing::TestWithParam<const char*> {};

TEST_P(Dashboard, ShowsExposedMetricsAndExplainsEachPanel) {
    const std::string text = file_text(kSource + "/packaging/grafana/" + GetParam());
    const json::value board = parse_json(text);
    EXPECT_GE(board.at("schemaVersion").as_int64(), 36);
    EXPECT_EQ(board.at("templating").at("list").at(0).at("type"), "datasource");
    const auto exposed = support::exposed_names(everything());
    std::set<std::int64_t> ids;
    for (const json::value& panel : board.at("panels").as_array()) {
        EXPECT_TRUE(ids.insert(panel.at("id").as_int64()).second);
        if (panel.at("type") == "row") continue;
        const std::string title(panel.at("title").as_string());
        EXPECT_FALSE(panel.at("description").as_string().empty()) << title;
        EXPECT_FALSE(panel.at("fieldConfig").at("defaults").at("unit").as_string().empty());
        EXPECT_EQ(panel.at("datasource").at("uid"), "${datasource}") << title;
        EXPECT_FALSE(panel.at("targets").as_array().empty()) << title;
        for (const json::value& target : panel.at("targets").as_array()) {
            const std::string expression(target.at("expr").as_string());
            const auto used = support::used_names(expression);
            EXPECT_FALSE(used.empty()) << expression;
            EXPECT_THAT(used, IsSubsetOf(exposed)) << expression;
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Packaged, Dashboard,
                         testing::Values("barid-overview.json", "barid-content.json"));

TEST(Metrics, CountQueuesBeyondTheBoundAsOne) {
    auto sample = std::make_shared<DatabaseSample>();
    for (int i = 0; i < 1000; ++i) {
        sample->queues.push_back({.name = "q" + std::to_string(i), .due = i + 1});
        sample->queues.back().oldest_due_seconds = 1000 - i;
    }
    NamedSample database;
    database.sample = sample;
    const std::string text = render_metrics({database});
    EXPECT_EQ(support::all_matches(text, "barid_queue_paused\\{queue=\"([^\"]*)\"").size(), 201U);
    EXPECT_THAT(text, testing::HasSubstr("{queue=\"q999\",state=\"due\"} 1000\n"));
    EXPECT_THAT(text, testing::HasSubstr("{queue=\"(others)\",state=\"due\"} 320400\n"));
    EXPECT_THAT(text, testing::HasSubstr("oldest_due_seconds{queue=\"(others)\"} 1000\n"));
}

}  // namespace
}  // namespace barid::worker
