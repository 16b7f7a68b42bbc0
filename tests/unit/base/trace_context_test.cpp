// traceparent, by the rules of W3C Trace Context Level 1 (§3.2), and the sampling decision.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/trace_context.hpp"

namespace barid::trace {
namespace {

constexpr const char* kGood = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

struct Case {
    const char* why;
    std::string text;
    bool valid;
    bool sampled = false;
};

class Traceparent : public testing::TestWithParam<Case> {};

TEST_P(Traceparent, IsReadOrRefused) {
    const auto context = parse_traceparent(GetParam().text);
    ASSERT_EQ(context.has_value(), GetParam().valid) << GetParam().why;
    if (!context) return;
    EXPECT_EQ(to_hex(context->trace_id), "0af7651916cd43dd8448eb211c80319c");
    EXPECT_EQ(to_hex(context->span_id), "b7ad6b7169203331");
    EXPECT_EQ(context->sampled, GetParam().sampled) << GetParam().why;
}

const std::string kIds = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331";

INSTANTIATE_TEST_SUITE_P(
    Level1, Traceparent,
    testing::Values(
        Case{"sampled", kGood, true, true}, Case{"not sampled", "00-" + kIds + "-00", true},
        Case{"unknown flags beside sampled", "00-" + kIds + "-ff", true, true},
        Case{"unknown flags alone", "00-" + kIds + "-fe", true},
        Case{"a later version of the same length", "cc-" + kIds + "-01", true, true},
        Case{"a later version with more", "cc-" + kIds + "-01-what-the-future", true, true},
        Case{"a later version with an empty rest", "cc-" + kIds + "-01-", true, true},
        Case{"a later version with more, but no dash", "cc-" + kIds + "-01.more", false},
        Case{"version 00 with more", "00-" + kIds + "-01-more", false},
        Case{"version ff", "ff-" + kIds + "-01", false},
        Case{"upper case", "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", false},
        Case{"upper-case version", "CC-" + kIds + "-01", false},
        Case{"all-zero trace id", "00-00000000000000000000000000000000-b7ad6b7169203331-01", false},
        Case{"all-zero parent id", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
             false},
        Case{"not hexadecimal", "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01", false},
        Case{"not hexadecimal flags", "00-" + kIds + "-0x", false},
        Case{"short", "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01", false},
        Case{"cut off", "00-" + kIds + "-0", false}, Case{"empty", "", false},
        Case{"other dividers", "00_0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331_01", false},
        Case{"a blank before", " 00-" + kIds + "-01", false},
        Case{"a line break after", "00-" + kIds + "-01\r\n", false},
        Case{"a NUL inside", std::string("00-") + kIds + std::string("-\0001", 3), false}));

TEST(TraceContext, IsWrittenAsItIsRead) {
    EXPECT_EQ(format_traceparent(*parse_traceparent(kGood)), kGood);
    // A participant writes the version that it knows, and no flag that it doesn't.
    EXPECT_EQ(format_traceparent(*parse_traceparent("cc-" + kIds + "-ff-x")), kGood);
    EXPECT_EQ(format_traceparent(SpanContext{}), "");
}

TEST(TraceContext, NewIdsAreNeverTheSameAndNeverZero) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        EXPECT_TRUE(seen.insert(to_hex(new_trace_id())).second);
        EXPECT_TRUE(seen.insert(to_hex(new_span_id())).second);
    }
    EXPECT_THAT(seen, testing::Not(testing::Contains(std::string(16, '0'))));
}

TEST(TraceContext, ASeedGivesTheSameIdEverywhere) {
    EXPECT_EQ(trace_id_of("job 1"), trace_id_of("job 1"));
    EXPECT_NE(trace_id_of("job 1"), trace_id_of("job 2"));
}

TEST(TraceContext, SamplingFollowsTheIdAndTheRatio) {
    int sampled = 0;
    for (int i = 0; i < 20'000; ++i) {
        const TraceId id = trace_id_of(std::to_string(i));
        EXPECT_FALSE(is_sampled(id, 0));
        EXPECT_TRUE(is_sampled(id, 1));
        EXPECT_EQ(is_sampled(id, 0.1), is_sampled(id, 0.1));
        // Who samples a tenth samples nothing that who samples a half doesn't.
        if (is_sampled(id, 0.1)) EXPECT_TRUE(is_sampled(id, 0.5));
        sampled += is_sampled(id, 0.1) ? 1 : 0;
    }
    EXPECT_NEAR(sampled, 2000, 200);
}

}  // namespace
}  // namespace barid::trace
