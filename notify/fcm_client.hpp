// Firebase Cloud Messaging, HTTP v1: one POST for one device, and what its answer means.
//
// HTTP/2 is required: over HTTP/1.1 a client library may repeat a POST on a connection that died.
// A refused access token is refreshed once and the message sent again: a 401 means that nothing
// was sent. The time limit is at least 10 s, since giving up early makes doubles.
// Not thread-safe: io thread only. References must outlive it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/access_token.hpp"
#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "notify/channel.hpp"
#include "notify/send_gate.hpp"

namespace barid::notify {

inline constexpr std::chrono::milliseconds kMinSendTimeout{10'000};

struct FcmOptions {
    std::string endpoint = "https://fcm.googleapis.com";
    /// Which devices this project's credentials are for: `device.project`.
    std::string project = "default";
    std::chrono::milliseconds timeout{15'000};  ///< raised to kMinSendTimeout when shorter
    std::size_t max_concurrency = 32;
    /// The client holds sends back beyond `max_concurrency`, for an HttpClient that would let them
    /// wait inside their time limit (libcurl).
    bool hold_back = false;
};

class FcmClient {
  public:
    FcmClient(http::HttpClient& http, const Clock& clock, oauth::AccessTokenSource& tokens,
              FcmOptions options = {});

    /// One message to one device; both must outlive the returned awaitable.
    awaitable<SendResult> send(const Target& target, const PushMessage& message);

    /// Posts `body` to the project's `messages:send`. Never throws for an answer of any kind.
    awaitable<SendResult> post(std::string body, Lane lane = Lane::transactional);

    /// Has FCM check a message, and send nothing: accepted when it would be. It knows Android
    /// registrations that are gone; it can't tell of APNs'.
    awaitable<SendResult> validate(const Target& target, const PushMessage& message);

    /// Has FCM check a message to nobody: accepted when the credentials and the project are right.
    awaitable<SendResult> probe();

    [[nodiscard]] const FcmOptions& options() const { return options_; }

  private:
    http::Request request(const Secret& token, Lane lane);
    template <class MakeBody>
    awaitable<SendResult> post_made(MakeBody make_body, Lane lane);

    http::HttpClient& http_;
    const Clock& clock_;
    oauth::AccessTokenSource& tokens_;
    FcmOptions options_;
    std::optional<SendGate> gate_;
    std::string url_;
    Secret bearer_of_;  ///< the token that `bearer_` was made of
    Secret bearer_;
};

/// FCM behind the seam: builds the message, posts it with the credentials of the device's project.
/// A device of a project that there are none for is not sent to: FCM would answer that its sender
/// is wrong, and the device would be given up for nothing.
class FcmChannel final : public NotificationChannel {
  public:
    FcmChannel() = default;
    explicit FcmChannel(FcmClient& client) { add(client); }

    /// `client.options().project` says which devices are its own.
    void add(FcmClient& client);
    /// nullptr when there are no credentials for the project.
    [[nodiscard]] FcmClient* client(std::string_view project) const;

    awaitable<SendResult> send(const Target& target, const PushMessage& message) override;
    /// Of all projects together.
    [[nodiscard]] std::size_t max_concurrency() const override { return max_concurrency_; }

  private:
    std::map<std::string, FcmClient*, std::less<>> clients_;
    std::size_t max_concurrency_ = 0;
};

}  // namespace barid::notify
