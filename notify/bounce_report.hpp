// Reports that come back by mail: deliveries that failed (RFC 3464) and complaints (RFC 5965).
//
// Anybody can write such a message: what is read here is a claim, to be checked by the Message-ID
// of ours that it must know. Reads any bytes without throwing. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace barid::notify {

struct BounceReport {
    std::string message_id = {};  ///< of the message that it is about
    std::string kind = {};        ///< hard, soft or complaint
    std::string address = {};     ///< empty: the report names none
    std::string detail = {};      ///< "5.1.1 smtp; 550 no such user"
};

/// Empty when the message is no report, or is one about a delay or a success. A report without the
/// Message-ID of the original is left out: it can't be checked.
std::vector<BounceReport> read_bounce(std::string_view message);

}  // namespace barid::notify
