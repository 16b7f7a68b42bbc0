// The schemas of /media.
#include <fmt/format.h>

#include "admin/api/media_routes.hpp"

namespace barid::api {
namespace {

constexpr std::string_view kFile = R"({"type": "object", "properties": {
        "width": {"type": "integer"}, "height": {"type": "integer"}, "format": {"type": "string"},
        "content_type": {"type": "string"}, "bytes": {"type": "integer"},
        "key": {"type": "string"},
        "url": {"type": ["string", "null"], "description": "null where it can't be signed"}}})";
constexpr std::string_view kItem = R"(
        "id": {"type": "integer"}, "state": {"enum": ["storing", "complete"]},
        "recipe": {"type": "string"}, "recipe_hash": {"type": "string"},
        "source_hash": {"type": "string"}, "store": {"type": "string"},
        "private": {"type": "boolean"}, "source_format": {"type": ["string", "null"]},
        "source_width": {"type": ["integer", "null"]},
        "source_height": {"type": ["integer", "null"]},
        "thumbhash": {"type": ["string", "null"]}, "dominant": {"type": ["string", "null"]},
        "focal": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {
            "x": {"type": "number"}, "y": {"type": "number"}}}]},
        "entities": {"type": "array", "items": {"type": "object", "properties": {
            "entity": {"type": "string"}, "slot": {"type": "string"},
            "attached_at": {"type": "string"}, "job_id": {"type": ["integer", "null"]},
            "source": {"anyOf": [{"type": "null"}, {"type": "object", "properties": {
                "kind": {"enum": ["url", "path", "store_key"]},
                "at": {"type": "string", "description": "without name, password and query"}}}]}}}},
        "entities_capped": {"type": "boolean"},
        "files": {"type": "integer"}, "bytes": {"type": "integer"},
        "preview": {"anyOf": [{"type": "null"}, {"$ref": "#/components/schemas/MediaFile"}]},
        "urls_expire_at": {"type": ["string", "null"], "format": "date-time"},
        "created_at": {"type": "string", "format": "date-time"},
        "completed_at": {"type": ["string", "null"], "format": "date-time"},
        "unattached_since": {"type": ["string", "null"], "format": "date-time"},
        "allowed_actions": {"type": "array", "items": {"enum": ["reprocess"]}})";
constexpr std::string_view kMore = R"(
        "variants": {"type": "array", "items": {"$ref": "#/components/schemas/MediaFile"}},
        "jobs": {"type": "array", "items": {"type": "object", "properties": {
            "id": {"type": "integer"}, "kind": {"type": "string"}, "state": {"type": "string"},
            "attempt": {"type": "integer"}, "max_attempts": {"type": "integer"},
            "created_at": {"type": "string"}, "finished_at": {"type": ["string", "null"]},
            "error": {"type": ["string", "null"]}}}})";
constexpr std::string_view kFilter = R"("filter": {"type": "object", "properties": {
        "prefix": {"type": "string", "description": "of the entities"},
        "recipe": {"type": "string"}, "missing": {"enum": ["webp", "avif", "jpeg"]},
        "stale": {"type": "boolean", "description": "only what would be made otherwise now"},
        "before": {"type": "string", "format": "date-time",
                   "description": "only what was shown already then"}}},
        "recipe": {"type": "string", "description": "to be made by this one instead"},
        "per_minute": {"type": "integer", "minimum": 1, "maximum": 1000000})";

}  // namespace

void add_media_schemas(Routes& routes) {
    routes.schema("MediaFile", kFile);
    routes.schema("MediaItem", fmt::format(R"({{"type": "object", "properties": {{{}}}}})", kItem));
    routes.schema("Media",
                  fmt::format(R"({{"type": "object", "properties": {{{},{}}}}})", kItem, kMore));
    routes.schema("MediaPage", R"({"type": "object", "properties": {
        "items": {"type": "array", "items": {"$ref": "#/components/schemas/MediaItem"}},
        "next": {"type": ["string", "null"]}}})");
    routes.schema("MediaCount", R"({"type": "object", "properties": {
        "count": {"type": "integer"}, "capped": {"type": "boolean"}}})");
    routes.schema("MediaReprocess", R"({"type": "object", "properties": {
        "recipe": {"type": "string", "description": "instead of the one that made it"},
        "reason": {"type": "string"}}})");
    routes.schema(
        "MediaReprocessFilter",
        fmt::format(R"({{"type": "object", "required": ["filter"], "properties": {{{}}}}})",
                    kFilter));
    routes.schema("MediaReprocessMany",
                  fmt::format(R"({{"type": "object", "required": ["filter", "reason"],
                      "properties": {{{}, "reason": {{"type": "string"}}}}}})",
                              kFilter));
    routes.schema("MediaReprocessPreview", R"({"type": "object", "properties": {
        "matched": {"$ref": "#/components/schemas/MediaCount"},
        "looked_at": {"type": "integer"}, "without_request": {"type": "integer"},
        "unknown_recipe": {"type": "integer"},
        "before": {"type": "string", "format": "date-time",
            "description": "give it back as filter.before, to leave out what comes later"}}})");
    routes.schema("MediaReprocessStarted", R"({"type": "object", "properties": {
        "job_id": {"type": "integer", "description": "of the job that goes through them"}}})");
}

}  // namespace barid::api
