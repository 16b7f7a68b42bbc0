#include "media/stores/store_http.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.hpp"
#include "base/timeout.hpp"

namespace barid::media {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kLongestRetryAfter{3600};

[[noreturn]] void misconfigured(const std::string& message) {
    throw Error(Error::Retry::permanent, "store_misconfigured", message);
}

bool is_host_character(char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == ':' ||
           c == '[' || c == ']';
}

bool is_loopback(std::string_view host) {
    return host == "localhost" || host.starts_with("localhost:") || host.starts_with("127.") ||
           host.starts_with("[::1]");
}

/// A client that gives up early must not be asked again; a broken line may be.
bool worth_repeating(const http::Error& error) {
    return error.transient() && error.code() != "cancelled" && error.code() != "stopped";
}

Error from_http(const http::Error& error, const std::string& what, std::string_view action) {
    if (error.code() == "too_large") {
        return {Error::Retry::permanent, "too_large",
                fmt::format("{}: {}: the answer is larger than allowed", what, action)};
    }
    return {error.transient() ? Error::Retry::transient : Error::Retry::permanent,
            "store_unreachable", fmt::format("{}: {}: {}", what, action, error.what())};
}

}  // namespace

bool is_retryable_status(int status) {
    if (status == 408 || status == 425 || status == 429) return true;
    return status >= 500 && status != 501;
}

milliseconds pause_after(const RetryLimits& limits, int attempt, std::optional<seconds> retry_after,
                         std::uint64_t random) {
    if (retry_after) return *retry_after;
    auto ceiling = limits.first_pause;
    for (int i = 1; i < attempt && ceiling < limits.max_pause; ++i) ceiling *= 2;
    ceiling = std::min(ceiling, limits.max_pause);
    const auto floor = ceiling / 4;
    const auto span = static_cast<std::uint64_t>((ceiling - floor).count()) + 1;
    return floor + milliseconds(static_cast<std::int64_t>(random % span));
}

Endpoint Endpoint::parse(std::string_view url, std::string_view what, bool https_only) {
    const auto bad = [&](std::string_view why) {
        misconfigured(fmt::format("{} must look like https://host[:port]: {}", what, why));
    };
    Endpoint result;
    const auto colon = url.find("://");
    if (colon == std::string_view::npos) bad("it has no scheme");
    result.scheme = url.substr(0, colon);
    if (result.scheme != "https" && result.scheme != "http") bad("the scheme is another one");
    result.host = url.substr(colon + 3);
    if (result.host.ends_with('/')) result.host.pop_back();
    std::ranges::transform(result.host, result.host.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (result.host.empty()) bad("it has no host");
    if (!std::ranges::all_of(result.host, is_host_character)) {
        bad("only a host and a port may follow the scheme");
    }
    const std::string_view default_port = result.scheme == "https" ? ":443" : ":80";
    if (result.host.ends_with(default_port)) {
        result.host.resize(result.host.size() - default_port.size());
    }
    if (https_only && result.scheme != "https" && !is_loopback(result.host)) {
        bad("the access key must not travel over plain http");
    }
    return result;
}

std::string parse_public_url(std::string_view url, std::string_view what) {
    while (url.ends_with('/')) url.remove_suffix(1);
    const bool clean = std::ranges::none_of(
        url, [](char c) { return c <= ' ' || c == '\x7f' || c == '"' || c == '?' || c == '#'; });
    const bool known =
        url.starts_with("https://") || url.starts_with("http://") || url.starts_with('/');
    if (!clean || !known) {
        misconfigured(fmt::format("{} must be an http(s) address or a path such as /media", what));
    }
    return std::string(url);
}

std::string clean_message(std::string_view text) {
    std::string result;
    for (const char c : text.substr(0, 160)) {
        const bool plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                           (c >= '0' && c <= '9') ||
                           std::string_view(" .,:'-").find(c) != std::string_view::npos;
        result += plain ? c : ' ';
    }
    return result;
}

StoreHttp::StoreHttp(http::HttpClient& client, const Clock& clock, RetryLimits limits,
                     std::string what)
    : client_(client), clock_(clock), limits_(limits), what_(std::move(what)) {}

std::chrono::sys_seconds StoreHttp::now() const {
    return std::chrono::floor<seconds>(clock_.system_now());
}

Error StoreHttp::give_up(const http::Response& response, std::string_view action,
                         std::optional<seconds> retry_after, int attempts) const {
    const bool busy = response.status == 429 || response.status == 503 || response.status == 425;
    return {Error::Retry::transient, busy ? "store_busy" : "store_unreachable",
            fmt::format("{}: {}: HTTP {} after {} attempt(s)", what_, action, response.status,
                        attempts),
            retry_after};
}

awaitable<http::Response> StoreHttp::send(std::function<http::Request()> make,
                                          std::string_view action) {
    const auto deadline = clock_.steady_now() + limits_.total;
    for (int attempt = 1;; ++attempt) {
        const auto left = std::chrono::floor<milliseconds>(deadline - clock_.steady_now());
        http::Request request = make();
        request.total_timeout = std::clamp(left, milliseconds(1), limits_.per_request);
        std::optional<http::Response> response;
        std::optional<http::Error> failure;
        try {
            response = co_await client_.send(std::move(request));
        } catch (const http::Error& error) {
            if (error.code() == "cancelled") throw;
            failure = error;
        }
        if (response && !is_retryable_status(response->status)) co_return std::move(*response);
        if (failure && !worth_repeating(*failure)) throw from_http(*failure, what_, action);

        std::optional<seconds> wanted;
        if (response) wanted = http::retry_after(*response, now());
        if (wanted) wanted = std::clamp(*wanted, seconds(0), kLongestRetryAfter);
        const auto pause = pause_after(limits_, attempt, wanted, random_u64());
        if (attempt >= limits_.max_attempts || clock_.steady_now() + pause >= deadline) {
            if (failure) throw from_http(*failure, what_, action);
            throw give_up(*response, action, wanted, attempt);
        }
        if (!co_await sleep_for(pause)) {
            throw Error(Error::Retry::transient, "cancelled",
                        fmt::format("{}: {}: cancelled", what_, action));
        }
    }
}

}  // namespace barid::media
