#include "notify/fcm_message.hpp"

#include <algorithm>
#include <array>

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

json::object android_block(const PushMessage& message) {
    json::object block{{"priority", message.urgent ? "HIGH" : "NORMAL"},
                       {"ttl", std::to_string(bounded_ttl(message).count()) + "s"}};
    if (!is_data_only(message)) block["notification"] = json::object{{"tag", message.nid}};
    // At most four collapse keys live per device, so it is the category's, never the message's.
    if (message.collapse) block["collapse_key"] = message.category;
    return block;
}

json::object apns_block(const PushMessage& message, SystemTime now) {
    const auto expires = std::chrono::floor<std::chrono::seconds>(now) + bounded_ttl(message);
    json::object headers{{"apns-expiration", std::to_string(expires.time_since_epoch().count())},
                         {"apns-collapse-id", message.nid}};
    json::object aps;
    if (is_data_only(message)) {
        // Apple refuses a higher priority for what nobody sees.
        headers["apns-priority"] = "5";
        headers["apns-push-type"] = "background";
        aps["content-available"] = 1;
    } else {
        headers["apns-priority"] = message.urgent ? "10" : "5";
        aps["sound"] = "default";
        if (message.image) aps["mutable-content"] = 1;  // lets the app's extension fetch the image
    }
    json::object block{{"headers", std::move(headers)},
                       {"payload", json::object{{"aps", std::move(aps)}}}};
    if (message.image) block["fcm_options"] = json::object{{"image", *message.image}};
    return block;
}

json::object webpush_block(const PushMessage& message) {
    json::object block{
        {"headers", json::object{{"TTL", std::to_string(bounded_ttl(message).count())},
                                 {"Urgency", message.urgent ? "high" : "normal"}}}};
    if (!is_data_only(message)) block["notification"] = json::object{{"tag", message.nid}};
    return block;
}

json::object message_without_target(std::string_view platform, const PushMessage& message,
                                    SystemTime now) {
    json::object data{{"nid", message.nid}};
    for (const auto& [key, value] : message.data) data[key] = value;
    data["nid"] = message.nid;
    json::object out{{"data", std::move(data)}};
    if (!is_data_only(message)) {
        json::object notification{{"title", message.title}, {"body", message.body}};
        if (message.image) notification["image"] = *message.image;
        out["notification"] = std::move(notification);
    }
    if (platform == "ios") {
        out["apns"] = apns_block(message, now);
        merge_options(message.options, "apns", out);
    } else if (platform == "web") {
        out["webpush"] = webpush_block(message);
        merge_options(message.options, "webpush", out);
    } else {
        out["android"] = android_block(message);
        merge_options(message.options, "android", out);
    }
    return out;
}

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
    return json::serialize(message_without_target(platform, message, SystemTime{})).size();
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
    json::object body = message_without_target(target.platform, message, now);
    body[target.kind == "fid" ? "fid" : "token"] = target.target;
    json::object request{{"message", std::move(body)}};
    if (validate_only) request["validate_only"] = true;
    return json::serialize(request);
}

}  // namespace barid::notify
