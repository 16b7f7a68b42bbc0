// What is written down about deliveries: who is in charge, each way out, each attempt.
//
// The order of the writes is the guarantee. `prepare` puts a claim of a job in charge of its
// deliveries and decides about each; `begin_wave` commits attempts before their requests may
// leave; `finish_wave` writes what became of them. Between the two a crash leaves `sending`, which
// the next `prepare` turns into `unknown`. An attempt's number fences late answers, the claim's
// token (`lease_token`) fences late workers.
// Not thread-safe: io thread only; the pool must outlive it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "notify/channel.hpp"
#include "queue/pg/pool.hpp"

namespace barid::notify {

struct LocalText {
    std::string locale = {};
    std::string title = {};
    std::string body = {};
};

/// A notification that has something to send now, or has no text yet.
struct Outgoing {
    std::string id = {};
    std::string user = {};
    std::string category = {};
    std::optional<LocalText> text = {};  ///< as it was shown before
    std::optional<std::string> image = {};
    std::vector<std::pair<std::string, std::string>> data = {};
    json::object options = {};
    std::optional<std::string> template_key = {};
    int template_version = 0;
    json::object vars = {};
    std::vector<LocalText> texts = {};  ///< every language, when no template is named
    std::chrono::seconds ttl{0};
    bool urgent = true;
    bool collapse = false;
    bool critical = false;
    std::string user_locale = {};  ///< empty: Barid doesn't know the user
    std::string user_tz = "UTC";
    bool broadcast = false;
    bool email = false;                   ///< an e-mail is due, which has a text of its own
    std::vector<std::string> lanes = {};  ///< one entry for each message that is due
};

struct StoredText {
    std::string notification_id = {};
    LocalText text = {};
};

struct TextFailure {
    std::string notification_id = {};
    std::string problem = {};
};

struct WaveItem {
    std::string notification_id = {};
    std::int64_t delivery_id = 0;
    int attempt_no = 0;
    std::string lane = {};
    Target target = {};
    /// The device's registration that is used; empty: not a device.
    std::string registered_at = {};
    bool note_success = false;  ///< the device has not been known to work lately
    SendResult result{.kind = SendClass::not_sent, .reason = "not_sent"};
    std::chrono::milliseconds latency{0};
};

/// What of one lane a wave may take: at most `count`, after the delivery `after`.
struct LaneShare {
    int count = 0;
    std::int64_t after = 0;
};
using LaneShares = std::map<std::string, LaneShare, std::less<>>;

struct LaneGrant {
    int granted = 0;
    std::chrono::milliseconds wait{0};  ///< when nothing was granted
};

struct Conclusion {
    bool in_charge = true;  ///< false: another claim of the job has taken over
    int accepted = 0;
    int failed = 0;
    int rejected = 0;  ///< of the failed: the provider refused our message
    int unknown = 0;
    int suppressed = 0;  ///< expired and collected ones too
    int deferred = 0;
    int due = 0;                                               ///< still to be sent
    bool paused = false;                                       ///< its broadcast is
    std::optional<std::chrono::milliseconds> next_in = {};     ///< until the first deferred one
    std::optional<std::chrono::milliseconds> lane_pause = {};  ///< the longest one of what is due
};

/// The state of a delivery after an attempt that ended so.
std::string_view delivery_state_after(SendClass kind);

class Ledger {
  public:
    explicit Ledger(pg::Pool& pool) : pool_(pool) {}

    /// Takes charge of the job's deliveries. What was being sent becomes unknown, what is not
    /// final is decided anew. `override`: an administrator's word above the user's preferences.
    awaitable<std::vector<Outgoing>> prepare(std::int64_t job_id, const std::string& lease_token,
                                             int max_devices, bool override);

    /// The notifications' own texts and their inbox items', once: a text that is there stays.
    awaitable<void> store_texts(const std::vector<StoredText>& texts);
    /// Nothing of these can be sent: their pending deliveries have failed.
    awaitable<void> fail_texts(const std::vector<TextFailure>& failures);

    /// Opens attempts for what is due, on lanes that are open, by each lane's share. Empty when
    /// there is nothing, or the lease is gone.
    awaitable<std::vector<WaveItem>> begin_wave(std::int64_t job_id, const std::string& lease_token,
                                                const LaneShares& shares,
                                                const std::string& worker);

    /// Closes the attempts, moves the deliveries on and tells the devices, all in one commit.
    /// E-mail addresses that are no good are suppressed just before.
    awaitable<void> finish_wave(const std::vector<WaveItem>& wave);

    /// Takes up to `want` messages' worth of a lane's quota (0: none is set).
    awaitable<LaneGrant> lease_lane(const std::string& project, Lane lane, int want,
                                    int quota_per_minute, std::chrono::seconds ramp);

    /// Nobody in the fleet sends for `project` during `pause`; a longer pause stays.
    awaitable<void> pause_lane(const std::string& project, std::chrono::seconds pause,
                               const std::string& reason);

    /// Settles what can't be sent any more (expired, device gone) and counts the rest.
    awaitable<Conclusion> conclude(std::int64_t job_id, const std::string& lease_token);

    /// The job has no attempts left: what is pending has failed.
    awaitable<void> give_up(std::int64_t job_id, const std::string& lease_token);

  private:
    awaitable<void> note_bounces(const std::vector<WaveItem>& wave);

    pg::Pool& pool_;
};

}  // namespace barid::notify
