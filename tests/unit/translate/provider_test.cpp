#include "translate/provider.hpp"

#include <gtest/gtest.h>

#include "tests/unit/translate/fake_client.hpp"

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;
using Ranges = std::vector<std::pair<std::size_t, std::size_t>>;

TEST(PlanBatches, KeepsWithinBothLimits) {
    const std::vector<std::string> texts(7, std::string(10, 'x'));
    EXPECT_EQ(plan_batches(texts, {.max_texts = 3, .max_bytes = 1000}),
              (Ranges{{0, 3}, {3, 6}, {6, 7}}));
    EXPECT_EQ(plan_batches(texts, {.max_texts = 50, .max_bytes = 25}),
              (Ranges{{0, 2}, {2, 4}, {4, 6}, {6, 7}}));
    EXPECT_EQ(plan_batches({}, {}), Ranges{});
}

TEST(PlanBatches, GivesAnOversizedTextItsOwnBatch) {
    EXPECT_EQ(plan_batches({"a", std::string(100, 'x'), "b"}, {.max_texts = 5, .max_bytes = 10}),
              (Ranges{{0, 1}, {1, 2}, {2, 3}}));
}

TEST(PlanBatches, CountsCharactersAsTheProviderDoes) {
    const std::vector<std::string> texts(4, "قميص");  // 4 characters, 8 bytes
    EXPECT_EQ(plan_batches(texts, {.max_texts = 9, .max_bytes = 999, .max_characters = 8}),
              (Ranges{{0, 2}, {2, 4}}));
    EXPECT_FALSE(fits("قميص", {.max_characters = 3}));
    EXPECT_TRUE(fits("قميص", {.max_bytes = 8, .max_characters = 4}));
    EXPECT_FALSE(fits("قميص", {.max_bytes = 7, .max_characters = 4}));
}

ProviderError failure_for(FakeClient& client, Classifier classify = nullptr) {
    try {
        check_status(run_now(exchange(client, {}, "maker")), "maker", classify);
    } catch (const ProviderError& error) {
        return error;
    }
    ADD_FAILURE() << "no error for status " << client.status;
    return {Kind::refused, ""};
}

TEST(Exchange, SortsEveryStatus) {
    const std::pair<int, Kind> table[] = {
        {400, Kind::refused},       {401, Kind::unauthorized}, {403, Kind::unauthorized},
        {404, Kind::misconfigured}, {408, Kind::unavailable},  {413, Kind::too_large},
        {429, Kind::rate_limited},  {456, Kind::refused},      {500, Kind::unavailable},
        {503, Kind::unavailable},   {529, Kind::unavailable},  {301, Kind::unavailable}};
    for (const auto& [status, kind] : table) {
        FakeClient client;
        client.status = status;
        client.body = "a page with the shop's own words";
        const ProviderError error = failure_for(client);
        EXPECT_EQ(error.kind(), kind) << status;
        EXPECT_EQ(std::string(error.what()).find("words"), std::string::npos);
    }
}

TEST(Exchange, ReadsRetryAfter) {
    FakeClient client;
    client.status = 429;
    client.headers = {{"Retry-After", "17"}};
    EXPECT_EQ(failure_for(client).retry_after(), std::chrono::seconds(17));
}

TEST(Exchange, KnowsWhatMayHaveBeenCounted) {
    FakeClient client;
    client.failure.emplace(Error::Retry::transient, http::Sent::no, "connect_failed", "refused");
    EXPECT_FALSE(failure_for(client).may_be_billed());
    EXPECT_FALSE(failure_for(client).connected());
    client.failure.emplace(Error::Retry::transient, http::Sent::unknown, "timeout", "too slow");
    EXPECT_TRUE(failure_for(client).may_be_billed());
    EXPECT_EQ(failure_for(client).kind(), Kind::unavailable);
}

TEST(Exchange, TakesAGatewaysErrorForPerhapsBilled) {
    for (const auto& [status, billed] :
         {std::pair{500, false}, {503, false}, {502, true}, {504, true}, {429, false}}) {
        FakeClient client;
        client.status = status;
        EXPECT_EQ(failure_for(client).may_be_billed(), billed) << status;
    }
}

TEST(Exchange, LetsACancellationThrough) {
    FakeClient client;
    client.failure.emplace(Error::Retry::transient, http::Sent::unknown, "cancelled", "stopped");
    EXPECT_THROW(run_now(exchange(client, {}, "maker")), http::Error);
}

}  // namespace
}  // namespace barid::translate
