#include "notify/classify.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::notify {
namespace {

constexpr std::size_t kMaxErrorBytes = 300;
constexpr std::chrono::seconds kBadGatewayDelay{30};

struct ErrorBody {
    std::string fcm_code;  ///< FcmError.errorCode
    std::string info;      ///< ErrorInfo.reason
    std::string status;    ///< google.rpc.Code's name
    std::string message;
    std::vector<std::string> fields;
};

std::string text_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    const json::string* text = value != nullptr ? value->if_string() : nullptr;
    return text != nullptr ? std::string(*text) : std::string();
}

const json::array* list_at(const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr ? value->if_array() : nullptr;
}

void read_detail(const json::object& detail, ErrorBody& out) {
    const std::string type = text_at(detail, "@type");
    if (type.ends_with("firebase.fcm.v1.FcmError")) {
        out.fcm_code = text_at(detail, "errorCode");
    } else if (type.ends_with("rpc.ErrorInfo")) {
        out.info = text_at(detail, "reason");
    } else if (type.ends_with("rpc.BadRequest")) {
        const json::array* violations = list_at(detail, "fieldViolations");
        if (violations == nullptr) return;
        for (const json::value& violation : *violations) {
            if (const auto* object = violation.if_object()) {
                out.fields.push_back(text_at(*object, "field"));
            }
        }
    }
}

/// Never throws: an answer that is no such JSON (a proxy's HTML) has nothing to tell.
ErrorBody read_error(std::string_view body) {
    ErrorBody out;
    json::value root;
    try {
        root = parse_json(body);
    } catch (const Error&) {
        return out;
    }
    const auto* object = root.if_object();
    const json::value* error = object != nullptr ? object->if_contains("error") : nullptr;
    const json::object* fields = error != nullptr ? error->if_object() : nullptr;
    if (fields == nullptr) return out;
    out.status = text_at(*fields, "status");
    out.message = text_at(*fields, "message");
    if (const json::array* details = list_at(*fields, "details")) {
        for (const json::value& detail : *details) {
            if (const auto* item = detail.if_object()) read_detail(*item, out);
        }
    }
    return out;
}

bool names_target(const ErrorBody& error) {
    const bool field = std::ranges::any_of(error.fields, [](const std::string& name) {
        return name == "message.token" || name == "message.fid";
    });
    return field || error.message.find("not a valid FCM registration token") != std::string::npos;
}

/// The usual answer, {"name": "…"}, without building a tree of it; nothing for any other.
std::optional<std::string_view> plain_name(std::string_view body) {
    constexpr std::string_view kBlanks = " \t\r\n";
    const auto skip = [&](std::string_view expected) {
        body.remove_prefix(std::min(body.find_first_not_of(kBlanks), body.size()));
        const bool there = body.starts_with(expected);
        if (there) body.remove_prefix(expected.size());
        return there;
    };
    if (!skip("{") || !skip("\"name\"") || !skip(":") || !skip("\"")) return std::nullopt;
    const std::size_t end = body.find('"');
    if (end == body.npos || end > 300) return std::nullopt;
    const std::string_view name = body.substr(0, end);
    const bool plain =
        std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7F && c != '\\'; });
    body.remove_prefix(end + 1);
    return plain && skip("}") ? std::optional(name) : std::nullopt;
}

std::string accepted_name(std::string_view body) {
    if (const auto name = plain_name(body)) return std::string(*name);
    try {
        const json::value root = parse_json(body);
        const json::string* name = find_string(root, "/name");
        return name != nullptr ? truncate_utf8(std::string_view(*name), 300) : std::string();
    } catch (const Error&) {
        return {};  // accepted all the same: the status said so
    }
}

std::chrono::seconds clamp(std::optional<std::chrono::seconds> asked,
                           std::chrono::seconds otherwise) {
    return std::clamp(asked.value_or(otherwise), kMinRetryAfter, kMaxRetryAfter);
}

struct Meaning {
    SendClass kind;
    std::string reason;
};

