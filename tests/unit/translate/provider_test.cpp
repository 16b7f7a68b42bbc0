#include "translate/provider.hpp"

#include <gtest/gtest.h>

#include "tests/unit/translate/fake_client.hpp"

namespace barid::translate {
namespace {

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

ProviderError failure_for(FakeClient& client, int quota_status = 0) {
    try {
        run_now(exchange(client, {}, "maker", quota_status));
    } catch (const ProviderError& error) {
        return error;
    }
    ADD_FAILURE() << "no error for status " << client.status;
    return {ProviderError::Kind::refused, ""};
}

TEST(Exchange, SortsEveryStatus) {
    using Kind = ProviderError::Kind;
    const std::pair<int, Kind> table[] = {
        {400, Kind::refused},      {401, Kind::unauthorized}, {403, Kind::unauthorized},
        {404, Kind::refused},      {408, Kind::unavailable},  {413, Kind::too_large},
        {429, Kind::rate_limited}, {456, Kind::quota},        {500, Kind::unavailable},
        {503, Kind::unavailable},  {529, Kind::unavailable},  {301, Kind::unavailable}};
    for (const auto& [status, kind] : table) {
        FakeClient client;
        client.status = status;
        client.body = "a page with the shop's own words";
        const ProviderError error = failure_for(client, 456);
        EXPECT_EQ(error.kind(), kind) << status;
        EXPECT_EQ(std::string(error.what()).find("words"), std::string::npos);
    }
    FakeClient other;
    other.status = 456;
    EXPECT_EQ(failure_for(other, 0).kind(), Kind::refused);
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
    client.failure.emplace(Error::Retry::transient, http::Sent::unknown, "timeout", "too slow");
    EXPECT_TRUE(failure_for(client).may_be_billed());
    EXPECT_EQ(failure_for(client).kind(), ProviderError::Kind::unavailable);
}

TEST(Exchange, LetsACancellationThrough) {
    FakeClient client;
    client.failure.emplace(Error::Retry::transient, http::Sent::unknown, "cancelled", "stopped");
    EXPECT_THROW(run_now(exchange(client, {}, "maker", 0)), http::Error);
}

}  // namespace
}  // namespace barid::translate
