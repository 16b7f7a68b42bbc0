// What an endpoint's answer means for the job and for the endpoint's host. Pure.
//
// | answer                                   | the job                      | the host      |
// |------------------------------------------|------------------------------|---------------|
// | 2xx                                      | done, answer in the output   | is well       |
// | 408, 425                                 | retried                      | is well       |
// | 429                                      | retried after Retry-After    | rests so long |
// | 503                                      | retried after Retry-After    | rests / fails |
// | other 5xx, no answer, broken connection  | retried                      | fails         |
// | 3xx, 401, 403, 404, 405, 407, 421        | retried: somebody mends it   | is well       |
// | 400, 410, 413, 422 and every other       | failed at once               | is well       |
// | address refused, URL or header no good   | failed at once               | –             |
//
// Where receivers were written for QStash, as its documentation says: 489 with
// `Upstash-NonRetryable-Error: true` fails at once, and what isn't 2xx is retried otherwise.
#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/secret.hpp"
#include "queue/job.hpp"

namespace barid::jobs {

enum class HostHealth { well, failing, unknown };

struct DeliverVerdict {
    queue::Outcome outcome;
    HostHealth host = HostHealth::unknown;
    /// Nobody should ask the host for so long.
    std::optional<std::chrono::milliseconds> rest = {};
};

/// How much of an answer's body is read, and how much of it is kept.
inline constexpr std::size_t kReadAnswerBytes = 16384;
inline constexpr std::size_t kKeptAnswerBytes = 4096;

enum class Manners { standard, qstash };

/// `masked`: texts that must not come back in what is kept.
DeliverVerdict judge_answer(std::string_view endpoint, const http::Response& answer, SystemTime now,
                            std::span<const Secret> masked, Manners manners = Manners::standard);
DeliverVerdict judge_failure(std::string_view endpoint, const http::Error& error);

/// Foreign bytes as text that a log, a person and jsonb can take: UTF-8, without NUL and without
/// the secrets, cut at `max_bytes`.
std::string safe_text(std::string_view bytes, std::size_t max_bytes,
                      std::span<const Secret> masked);

}  // namespace barid::jobs
