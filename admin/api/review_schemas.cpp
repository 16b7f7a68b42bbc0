// The schemas of /translations/reviews.
#include <fmt/format.h>

#include "admin/api/review_findings.hpp"
#include "admin/api/translations_routes.hpp"

namespace barid::api {
namespace {

// What lists and single reviews have in common.
constexpr std::string_view kItem = R"(
    "id": {"type": "integer"},
    "entity_type": {"type": "string"},
    "entity_id": {"type": "string"},
    "field": {"type": "string"},
    "source_lang": {"enum": ["en", "ar"]},
    "lang": {"enum": ["en", "ar"], "description": "of the translation"},
    "format": {"enum": ["text", "html"]},
    "reason": {"type": "string", "description": "a gate's word, no_provider, refused, …"},
    "detail": {"type": "string"},
    "state": {"enum": ["open", "approved", "rejected", "superseded"]},
    "provider": {"type": ["string", "null"]},
    "source_text": {"type": "string"},
    "suggestion": {"type": ["string", "null"]},
    "current_text": {"type": ["string", "null"], "description": "what the shop shows now"},
    "current_origin": {"enum": ["memory", "provider", "human", null]},
    "clipped": {"type": "boolean", "description": "texts are cut at 300 characters"},
    "outdated": {"type": "boolean", "description": "the source has changed since"},
    "created_at": {"type": "string", "format": "date-time"},
    "resolved_at": {"type": ["string", "null"], "format": "date-time"},
    "resolved_by": {"type": ["string", "null"]},
    "note": {"type": ["string", "null"]},
    "version": {"type": "string", "description": "of what was seen; accept and reject name it"},
    "allowed_actions": {"type": "array", "items": {"enum": ["accept", "edit", "reject"]}})";

constexpr std::string_view kDocument = R"(
    "newest_source_text": {"type": ["string", "null"]},
    "translation_state": {"enum": ["pending", "published", "review", "stale", null]},
    "written_by": {"type": ["string", "null"], "description": "who wrote the current text"},
    "write_error": {"type": ["string", "null"]},
    "attached_table": {"type": ["string", "null"], "description": "the shop's table behind it"},
    "similar": {"type": "array", "items": {"type": "object", "properties": {
        "source_text": {"type": "string"}, "text": {"type": "string"},
        "provider": {"type": "string"}, "similarity": {"type": "number"}}}},
    "other_fields": {"type": "array", "items": {"type": "object", "properties": {
        "field": {"type": "string"}, "lang": {"type": "string"},
        "source_lang": {"type": ["string", "null"]}, "source_text": {"type": ["string", "null"]},
        "text": {"type": ["string", "null"]}, "origin": {"type": ["string", "null"]},
        "state": {"type": "string"}}}},
    "findings": {"type": "array", "items": {"$ref": "#/components/schemas/TranslationFinding"},
        "description": "what the quality gates say of the suggestion, or of the text just given"})";

constexpr std::string_view kFilter = R"({"type": "object", "required": ["reason"], "properties": {
    "reason": {"type": "string", "description": "the reviews' reason, such as length"},
    "lang": {"enum": ["en", "ar"]}, "entity_type": {"type": "string"}}})";

}  // namespace

void add_review_schemas(Routes& routes) {
    const auto object = [](std::string_view properties) {
        return fmt::format(R"({{"type": "object", "properties": {{{}}}}})", properties);
    };
    routes.schema("TranslationFinding", kFindingSchema);
    routes.schema("TranslationReviewItem", object(kItem));
    routes.schema("TranslationReview", object(std::string(kItem) + "," + std::string(kDocument)));
    routes.schema("TranslationReviewPage", object(R"(
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/TranslationReviewItem"}},
        "next": {"type": ["string", "null"]})"));
    routes.schema("TranslationCount", object(R"(
        "count": {"type": "integer"}, "capped": {"type": "boolean"})"));
    routes.schema("TranslationReviewSummary", object(R"(
        "items": {"type": "array", "items": {"type": "object", "properties": {
            "reason": {"type": "string"}, "lang": {"type": "string"},
            "count": {"type": "integer"}}}},
        "capped": {"type": "boolean", "description": "only the 10,000 oldest were looked at"})"));
    routes.schema("TranslationText", R"({"type": "object", "required": ["text"], "properties": {
        "text": {"type": "string"}}})");
    routes.schema("TranslationFindings", object(R"(
        "findings": {"type": "array",
                     "items": {"$ref": "#/components/schemas/TranslationFinding"}})"));
    routes.schema("TranslationAccept", R"({"type": "object", "required": ["version"],
        "properties": {
            "version": {"type": "string", "description": "of the review that was seen"},
            "text": {"type": "string", "description": "instead of the suggestion"},
            "reason": {"type": "string"}}})");
    routes.schema("TranslationReject", R"({"type": "object", "required": ["version", "reason"],
        "properties": {"version": {"type": "string"}, "reason": {"type": "string"}}})");
    routes.schema("TranslationAcceptManyFilter",
                  fmt::format(R"({{"type": "object", "required": ["filter"],
                      "properties": {{"filter": {}}}}})",
                              kFilter));
    routes.schema("TranslationAcceptManyPreview", object(R"(
        "matched": {"$ref": "#/components/schemas/TranslationCount"},
        "upper_id": {"type": ["integer", "null"], "description": "give it back to accept-many"},
        "seen_at": {"type": "string", "format": "date-time",
                    "description": "give it back: later changes are left out"},
        "sample": {"type": "array",
                   "items": {"$ref": "#/components/schemas/TranslationReviewItem"}})"));
    routes.schema("TranslationAcceptMany", fmt::format(R"({{"type": "object",
                      "required": ["filter", "upper_id", "seen_at", "reason"],
                      "properties": {{"filter": {},
                          "upper_id": {{"type": "integer"}},
                          "seen_at": {{"type": "string", "format": "date-time"}},
                          "max": {{"type": "integer", "minimum": 1, "maximum": 200,
                                   "description": "the oldest, 100 unless given"}},
                          "reason": {{"type": "string"}}}}}})",
                                                       kFilter));
    routes.schema("TranslationAcceptManyResult", object(R"(
        "accepted": {"type": "integer"}, "skipped": {"type": "integer"},
        "outcomes": {"type": "array", "items": {"type": "object", "properties": {
            "id": {"type": "integer"},
            "outcome": {"enum": ["accepted", "outdated", "refused", "busy", "no_suggestion"]},
            "detail": {"type": ["string", "null"]}}}})"));
}

}  // namespace barid::api