/// The codes that decide whatever the HTTP status is.
std::optional<Meaning> by_code(const ErrorBody& error) {
    const std::string& code = error.fcm_code;
    if (code == "UNREGISTERED") return Meaning{SendClass::device_suspect, "unregistered"};
    if (code == "SENDER_ID_MISMATCH") return Meaning{SendClass::sender_mismatch, "sender_mismatch"};
    if (code == "THIRD_PARTY_AUTH_ERROR") {
        return Meaning{SendClass::third_party_auth, "third_party_auth"};
    }
    if (code == "QUOTA_EXCEEDED" || error.info == "RATE_LIMIT_EXCEEDED") {
        return Meaning{SendClass::lane_paused, "quota"};
    }
    if (code == "INVALID_ARGUMENT" && names_target(error)) {
        return Meaning{SendClass::device_dead, "invalid_target"};
    }
    return std::nullopt;
}

Meaning by_status(int status, const ErrorBody& error) {
    switch (status) {
        case 400: {
            if (names_target(error)) return {SendClass::device_dead, "invalid_target"};
            const bool too_big = error.message.find("too big") != std::string::npos ||
                                 error.message.find("too large") != std::string::npos;
            return {SendClass::payload_rejected, too_big ? "too_large" : "invalid_argument"};
        }
        case 401:
            return {SendClass::auth_refresh, "access_token"};
        case 403:
            return {SendClass::lane_paused, "permission_denied"};
        case 404:
            // A page of somebody's, not FCM's answer: the project or the endpoint is wrong.
            if (error.status.empty()) return {SendClass::lane_paused, "wrong_endpoint"};
            break;
        case 413:
            return {SendClass::payload_rejected, "too_large"};
        case 429:
            return {SendClass::lane_paused, "quota"};
        default:
            break;
    }
    const std::string reason = fmt::format("http_{}", status);
    // 408 says that the server stopped waiting for the request: what it had read is unknown.
    const bool ambiguous = status >= 500 || status == 408;
    return {ambiguous ? SendClass::ambiguous : SendClass::retry, reason};
}

}  // namespace

std::string_view to_string(SendClass kind) {
    switch (kind) {
        case SendClass::accepted:
            return "accepted";
        case SendClass::device_dead:
            return "device_dead";
        case SendClass::device_suspect:
            return "device_suspect";
        case SendClass::payload_rejected:
            return "payload_rejected";
        case SendClass::auth_refresh:
            return "auth_refresh";
        case SendClass::third_party_auth:
            return "third_party_auth";
        case SendClass::sender_mismatch:
            return "sender_mismatch";
        case SendClass::lane_paused:
            return "lane_paused";
        case SendClass::retry:
            return "retry";
        case SendClass::ambiguous:
            return "ambiguous";
        case SendClass::not_sent:
            return "not_sent";
    }
    return "ambiguous";
}

SendResult classify(int http_status, std::string_view body,
                    std::optional<std::chrono::seconds> retry_after) {
    SendResult result{.http_status = http_status};
    if (http_status >= 200 && http_status < 300) {
        result.kind = SendClass::accepted;
        result.provider_id = accepted_name(body);
        return result;
    }
    const ErrorBody error = read_error(body);
    auto [kind, reason] = by_code(error).value_or(by_status(http_status, error));
    result.kind = kind;
    result.reason = std::move(reason);
    result.error = fmt::format("HTTP {}", http_status);
    if (!error.status.empty()) result.error += " " + truncate_utf8(error.status, 60);
    if (!error.message.empty()) {
        result.error += ": " + truncate_utf8(error.message, kMaxErrorBytes);
    }
    switch (kind) {
        case SendClass::lane_paused:
        case SendClass::auth_refresh:
        case SendClass::third_party_auth:
            result.retry_after = clamp(retry_after, kLanePause);
            break;
        case SendClass::retry:
        case SendClass::ambiguous:
            result.retry_after =
                clamp(retry_after, http_status == 502 ? kBadGatewayDelay : kMinRetryAfter);
            if (http_status == 502) {
                result.retry_after = std::max(*result.retry_after, kBadGatewayDelay);
            }
            break;
        default:
            break;
    }
    return result;
}

SendResult classify(const http::Error& error) {
    // An answer that broke off (`Sent::yes`) hides its status here: it may be a success.
    const bool safe = error.sent() == http::Sent::no;
    return {.kind = safe ? SendClass::retry : SendClass::ambiguous,
            .reason = error.code(),
            .retry_after = kMinRetryAfter,
            .error = truncate_utf8(scrub_utf8(error.what()), kMaxErrorBytes)};
}

}  // namespace barid::notify
