// What a mail server's reply, or its absence, means. Pure, thread-safe.
//
// | reply                                          | class                                      |
// |------------------------------------------------|--------------------------------------------|
// | 2xx to the message's end                       | accepted                                   |
// | connection lost, time over, before that end    | retry: nothing was taken                   |
// | connection lost, time over, after it           | ambiguous: it may have been taken          |
// | 421 (it closes down), 5xx to its greeting      | lane_paused: nobody's mail would go        |
// | login refused (530, 535, 538), TLS no good     | lane_paused: the settings want mending     |
// | 5xx to MAIL FROM, except for the size          | lane_paused: our sender is not accepted    |
// | any other 4xx                                  | retry                                      |
// | 5xx to RCPT TO: 5.1.1, 5.1.2, 5.1.3, 5.1.6,    | device_dead: the address is no good        |
// |   5.1.10, 5.2.1; 550, 551, 553 without a       |                                            |
// |   code of that kind                            |                                            |
// | 5.1.1 and 5.1.10 to the message's end          | device_dead                                |
// | any other 5xx (policy, full mailbox, content)  | payload_rejected: the address stays        |
//
// A refusal by policy (5.7.x) says that this sender is not liked, not that nobody lives there: it
// must not cost a customer their address.
#pragma once

#include <string_view>

#include "base/smtp_client.hpp"
#include "notify/channel.hpp"

namespace barid::notify {

/// `address` is taken out of what the server said.
SendResult judge_mail(const smtp::Outcome& outcome, std::string_view address);

}  // namespace barid::notify
