#include <gtest/gtest.h>

#include "worker/doctor_checks.hpp"
#include "worker/doctor_database.hpp"
#include "worker/doctor_report.hpp"

namespace barid::worker {
namespace {

using namespace std::chrono_literals;
using Level = Finding::Level;

DatabaseFacts good_facts() {
    DatabaseFacts facts;
    facts.user = "shop";
    facts.version = "15.18";
    facts.version_number = 150018;
    facts.max_connections = 97;
    facts.connections = 10;
    facts.has_schema = true;
    return facts;
}

/// The finding of that name; a default one when there is none.
Finding find(const Findings& findings, const std::string& check) {
    for (const Finding& finding : findings) {
        if (finding.check == check) return finding;
    }
    return {.level = Level::ok, .check = "", .text = "", .advice = ""};
}

Finding judged(const DatabaseFacts& facts, const std::string& check) {
    Finding found = find(judge(facts, 14), check);
    EXPECT_EQ(found.check, check);
    return found;
}

TEST(Doctor, AGoodDatabaseIsOkThroughout) {
    for (const Finding& finding : judge(good_facts(), 14)) {
        EXPECT_EQ(finding.level, Level::ok) << finding.text;
        EXPECT_EQ(finding.advice, "") << finding.check;
    }
}

TEST(Doctor, OldServersAndStandbysAreProblems) {
    DatabaseFacts facts = good_facts();
    facts.version = "14.9";
    facts.version_number = 140009;
    EXPECT_EQ(judged(facts, "database").level, Level::problem);
    facts = good_facts();
    facts.read_only = true;
    EXPECT_EQ(judged(facts, "database").level, Level::problem);
    EXPECT_NE(judged(facts, "database").advice.find("target_session_attrs"), std::string::npos);
}

TEST(Doctor, NamesMissingRightsAndTheGrantThatMendsThem) {
    DatabaseFacts facts = good_facts();
    facts.missing_rights = {"SELECT on job", "UPDATE on job", "EXECUTE on settle", "DELETE on x"};
    const Finding finding = judged(facts, "privileges");
    EXPECT_EQ(finding.level, Level::problem);
    EXPECT_NE(finding.text.find("EXECUTE on settle and 1 more"), std::string::npos);
    EXPECT_EQ(finding.advice, "GRANT barid_worker TO \"shop\"");
}

TEST(Doctor, SaysNothingOfRightsOnASchemaThatIsNotThere) {
    DatabaseFacts facts = good_facts();
    facts.has_schema = false;
    EXPECT_EQ(find(judge(facts, 14), "privileges").check, "");
}

TEST(Doctor, CountsConnections) {
    DatabaseFacts facts = good_facts();
    facts.connections = 83;
    EXPECT_EQ(judged(facts, "connections").level, Level::ok);
    facts.connections = 84;
    EXPECT_EQ(judged(facts, "connections").level, Level::warning);
}

TEST(Doctor, WarnsOfWhatHoldsBackVacuum) {
    DatabaseFacts facts = good_facts();
    facts.oldest_snapshot = "session 17 of user bi";
    facts.snapshot_age = 600s;
    EXPECT_EQ(judged(facts, "vacuum").level, Level::ok);
    facts.snapshot_age = 601s;
    EXPECT_EQ(judged(facts, "vacuum").level, Level::warning);
    EXPECT_NE(judged(facts, "vacuum").text.find("session 17 of user bi"), std::string::npos);

    facts = good_facts();
    facts.track_counts = false;
    EXPECT_NE(judged(facts, "vacuum").text.find("track_counts is off"), std::string::npos);
    facts = good_facts();
    facts.autovacuum = false;
    EXPECT_NE(judged(facts, "vacuum").text.find("autovacuum is off"), std::string::npos);
    facts = good_facts();
    facts.idle_slot = "old_standby";
    EXPECT_EQ(judged(facts, "vacuum").level, Level::warning);
}

TEST(Doctor, TellsClocksThatDifferFromASlowNetwork) {
    DatabaseFacts facts = good_facts();
    facts.clock_difference = 2500ms;
    EXPECT_EQ(judged(facts, "clock").level, Level::warning);
    EXPECT_NE(judged(facts, "clock").text.find("2500 ms ahead of"), std::string::npos);
    facts.clock_difference = -2500ms;
    EXPECT_NE(judged(facts, "clock").text.find("2500 ms behind"), std::string::npos);
    facts.clock_uncertainty = 600ms;
    EXPECT_EQ(judged(facts, "clock").level, Level::ok);
}

TEST(Doctor, WarnsOfAServerThatForgets) {
    DatabaseFacts facts = good_facts();
    facts.fsync = false;
    EXPECT_EQ(judged(facts, "durability").level, Level::warning);
}

TEST(Doctor, JudgesTheSchema) {
    EXPECT_EQ(judge_schema({.current = 4, .min_worker = 1}, 4).level, Level::ok);
    EXPECT_EQ(judge_schema({}, 4).level, Level::problem);
    EXPECT_EQ(judge_schema({.current = 9, .min_worker = 9}, 4).level, Level::problem);
}

TEST(DoctorReport, IsOneLineForEachFinding) {
    const Finding finding{Level::problem, "store", "s3 shop: no\nsuch\x1B[31m bucket", "make it"};
    EXPECT_EQ(render(finding, false),
              "PROBLEM  store         s3 shop: no such [31m bucket: make it");
    EXPECT_EQ(render({Level::ok, "clock", "2 ms"}, false), "ok       clock         2 ms");
    EXPECT_EQ(render(finding, true),
              R"({"check":"store","status":"problem","text":"s3 shop: no\nsuch\u001b[31m bucket",)"
              R"("advice":"make it"})");
}

TEST(DoctorReport, EndsWithTheExitCode) {
    testing::internal::CaptureStdout();
    DoctorReport good(false);
    good.add({Level::warning, "clock", "late"});
    EXPECT_EQ(good.finish(), 0);
    EXPECT_NE(testing::internal::GetCapturedStdout().find("1 check, 1 warning, 0 problems"),
              std::string::npos);
    testing::internal::CaptureStdout();
    DoctorReport bad(true);
    bad.add({Level::problem, "clock", "late"});
    EXPECT_EQ(bad.finish(), 1);
    const std::string printed = testing::internal::GetCapturedStdout();
    EXPECT_EQ(std::count(printed.begin(), printed.end(), '\n'), 1);
}

TEST(Doctor, LooksAtEndpointsWithoutAskingThem) {
    config::Settings settings;
    settings.deliver["a"] = {.url = "https://shop.example/hooks", .secrets = {Secret("x")}};
    settings.deliver["b"] = {.url = "http://10.1.2.3/hooks", .secrets = {Secret("x")}};
    settings.deliver["c"] = {.url = "http://shop.example/hooks", .secrets = {Secret("x")}};
    settings.deliver["d"] = settings.deliver["b"];
    settings.deliver["d"].allow_private = true;
    const Findings findings = check_deliver(settings);
    EXPECT_EQ(find(findings, "deliver.a").level, Level::ok);
    EXPECT_EQ(find(findings, "deliver.b").level, Level::problem);
    EXPECT_EQ(find(findings, "deliver.c").level, Level::warning);
    EXPECT_EQ(find(findings, "deliver.d").text,
              "http://10.1.2.3:80, signed with 1 secret (nothing is sent)");
}

}  // namespace
}  // namespace barid::worker
