// Sends what one job is in charge of, be it one notification or a thousand, in waves: the attempts
// of a wave are committed, then its messages go out side by side, then their outcomes are written.
//
// Whatever ends a wave, a cancellation among it, its outcomes are written before `run` returns or
// throws. A paused lane stops the rest of its wave. Not thread-safe: io thread only; references
// must outlive it.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "notify/channel.hpp"
#include "notify/composer.hpp"
#include "notify/lane_book.hpp"
#include "notify/ledger.hpp"

namespace barid::notify {

struct DeliveryRequest {
    std::int64_t job_id = 0;
    std::string lease_token = {};
    std::string worker = {};
    int max_devices = 100;
    bool override = false;  ///< an administrator's word above the user's preferences
    /// Asked between sends; true leaves the rest for another attempt.
    std::function<bool()> stop = {};
};

struct DeliveryReport {
    /// Some message was tried and failed for now, so that an attempt was truly used.
    bool tried_in_vain = false;
    bool stopped = false;  ///< `stop` or a cancellation left something unsent
    /// The longest wait that an answer asked for, paused lanes apart.
    std::optional<std::chrono::seconds> retry_after = {};
    int unrendered = 0;      ///< notifications whose text could not be made
    std::string error = {};  ///< the last failure, for people
};

class Deliverer {
  public:
    static constexpr int kWaveSize = 500;

    Deliverer(Ledger& ledger, Composer& composer, NotificationChannel& channel, const Clock& clock,
              Pacing pacing)
        : ledger_(ledger),
          composer_(composer),
          channel_(channel),
          clock_(clock),
          lanes_(ledger, clock, pacing) {}

    awaitable<DeliveryReport> run(const DeliveryRequest& request);

  private:
    struct Run;
    struct Wave;
    awaitable<void> compose(Run& run);
    awaitable<bool> next_wave(Run& run, Wave& wave);
    awaitable<void> send_wave(Run& run, Wave& wave);
    awaitable<void> send_all(Wave& wave);
    awaitable<void> send_some(Wave& wave);
    awaitable<void> write_outcomes(const Wave& wave);

    Ledger& ledger_;
    Composer& composer_;
    NotificationChannel& channel_;
    const Clock& clock_;
    LaneBook lanes_;
};

}  // namespace barid::notify
