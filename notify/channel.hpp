// The seam through which a notification leaves: one message to one device at a time; the caller
// runs as many at once as `max_concurrency` allows.
//
// `send` says what is known afterwards and does not throw for a provider's refusal. An exception
// that does escape is taken for "may have been sent". Both arguments must outlive the returned
// awaitable. Not thread-safe: io thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/asio.hpp"
#include "base/json.hpp"

namespace barid::notify {

/// What an answer, or its absence, means for the device, the lane and the next attempt.
/// Spelled like `delivery_attempt.class`.
enum class SendClass {
    accepted,          ///< the provider took it
    device_dead,       ///< the target can never work
    device_suspect,    ///< the target is said to be gone, which is sometimes untrue
    payload_rejected,  ///< our message is wrong; the device is not
    auth_refresh,      ///< our access token was refused
    third_party_auth,  ///< the provider's own credentials for APNs or web push are wrong
    sender_mismatch,   ///< the device belongs to another project
    lane_paused,       ///< the whole project has to wait; nothing was sent
    retry,             ///< certainly not sent
    ambiguous,         ///< may have been sent
    not_sent,          ///< given up before the request began
};

std::string_view to_string(SendClass kind);

/// Whose messages go first when both wait: an order's news overtakes a campaign.
enum class Lane { transactional, broadcast };

struct Target {
    std::string channel = "push";  ///< push, email or webhook
    std::int64_t device_id = 0;    ///< push only
    std::string user_id = {};
    std::string project = {};
    std::string kind = "token";  ///< token or fid, never guessed
    std::string target = {};     ///< the device's target, or the address to write to
    std::string platform = {};   ///< android, ios or web
};

struct PushMessage {
    /// The notification's id: the same in every attempt, so that a device shows it once.
    std::string nid = {};
    std::string category = {};
    std::string locale = {};
    std::string title = {};
    std::string body = {};
    std::optional<std::string> image = {};
    std::vector<std::pair<std::string, std::string>> data = {};
    std::string html = {};      ///< e-mail only; empty: text alone
    json::object options = {};  ///< what the shop adds: blocks "android", "apns", "webpush"
    Lane lane = Lane::transactional;
    std::chrono::seconds ttl{std::chrono::days(28)};
    bool urgent = true;
    bool collapse = false;
    bool critical = false;  ///< its category can't be left: an e-mail offers no way to
};

struct SendResult {
    SendClass kind = SendClass::ambiguous;
    /// A stable word for people and queries: unregistered, quota, timeout, http_502, …
    std::string reason = {};
    std::optional<int> http_status = {};
    /// How long the provider, or its rules, want us to wait.
    std::optional<std::chrono::seconds> retry_after = {};
    std::string provider_id = {};  ///< the provider's name of the message, when it was accepted
    std::string error = {};        ///< what the provider said, cut short; holds no target or secret
};

class NotificationChannel {
  public:
    virtual ~NotificationChannel() = default;
    virtual awaitable<SendResult> send(const Target& target, const PushMessage& message) = 0;
    /// Sends that one caller may have under way at once.
    [[nodiscard]] virtual std::size_t max_concurrency() const { return 16; }
};

}  // namespace barid::notify
