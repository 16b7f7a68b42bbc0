#include "translate/provider.hpp"

#include <fmt/format.h>

#include <utility>

#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;

Kind kind_of(int status) {
    switch (status) {
        case 401:
        case 403:
        case 407:
            return Kind::unauthorized;
        case 404:
        case 405:
            return Kind::misconfigured;
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

/// A gateway gave up on a server that may have done the work.
bool may_be_billed(int status) {
    return status == 408 || status == 502 || status == 504;
}

}  // namespace

std::string_view to_string(Kind kind) {
    switch (kind) {
        case Kind::unavailable:
            return "unavailable";
        case Kind::rate_limited:
            return "rate_limited";
        case Kind::quota:
            return "quota";
        case Kind::unauthorized:
            return "unauthorized";
        case Kind::misconfigured:
            return "misconfigured";
        case Kind::too_large:
            return "too_large";
        case Kind::refused:
            return "refused";
    }
    return "unavailable";
}

bool fits(const std::string& text, const BatchLimits& limits) {
    return text.size() <= limits.max_bytes && count_code_points(text) <= limits.max_characters;
}

std::vector<std::pair<std::size_t, std::size_t>> plan_batches(const std::vector<std::string>& texts,
                                                              const BatchLimits& limits) {
    std::vector<std::pair<std::size_t, std::size_t>> batches;
    std::size_t first = 0;
    std::size_t bytes = 0;
    std::size_t characters = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const std::size_t added = count_code_points(texts[i]);
        const bool full = i - first >= limits.max_texts ||
                          bytes + texts[i].size() > limits.max_bytes ||
                          characters + added > limits.max_characters;
        if (i > first && full) {
            batches.emplace_back(first, i);
            first = i;
            bytes = 0;
            characters = 0;
        }
        bytes += texts[i].size();
        characters += added;
    }
    if (first < texts.size()) batches.emplace_back(first, texts.size());
    return batches;
}

awaitable<http::Response> exchange(http::HttpClient& client, http::Request request,
                                   std::string provider) {
    std::optional<ProviderError> failure;
    try {
        co_return co_await client.send(std::move(request));
    } catch (const http::Error& error) {
        if (error.code() == "cancelled") throw;
        const bool sent = error.sent() != http::Sent::no;
        failure.emplace(Kind::unavailable,
                        fmt::format("{}: no answer ({}): {}", provider, error.code(), error.what()),
                        std::nullopt, sent, sent);
    } catch (const TimeoutError& error) {
        failure.emplace(Kind::unavailable, fmt::format("{}: {}", provider, error.what()),
                        std::nullopt, true);
    }
    throw *failure;
}

void check_status(const http::Response& response, const std::string& provider,
                  Classifier classify) {
    if (response.status >= 200 && response.status < 300) return;
    const Verdict verdict = classify != nullptr ? classify(response) : Verdict{};
    // The body is the peer's own text and may repeat the shop's: only status and code are told.
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const std::string word = verdict.word.empty() ? "" : " (" + verdict.word + ")";
    throw ProviderError(verdict.kind.value_or(kind_of(response.status)),
                        fmt::format("{}: answered HTTP {}{}", provider, response.status, word),
                        http::retry_after(response, now), may_be_billed(response.status));
}

void throw_bad_answer(const std::string& provider, const std::string& problem) {
    throw ProviderError(Kind::unavailable, provider + ": unusable answer: " + problem, std::nullopt,
                        true);
}

}  // namespace barid::translate
