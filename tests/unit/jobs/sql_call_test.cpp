#include "jobs/sql_call.hpp"

#include <gtest/gtest.h>

namespace barid::jobs {
namespace {

std::string violations(const std::string& text) {
    const json::value payload = parse_json(text);
    JsonReader in(payload);
    parse_sql_call_payload(in);
    try {
        in.finish();
    } catch (const PayloadError& e) {
        return e.what();
    }
    return "";
}

TEST(SqlCallPayload, NamesAFunctionWithItsSchema) {
    EXPECT_EQ(violations(R"({"function": "shop.close_day"})"), "");
    EXPECT_EQ(violations(R"({"function": "\"متجر\".f", "arguments": {"day": "x"}})"), "");
    EXPECT_NE(violations(R"({"function": "close_day"})").find("with its schema"),
              std::string::npos);
    for (const char* bad :
         {R"({})", R"({"function": 7})", R"({"function": ""})",
          R"({"function": "a.b", "arguments": [1]})", R"({"function": "a.b", "argument": {}})"}) {
        EXPECT_NE(violations(bad), "") << bad;
    }
}

std::string outcome(const std::string& sqlstate) {
    const queue::Outcome outcome =
        sql_call_outcome("shop.close_day", pg::Error(sqlstate, "اليوم مغلق"));
    if (const auto* retry = std::get_if<queue::Retry>(&outcome)) return "retry " + retry->error;
    if (const auto* fail = std::get_if<queue::Fail>(&outcome)) return "fail " + fail->error;
    if (const auto* cancel = std::get_if<queue::Cancel>(&outcome))
        return "cancel " + cancel->reason;
    return "";
}

TEST(SqlCallOutcome, FollowsTheSqlstate) {
    EXPECT_EQ(outcome("P0001"), "retry shop.close_day: اليوم مغلق (SQLSTATE P0001)");
    for (const char* again : {"40001", "40P01", "53300", "55P03", "57014", "57P01", "58030",
                              "08006", "XX000", "25006", "MY001"}) {
        EXPECT_TRUE(outcome(again).starts_with("retry ")) << again;
    }
    for (const char* never :
         {"JB001", "22012", "22P05", "23505", "42501", "42P01", "0A000", "54001"}) {
        EXPECT_TRUE(outcome(never).starts_with("fail ")) << never;
    }
    EXPECT_EQ(outcome("JB002"), "cancel اليوم مغلق");
    EXPECT_EQ(outcome(""), "retry shop.close_day: اليوم مغلق");
    EXPECT_NE(outcome("JB404").find("barid functions allow shop.close_day"), std::string::npos);
}

}  // namespace
}  // namespace barid::jobs
