#include "translate/provider.hpp"

#include <fmt/format.h>

#include <utility>

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;

std::optional<Kind> kind_of(int status, int quota_status) {
    if (status >= 200 && status < 300) return std::nullopt;
    if (quota_status != 0 && status == quota_status) return Kind::quota;
    switch (status) {
        case 401:
        case 403:
            return Kind::unauthorized;
        case 408:
            return Kind::unavailable;
        case 413:
        case 414:
            return Kind::too_large;
        case 429:
            return Kind::rate_limited;
        default:
            break;
    }
    // 4xx says that this request is wrong; 3xx and 1xx come from something that is no provider.
    return status >= 400 && status < 500 ? Kind::refused : Kind::unavailable;
}

}  // namespace

std::vector<std::pair<std::size_t, std::size_t>> plan_batches(const std::vector<std::string>& texts,
                                                              const BatchLimits& limits) {
    std::vector<std::pair<std::size_t, std::size_t>> batches;
    std::size_t first = 0;
    std::size_t bytes = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const bool full =
            i - first >= limits.max_texts || bytes + texts[i].size() > limits.max_bytes;
        if (i > first && full) {
            batches.emplace_back(first, i);
            first = i;
            bytes = 0;
        }
        bytes += texts[i].size();
    }
    if (first < texts.size()) batches.emplace_back(first, texts.size());
    return batches;
}

awaitable<http::Response> exchange(http::HttpClient& client, http::Request request,
                                   std::string provider, int quota_status) {
    http::Response response;
    std::optional<ProviderError> failure;
    try {
        response = co_await client.send(std::move(request));
    } catch (const http::Error& error) {
        if (error.code() == "cancelled") throw;
        failure.emplace(Kind::unavailable,
                        fmt::format("{}: no answer ({}): {}", provider, error.code(), error.what()),
                        std::nullopt, error.sent() != http::Sent::no);
    } catch (const TimeoutError& error) {
        failure.emplace(Kind::unavailable, fmt::format("{}: {}", provider, error.what()),
                        std::nullopt, true);
    }
    if (failure) throw *failure;
    if (const auto kind = kind_of(response.status, quota_status)) {
        // The body is the peer's own text and may repeat the shop's: only the status is told.
        const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        throw ProviderError(*kind, fmt::format("{}: answered HTTP {}", provider, response.status),
                            http::retry_after(response, now));
    }
    co_return response;
}

void throw_bad_answer(const std::string& provider, const std::string& problem) {
    throw ProviderError(Kind::unavailable, provider + ": unusable answer: " + problem, std::nullopt,
                        true);
}

}  // namespace barid::translate
