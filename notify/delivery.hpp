// Sends one notification to all its devices that are due, in waves: the attempts of a wave are
// committed, then its messages go out side by side, then their outcomes are written.
//
// Whatever ends a wave, a cancellation among it, its outcomes are written before `run` returns or
// throws. A paused lane stops the rest of its wave. Not thread-safe: io thread only.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "notify/channel.hpp"
#include "notify/ledger.hpp"

namespace barid::notify {

struct DeliveryRequest {
    PushMessage message = {};  ///< with its `nid`
    std::string lease_token = {};
    std::string worker = {};
    bool resend = true;  ///< the category's answer to "may have been sent"
    /// Asked between sends; true leaves the rest for another attempt.
    std::function<bool()> stop = {};
};

struct DeliveryReport {
    /// Some message was tried and failed for now, so that an attempt was truly used.
    bool tried_in_vain = false;
    bool stopped = false;  ///< `stop` or a cancellation left something unsent
    /// The longest wait that an answer asked for, paused lanes apart.
    std::optional<std::chrono::seconds> retry_after = {};
    std::string error = {};  ///< the last failure, for people
};

class Deliverer {
  public:
    static constexpr int kWaveSize = 100;

    Deliverer(Ledger& ledger, NotificationChannel& channel, const Clock& clock)
        : ledger_(ledger), channel_(channel), clock_(clock) {}

    awaitable<DeliveryReport> run(const DeliveryRequest& request);

  private:
    struct Wave;
    awaitable<void> send_all(Wave& wave);
    awaitable<void> send_some(Wave& wave);
    awaitable<void> write_outcomes(const Wave& wave);

    Ledger& ledger_;
    NotificationChannel& channel_;
    const Clock& clock_;
};

}  // namespace barid::notify
