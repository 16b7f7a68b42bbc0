// Sends a store's requests with bounded repetition: what S3 and Bunny have in common.
//
// Every request that goes through here may be repeated (the stores' operations are idempotent).
// Network errors, 408, 425, 429 and 5xx other than 501 are repeated with jitter or after the
// server's Retry-After, within `RetryLimits`; any other status is returned. What is left at the
// end is thrown as store_unreachable or store_busy. Use it on the client's io thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "media/error.hpp"

namespace barid::media {

struct RetryLimits {
    int max_attempts = 5;
    std::chrono::milliseconds total{120'000};  ///< all attempts and pauses together
    std::chrono::milliseconds per_request{60'000};
    std::chrono::milliseconds first_pause{200};
    std::chrono::milliseconds max_pause{10'000};
};

/// True for an answer that may turn out better by itself.
bool is_retryable_status(int status);

/// The pause after the attempt of that number (from 1): Retry-After when the server gave one,
/// else a random time below first_pause · 2^(attempt-1), at least a quarter of it, capped.
std::chrono::milliseconds pause_after(const RetryLimits& limits, int attempt,
                                      std::optional<std::chrono::seconds> retry_after,
                                      std::uint64_t random);

/// A configured address, "https://host[:port]" with nothing behind it, in the form libcurl sends
/// it as Host: lower-case, without the scheme's own port.
struct Endpoint {
    std::string scheme;
    std::string host;  ///< with a port other than the scheme's

    /// Throws store_misconfigured naming `what`. With `https_only` plain http is accepted for
    /// loopback alone, as the request carries a key that anyone on the way could read.
    static Endpoint parse(std::string_view url, std::string_view what, bool https_only);
};

/// `url` without slashes at its end; throws store_misconfigured unless it is http(s) or a path.
std::string parse_public_url(std::string_view url, std::string_view what);

/// [A-Za-z0-9 .,:'-] of a server's message, at most 160 bytes: fit for an error.
std::string clean_message(std::string_view text);

class StoreHttp {
  public:
    /// `what` names the store in errors: "S3 bucket photos".
    StoreHttp(http::HttpClient& client, const Clock& clock, RetryLimits limits, std::string what);

    /// `make` is called for each attempt, so that a signature is fresh.
    awaitable<http::Response> send(std::function<http::Request()> make, std::string_view action);

    [[nodiscard]] std::chrono::sys_seconds now() const;
    [[nodiscard]] const std::string& what() const { return what_; }

  private:
    [[nodiscard]] Error give_up(const http::Response& response, std::string_view action,
                                std::optional<std::chrono::seconds> retry_after,
                                int attempts) const;

    http::HttpClient& client_;
    const Clock& clock_;
    RetryLimits limits_;
    std::string what_;
};

}  // namespace barid::media
