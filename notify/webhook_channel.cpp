#include "notify/webhook_channel.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"
#include "base/webhook_signature.hpp"
#include "notify/classify.hpp"

namespace barid::notify {
namespace {

constexpr std::size_t kReadBytes = 4096;
constexpr std::size_t kMaxErrorBytes = 300;
constexpr std::chrono::seconds kGone{3600};

/// When an identifier of version 7 was made.
std::optional<SystemTime> time_of(std::string_view id) {
    if (id.size() != 36 || id[8] != '-' || id[14] != '7') return std::nullopt;
    const std::string digits = std::string(id.substr(0, 8)) + std::string(id.substr(9, 4));
    std::int64_t ms = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), ms, 16);
    if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
    return SystemTime(std::chrono::milliseconds(ms));
}

std::string beginning_of(std::string_view body) {
    std::string text = scrub_utf8(body);
    std::ranges::replace(text, '\0', ' ');
    return truncate_utf8(text, kMaxErrorBytes);
}

}  // namespace

std::string webhook_body(const Target& target, const PushMessage& message, SystemTime now) {
    json::object given;
    for (const auto& [key, value] : message.data) given[key] = value;
    json::object data{
        {"id", message.nid},        {"user", target.user_id},  {"category", message.category},
        {"locale", message.locale}, {"title", message.title},  {"body", message.body},
        {"image", nullptr},         {"data", std::move(given)}};
    if (message.image) data["image"] = *message.image;
    return json::serialize(
        json::object{{"type", "notification"},
                     {"timestamp", webhook_time(time_of(message.nid).value_or(now))},
                     {"data", std::move(data)}});
}

SendResult judge_webhook(const http::Response& answer, SystemTime now) {
    SendResult result{.http_status = answer.status};
    const int status = answer.status;
    if (status >= 200 && status < 300) {
        result.kind = SendClass::accepted;
        return result;
    }
    result.reason = fmt::format("http_{}", status);
    result.error = fmt::format("HTTP {}", status);
    if (!answer.body.empty()) result.error += ": " + beginning_of(answer.body);
    const auto asked = http::retry_after(answer, std::chrono::floor<std::chrono::seconds>(now));
    if (status == 410) {
        result.kind = SendClass::lane_paused;
        result.reason = "endpoint_gone";
        result.retry_after = kGone;
        return result;
    }
    if (status == 429 || (status == 503 && asked)) {
        result.kind = SendClass::lane_paused;
        if (status == 429) result.reason = "quota";
        result.retry_after = std::clamp(asked.value_or(kLanePause), kMinRetryAfter, kMaxRetryAfter);
        return result;
    }
    static constexpr std::array kMended{401, 403, 404, 405, 407, 421, 425};
    const bool mended = std::ranges::find(kMended, status) != kMended.end() || status < 400;
    const bool unclear = status >= 500 || status == 408;
    if (!mended && !unclear) {
        result.kind = SendClass::payload_rejected;
        return result;
    }
    result.kind = unclear ? SendClass::ambiguous : SendClass::retry;
    result.retry_after = std::clamp(asked.value_or(kMinRetryAfter), kMinRetryAfter, kMaxRetryAfter);
    return result;
}

SendResult judge_webhook(const http::Error& error) {
    SendResult result = classify(error);
    if (error.code() == "address_denied" || error.code() == "bad_url") {
        result.kind = SendClass::lane_paused;
        result.retry_after = kLanePause;
    }
    return result;
}

WebhookChannel::WebhookChannel(http::HttpClient& http, const Clock& clock, WebhookOptions options)
    : http_(http), clock_(clock), options_(std::move(options)), gate_(options_.concurrency) {
    for (const Secret& secret : options_.secrets) {
        auto key = webhook_key(secret.reveal());
        if (!key) {
            throw Error(
                Error::Retry::permanent,
                "[notify.webhook] secrets: each is \"whsec_\" and 24 to 64 bytes in base64");
        }
        keys_.push_back(*std::move(key));
    }
}

awaitable<SendResult> WebhookChannel::send(const Target& target, const PushMessage& message) {
    const auto place = co_await gate_.enter(message.lane);
    if (!place) co_return SendResult{.kind = SendClass::not_sent, .reason = "cancelled"};
    const SystemTime now = clock_.system_now();
    const std::int64_t timestamp =
        std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    http::Request request{.method = "POST", .url = options_.url};
    request.body = webhook_body(target, message, now);
    request.headers = {
        {"Content-Type", "application/json"},
        {"webhook-id", message.nid},
        {"webhook-timestamp", std::to_string(timestamp)},
        {"webhook-signature", webhook_signature(keys_, message.nid, timestamp, request.body)}};
    request.total_timeout = options_.timeout;
    request.connect_timeout = options_.timeout;
    request.low_speed_time = std::chrono::seconds(0);  // the whole is short already
    request.max_response_bytes = kReadBytes;
    request.keep_beginning = true;
    request.addresses =
        options_.allow_private ? http::Addresses::any : http::Addresses::public_only;
    std::optional<http::Response> answer;
    std::optional<SendResult> failed;
    try {
        answer = co_await http_.send(std::move(request));
    } catch (const http::Error& error) {
        failed = judge_webhook(error);
    }
    co_return failed ? *std::move(failed) : judge_webhook(*answer, clock_.system_now());
}

}  // namespace barid::notify
