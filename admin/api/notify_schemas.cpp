#include "admin/api/notify_schemas.hpp"

#include <fmt/format.h>

#include "admin/api/notify_parts.hpp"

namespace barid::api {
namespace {

// The members of a notification as lists show it; `deliveries` is counts there.
constexpr std::string_view kItem = R"(
    "id": {"type": "string"}, "user_id": {"type": "string"}, "category": {"type": "string"},
    "title": {"type": ["string", "null"]}, "body": {"type": ["string", "null"]},
    "locale": {"type": ["string", "null"]}, "template": {"type": ["string", "null"]},
    "template_version": {"type": ["integer", "null"]},
    "channels": {"type": "array", "items": {"type": "string"}},
    "created_at": {"type": "string"}, "expires_at": {"type": "string"},
    "job_id": {"type": ["integer", "null"]}, "broadcast_id": {"type": ["string", "null"]},
    "status": {"enum": ["pending", "inbox", "waiting", "deferred", "partial", "accepted",
        "failed", "unknown", "collected", "expired", "suppressed"],
        "description": "open first, then failed, arrived, left out"},
    "masked": {"type": "boolean", "description": "texts, data and errors are hidden"},
    "allowed_actions": {"type": "array", "items": {"enum": ["resend"]}})";

constexpr std::string_view kCounts = R"({"type": "object", "properties": {
    "accepted": {"type": "integer"}, "failed": {"type": "integer"},
    "unknown": {"type": "integer"}, "suppressed": {"type": "integer"},
    "deferred": {"type": "integer"}, "pending": {"type": "integer"},
    "expired": {"type": "integer"}, "collected": {"type": "integer"}}})";

constexpr std::string_view kDelivery = R"({"type": "object", "properties": {
    "id": {"type": "integer"}, "channel": {"type": "string"},
    "device": {"type": ["object", "null"], "properties": {
        "id": {"type": "integer"}, "platform": {"type": ["string", "null"]},
        "app_version": {"type": ["string", "null"]},
        "state": {"enum": ["active", "suspect", "dead", "gone"]}}},
    "generation": {"type": "integer", "description": "0, and one more with each re-send"},
    "state": {"enum": ["pending", "sending", "accepted", "failed", "unknown", "suppressed",
        "deferred", "collected", "expired"]},
    "reason": {"type": ["string", "null"]}, "attempts": {"type": "integer"},
    "job_id": {"type": ["integer", "null"]}, "created_at": {"type": "string"},
    "updated_at": {"type": "string"}, "not_before": {"type": ["string", "null"]},
    "history": {"type": "array", "items": {"type": "object", "properties": {
        "attempt": {"type": "integer"}, "at": {"type": "string"},
        "finished_at": {"type": ["string", "null"]},
        "class": {"type": ["string", "null"], "description": "null while it is under way"},
        "reason": {"type": ["string", "null"]}, "http_status": {"type": ["integer", "null"]},
        "latency_ms": {"type": ["integer", "null"]}, "provider_id": {"type": ["string", "null"]},
        "worker": {"type": ["string", "null"]}, "error": {"type": ["string", "null"]}}}}}})";

constexpr std::string_view kWhyNot = R"({"type": "object", "properties": {
    "channel": {"type": "string"}, "device_id": {"type": ["integer", "null"]},
    "delivery_id": {"type": ["integer", "null"]}, "generation": {"type": "integer"},
    "outcome": {"enum": ["failed", "unknown", "skipped", "waiting"]},
    "state": {"type": "string"},
    "step": {"enum": ["job", "user", "preference", "digest", "quiet_hours", "schedule",
        "throttle", "expiry", "devices", "address", "broadcast", "render", "provider"]},
    "code": {"enum": ["waiting_for_job", "no_job", "not_before", "preference", "quiet_hours",
        "expires_in_quiet_hours", "throttled", "digest", "expired", "no_device", "device_gone",
        "no_address", "suppressed_address", "cancelled", "forgotten", "cannot_render",
        "attempts_exhausted", "token_unregistered", "sender_mismatch", "payload_rejected",
        "provider_credentials", "in_doubt", "no_channel", "no_credentials", "in_progress",
        "lane_paused", "provider_error"]},
    "facts": {"type": "object", "additionalProperties": true,
        "description": "what a sentence about the code names: until, tz, http_status, …"}}})";

constexpr std::string_view kExplanation = R"({"type": "object", "properties": {
    "user_id": {"type": "string"}, "category": {"type": "string"}, "at": {"type": "string"},
    "items": {"type": "array", "items": {"type": "object", "properties": {
        "channel": {"type": "string"}, "step": {"type": "string"}, "result": {"type": "string"},
        "detail": {"type": "string"},
        "facts": {"type": "object", "properties": {"reason": {"type": "string"},
            "until": {"type": "string"}}, "required": []}}}}}})";

}  // namespace

void add_notification_schemas(Routes& routes) {
    routes.schema("DeliveryCounts", kCounts);
    routes.schema("Delivery", kDelivery);
    routes.schema("WhyNot", kWhyNot);
    routes.schema("Explanation", kExplanation);
    routes.schema("NotificationCount", R"({"type": "object", "properties": {
        "count": {"type": "integer"}, "capped": {"type": "boolean"}}})");
    routes.schema("Notification", fmt::format(R"({{"type": "object", "properties": {{{},
        "deliveries": {{"$ref": "#/components/schemas/DeliveryCounts"}}}}}})",
                                              kItem));
    routes.schema("NotificationPage", page_schema("Notification"));
    routes.schema("NotificationDetail", fmt::format(R"({{"type": "object", "properties": {{{},
        "counts": {{"$ref": "#/components/schemas/DeliveryCounts"}},
        "deliveries": {{"type": "array", "items": {{"$ref": "#/components/schemas/Delivery"}}}},
        "why_not": {{"type": "array", "items": {{"$ref": "#/components/schemas/WhyNot"}}}},
        "image": {{"type": ["string", "null"]}},
        "data": {{"type": "object", "additionalProperties": true}},
        "vars": {{"type": ["object", "null"], "additionalProperties": true}},
        "options": {{"type": "object", "additionalProperties": true}},
        "not_before": {{"type": ["string", "null"]}}, "digest_id": {{"type": ["integer", "null"]}},
        "job_state": {{"type": ["string", "null"]}}, "dir": {{"enum": ["rtl", "ltr"]}},
        "inbox": {{"type": ["object", "null"], "properties": {{
            "state": {{"enum": ["not_rendered", "archived", "read", "seen", "unread"]}},
            "at": {{"type": "string"}}}}}}}}}})",
                                                    kItem));
}

}  // namespace barid::api
