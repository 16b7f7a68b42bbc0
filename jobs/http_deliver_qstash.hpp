// The headers by which receivers that were written for Upstash QStash know a message, beside those
// of Standard Webhooks (upstash.com/docs/qstash, "Verify signatures", read 2026-11-21).
//
//     Upstash-Signature     JWT, HS256: iss "Upstash", sub the URL, nbf, iat, exp after 5 minutes,
//                           jti, body the base64url of the body's SHA-256
//     Upstash-Message-Id    the same in every attempt
//     Upstash-Retried       how many attempts there were before, from 0
//     Upstash-Schedule-Id   of a schedule's job
//
// Pure. The key is one of the pair that a receiver holds as its current and its next signing key.
#pragma once

#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"

namespace barid::jobs {

struct QstashMessage {
    std::string url;
    std::string id;
    std::string body;
    int attempt = 1;            ///< from 1
    std::string schedule = {};  ///< its name, or empty
    std::string token_id = {};  ///< another one for each attempt
    SystemTime now = {};
};

std::vector<http::Header> qstash_headers(const QstashMessage& message, const std::string& key);

/// The receiver says that the message will never be taken: status 489 and
/// `Upstash-NonRetryable-Error: true`.
bool qstash_refused_for_good(const http::Response& answer);

}  // namespace barid::jobs
