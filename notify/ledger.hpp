// What is written down about notifications: the inbox, each device's delivery, each attempt.
//
// The order of the writes is the guarantee. `create` makes the notification, its inbox item and
// one delivery per device in one statement, once per (user, dedupe key). `begin_wave` commits an
// attempt's row before its request may leave; `finish_wave` writes what became of it. Between the
// two a crash leaves `sending`, which `resume` turns into `unknown`. An attempt's number fences
// late answers, the claim's token (`lease_token`) fences late workers.
// Not thread-safe: io thread only; the pool must outlive it.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "notify/channel.hpp"
#include "notify/preference.hpp"
#include "queue/pg/pool.hpp"

namespace barid::notify {

struct LocalText {
    std::string locale = {};
    std::string title = {};
    std::string body = {};
};

struct Category {
    std::string key = {};
    bool critical = false;
    bool resend = true;  ///< what to do when a push's fate can't be known; otherwise: hold
    bool urgent = true;
    bool collapse = false;
    std::chrono::seconds ttl{std::chrono::days(28)};
};

/// Everything a decision about one notification needs, read at once.
struct Facts {
    std::optional<std::string> locale = {};  ///< nothing: Barid doesn't know the user
    std::optional<Category> category = {};
    std::vector<Preference> preferences = {};
    std::optional<std::string> existing_id = {};  ///< the notification of this dedupe key
    std::optional<std::int64_t> existing_job = {};
    int template_version = 0;
    std::vector<LocalText> template_texts = {};  ///< all languages of the newest version
};

/// What a channel does with a notification.
struct ChannelPlan {
    bool requested = true;
    bool allowed = true;
    std::string reason = {};  ///< why not, when it is requested and not allowed
};

struct NewNotification {
    std::string user = {};
    std::string dedupe_key = {};
    std::int64_t job_id = 0;
    std::string lease_token = {};
    std::optional<std::string> template_key = {};
    std::optional<int> template_version = {};
    std::optional<std::string> vars_json = {};
    std::optional<std::string> texts_json = {};
    PushMessage message = {};  ///< `nid` is not known yet
    ChannelPlan push = {};
    ChannelPlan inbox = {};
    int max_devices = 100;
};

struct WaveItem {
    std::string delivery_id = {};
    int attempt_no = 0;
    Target target = {};
    SendResult result{.kind = SendClass::not_sent, .reason = "not_sent"};
    std::chrono::milliseconds latency{0};
};

struct Conclusion {
    bool in_charge = true;  ///< false: another claim of the job has taken over
    int accepted = 0;
    int failed = 0;
    int rejected = 0;  ///< of the failed: the provider refused our message
    int unknown = 0;
    int suppressed = 0;                                        ///< expired ones too
    int due = 0;                                               ///< still to be sent
    std::optional<std::chrono::milliseconds> lane_pause = {};  ///< the longest one of what is due
};

/// The state of a delivery after an attempt that ended so.
std::string_view delivery_state_after(SendClass kind);

class Ledger {
  public:
    explicit Ledger(pg::Pool& pool) : pool_(pool) {}

    awaitable<Facts> read(const std::string& user, const std::string& category,
                          const std::string& dedupe_key,
                          const std::optional<std::string>& template_key);

    /// The new notification's id; nothing when one with this dedupe key exists.
    awaitable<std::optional<std::string>> create(const NewNotification& notification);

    /// Takes charge of a notification again. What was being sent becomes unknown; what had run
    /// out of attempts is due again; `push` decides anew about what is not sent yet.
    awaitable<PushMessage> resume(const std::string& id, const std::string& lease_token,
                                  const ChannelPlan& push);

    /// Opens attempts for at most `limit` deliveries after `after` (a delivery's id) that are
    /// due, on lanes that are open. Empty when there are none, or the lease is gone.
    awaitable<std::vector<WaveItem>> begin_wave(const std::string& id,
                                                const std::string& lease_token, bool resend,
                                                const std::string& after, int limit,
                                                const std::string& worker);

    /// Closes the attempts, moves the deliveries on and tells the devices, all in one commit.
    awaitable<void> finish_wave(const std::vector<WaveItem>& wave);

    /// Nobody in the fleet sends for `project` during `pause`; a longer pause stays.
    awaitable<void> pause_lane(const std::string& project, std::chrono::seconds pause,
                               const std::string& reason);

    /// Settles what can't be sent any more (expired, device gone) and counts the rest.
    awaitable<Conclusion> conclude(const std::string& id, const std::string& lease_token,
                                   bool resend);

    /// The job has no attempts left: what is pending has failed.
    awaitable<void> give_up(const std::string& id, const std::string& lease_token);

  private:
    pg::Pool& pool_;
};

}  // namespace barid::notify
