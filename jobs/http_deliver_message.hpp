// What http.deliver sends: the payload's checks, the body and its id. Pure; the signature is
// base/webhook_signature.hpp's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json_reader.hpp"
#include "queue/job.hpp"

namespace barid::jobs {

inline constexpr std::size_t kMaxDeliverBytes = std::size_t{2} << 20U;

struct DeliverPayload {
    /// A message that was delivered before and is sent once more, by another job: the receiver
    /// must see that it is the same. {"redelivers": {"job": 12, "created_us": 1795341600000000}}
    struct Original {
        std::int64_t job = 0;
        SystemTime created_at;
    };

    std::string endpoint;
    std::string type;
    std::optional<Original> redelivers = {};
    std::string schedule = {};  ///< that added the job
};

/// Notes every violation in `in`.
DeliverPayload parse_deliver_payload(JsonReader& in);

/// The text of `key`'s value in a JSON object that is known to be valid; empty when there is none.
/// Numbers keep the digits that the producer wrote, which a parsed value would not.
std::string_view raw_member(std::string_view object, std::string_view key);

/// {"type": …, "timestamp": when the job was added, "data": …}: the same in every attempt.
std::string deliver_body(const DeliverPayload& payload, const queue::Job& job);

/// `webhook-id`: the same in every attempt, after a retry by hand and when it is delivered again;
/// no other message's, not even in another database.
std::string deliver_id(const DeliverPayload& payload, const queue::Job& job);

}  // namespace barid::jobs
