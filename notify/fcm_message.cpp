#include "notify/fcm_message.hpp"

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>

#include "base/json.hpp"
#include "notify/fcm_options.hpp"

namespace barid::notify {
namespace {

constexpr std::chrono::seconds kMaxTtl{std::chrono::days(28)};

std::chrono::seconds bounded_ttl(const PushMessage& message) {
    return std::clamp(message.ttl, std::chrono::seconds(0), kMaxTtl);
}

/// Without texts there is nothing to show: the app gets the data, and does what it likes with it.
bool is_data_only(const PushMessage& message) {
    return message.title.empty() && message.body.empty();
}

/// One message's JSON, built in one piece of memory.
class Builder {
  public:
    Builder(std::string_view platform, const PushMessage& message, SystemTime now)
        : platform_(platform), message_(message), now_(now) {}

    [[nodiscard]] json::object without_target() {
        json::object out(memory_);
        json::object& data = object(out, "data");
        for (const auto& [key, value] : message_.data) data[key] = value;
        data["nid"] = message_.nid;
        if (!is_data_only(message_)) {
            json::object& notification = object(out, "notification");
            notification["title"] = message_.title;
            notification["body"] = message_.body;
            if (message_.image) notification["image"] = *message_.image;
        }
        if (platform_ == "ios") {
            apns(object(out, "apns"));
            merge_options(message_.options, "apns", out);
        } else if (platform_ == "web") {
            webpush(object(out, "webpush"));
            merge_options(message_.options, "webpush", out);
        } else {
            android(object(out, "android"));
            merge_options(message_.options, "android", out);
        }
        return out;
    }

    [[nodiscard]] const json::storage_ptr& memory() const { return memory_; }

  private:
    static json::object& object(json::object& in, std::string_view key) {
        return in[key].emplace_object();
    }

    void android(json::object& block) const {
        block["priority"] = message_.urgent ? "HIGH" : "NORMAL";
        block["ttl"] = std::to_string(bounded_ttl(message_).count()) + "s";
        if (!is_data_only(message_)) object(block, "notification")["tag"] = message_.nid;
        // At most four collapse keys live per device, so it is the category's, never the message's.
        if (message_.collapse) block["collapse_key"] = message_.category;
    }

    // Each inner object is filled before its parent gets the next: that may move it.
    void apns(json::object& block) const {
        const bool data_only = is_data_only(message_);
        const auto expires = std::chrono::floor<std::chrono::seconds>(now_) + bounded_ttl(message_);
        json::object& headers = object(block, "headers");
        headers["apns-expiration"] = std::to_string(expires.time_since_epoch().count());
        headers["apns-collapse-id"] = message_.nid;
        // Apple refuses a higher priority for what nobody sees.
        headers["apns-priority"] = message_.urgent && !data_only ? "10" : "5";
        if (data_only) headers["apns-push-type"] = "background";
        json::object& aps = object(object(block, "payload"), "aps");
        if (data_only) {
            aps["content-available"] = 1;
        } else {
            aps["sound"] = "default";
            // Lets the app's extension fetch the image.
            if (message_.image) aps["mutable-content"] = 1;
        }
        if (message_.image) object(block, "fcm_options")["image"] = *message_.image;
    }

    void webpush(json::object& block) const {
        json::object& headers = object(block, "headers");
        headers["TTL"] = std::to_string(bounded_ttl(message_).count());
        headers["Urgency"] = message_.urgent ? "high" : "normal";
        if (!is_data_only(message_)) object(block, "notification")["tag"] = message_.nid;
    }

    std::string_view platform_;
    const PushMessage& message_;
    SystemTime now_;
    std::array<unsigned char, 6144> first_;  // more than a message takes, as a rule
    json::monotonic_resource resource_{first_.data(), first_.size()};
    json::storage_ptr memory_{&resource_};
};

}  // namespace

std::optional<std::string> data_key_problem(std::string_view key) {
    if (key.empty()) return "a key must not be empty";
    if (key.size() > 128) return "a key has at most 128 bytes";
    if (key == "nid") return "nid is Barid's own key: it carries the notification's id";
    if (key == "from" || key == "message_type" || key.starts_with("google") ||
        key.starts_with("gcm")) {
        return "is reserved by FCM (from, message_type, google…, gcm…)";
    }
    return std::nullopt;
}

std::optional<std::string> image_problem(std::string_view url) {
    const bool scheme = url.starts_with("https://") || url.starts_with("http://");
    const bool printable = std::ranges::all_of(
        url, [](char c) { return c > ' ' && c < 0x7F && c != '"' && c != '<' && c != '>'; });
    if (!scheme || !printable || url.size() < 12) {
        return "must be an http or https URL, with anything else than plain ASCII escaped";
    }
    return std::nullopt;
}

std::size_t payload_bytes(std::string_view platform, const PushMessage& message) {
    return json::serialize(Builder(platform, message, SystemTime{}).without_target()).size();
}

std::size_t payload_bytes(const PushMessage& message) {
    static constexpr std::array<std::string_view, 3> kPlatforms{"android", "ios", "web"};
    std::size_t largest = 0;
    for (const std::string_view platform : kPlatforms) {
        largest = std::max(largest, payload_bytes(platform, message));
    }
    return largest;
}

std::string fcm_request_body(const Target& target, const PushMessage& message, SystemTime now,
                             bool validate_only) {
    Builder builder(target.platform, message, now);
    json::object body = builder.without_target();
    body[target.kind == "fid" ? "fid" : "token"] = target.target;
    json::object request(builder.memory());
    request["message"] = std::move(body);
    if (validate_only) request["validate_only"] = true;
    return json::serialize(request);
}

}  // namespace barid::notify
