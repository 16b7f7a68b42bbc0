#include "admin/api/notify_parts.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace barid::api {

std::vector<Parameter> paged(std::vector<Parameter> more) {
    more.push_back({.name = "cursor", .means = "the page before's `next`", .max_bytes = 1000});
    more.push_back({.name = "limit",
                    .type = Parameter::Type::integer,
                    .means = "how many, 50 unless given",
                    .min = 1,
                    .max = 200});
    return more;
}

std::string page_schema(std::string_view item) {
    return fmt::format(R"({{"type": "object", "properties": {{
        "items": {{"type": "array", "items": {{"$ref": "#/components/schemas/{}"}}}},
        "next": {{"type": ["string", "null"]}}}}}})",
                       item);
}

Parameter uuid_in_path(std::string name, std::string means) {
    return {.name = std::move(name), .means = std::move(means), .max_bytes = 36};
}

bool is_uuid(std::string_view text) {
    if (text.size() != 36) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
        const bool hex =
            std::string_view("0123456789abcdefABCDEF").find(text[i]) != std::string_view::npos;
        if (dash ? text[i] != '-' : !hex) return false;
    }
    return true;
}

std::string uuid_of(const Call& call, std::string_view name, std::string_view what) {
    auto id = call.text(name);
    if (!is_uuid(id)) throw Problem(404, "not_found", fmt::format("there is no such {}", what));
    return id;
}

void read_member(JsonReader& in, std::string_view key,
                 const std::function<void(JsonReader&)>& read) {
    const json::value* value = in.optional_value(key);
    if (value == nullptr) return;
    try {
        JsonReader member(*value);
        if (value->is_object()) read(member);
        member.finish();
    } catch (const PayloadError& error) {
        for (const auto& found : error.violations()) {
            in.violate(fmt::format("/{}{}", key, found.at), found.problem);
        }
    }
}

void require_reach(const Call& call, access::Permission permission, std::string_view category) {
    const auto reach = call.reach(permission);
    if (!reach || std::ranges::find(*reach, category) != reach->end()) return;
    throw Problem(404, "not_found", "there is no such category");
}

void require_whole_reach(const Call& call, access::Permission permission) {
    if (!call.reach(permission)) return;
    throw Problem(403, "forbidden",
                  fmt::format("this needs the permission {} for every category",
                              access::name_of(permission)));
}

web::Response searched_page(const Call& call, const pg::Result& rows) {
    std::string body = R"({"items":[)";
    std::string next = "null";
    int shown = 0;
    for (const auto& row : rows) {
        if (row.is_null(0)) {
            next = json_quote(call.next_cursor(row.text(1)));
            break;
        }
        if (shown == call.limit()) {
            next = json_quote(call.next_cursor(rows[shown - 1].text(1)));
            break;
        }
        if (shown++ > 0) body += ',';
        body += row.text(0);
    }
    return json_response(fmt::format("{}],\"next\":{}}}", body, next));
}

}  // namespace barid::api
