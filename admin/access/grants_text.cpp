#include "admin/access/grants_text.hpp"

#include <fmt/format.h>

#include <optional>

#include "base/text.hpp"

namespace barid::access {
namespace {

constexpr std::size_t kMaxNames = 100;
constexpr std::size_t kMaxNameBytes = 200;

const PermissionInfo& info_of(Permission permission) {
    return permissions()[static_cast<std::size_t>(permission)];
}

std::string no_limit(const PermissionInfo& info) {
    return fmt::format("{} can't be limited: leave limited_to out", info.name);
}

/// The permission's reach, or what is wrong with `limit`.
std::expected<Reach, std::string> read_reach(const PermissionInfo& info, const json::value* limit) {
    if (limit == nullptr || limit->is_null()) return Reach{};
    if (info.limit == Limit::none) return std::unexpected(no_limit(info));
    const json::array* list = limit->if_array();
    if (list == nullptr || list->empty() || list->size() > kMaxNames) {
        return std::unexpected("limited_to must be null or a list of 1 to 100 names");
    }
    Reach reach{.names = std::vector<std::string>()};
    for (const json::value& each : *list) {
        const json::string* name = each.if_string();
        if (name == nullptr || name->empty() || name->size() > kMaxNameBytes) {
            return std::unexpected("each name of limited_to must have 1 to 200 bytes");
        }
        if (!reach.includes(*name)) reach.names->emplace_back(*name);
    }
    return reach;
}

/// One member of the list, or what is wrong with it.
std::expected<void, std::string> add_item(Grants& grants, const json::value& item) {
    const json::object* object = item.if_object();
    const json::value* name = object != nullptr ? object->if_contains("permission") : nullptr;
    if (name == nullptr || !name->is_string()) {
        return std::unexpected(R"(must be an object like {"permission": "jobs.view"})");
    }
    for (const auto& member : *object) {
        if (member.key() != "permission" && member.key() != "limited_to") {
            return std::unexpected("has a member other than permission and limited_to");
        }
    }
    const auto permission = permission_named(name->get_string());
    if (!permission) return std::unexpected("is no permission: see GET /api/v1/permissions");
    auto reach = read_reach(info_of(*permission), object->if_contains("limited_to"));
    if (!reach) return std::unexpected(reach.error());
    grants.add(*permission, *std::move(reach));
    return {};
}

}  // namespace

json::array grants_json(const Grants& grants) {
    json::array all;
    for (const PermissionInfo& info : permissions()) {
        const Reach* reach = grants.granted(info.permission);
        if (reach == nullptr) continue;
        json::value limit = nullptr;
        if (reach->names) limit = json::array(reach->names->begin(), reach->names->end());
        all.push_back(json::object{{"permission", info.name}, {"limited_to", std::move(limit)}});
    }
    return all;
}

Grants read_grants(const json::value& stored) {
    Grants grants;
    if (const json::array* list = stored.if_array()) {
        for (const json::value& item : *list) (void)add_item(grants, item);
    }
    return grants;
}

Grants parse_grants(JsonReader& in, std::string_view key) {
    Grants grants;
    const std::string at = fmt::format("/{}", key);
    const json::value* value = in.optional_value(key);
    const json::array* list = value != nullptr ? value->if_array() : nullptr;
    if (list == nullptr || list->size() > 2 * permissions().size()) {
        in.violate(at, fmt::format("must be a list of at most {}", 2 * permissions().size()));
        return grants;
    }
    for (std::size_t i = 0; i < list->size(); ++i) {
        const auto added = add_item(grants, (*list)[i]);
        if (!added) in.violate(fmt::format("{}/{}", at, i), added.error());
    }
    return grants;
}

std::expected<void, std::string> add_grant(Grants& grants, std::string_view text) {
    const std::size_t equals = text.find('=');
    json::object item{{"permission", text.substr(0, equals)}};
    if (equals != text.npos) {
        json::array names;
        std::string_view rest = text.substr(equals + 1);
        while (true) {
            const std::size_t comma = rest.find(',');
            names.emplace_back(rest.substr(0, comma));
            if (comma == rest.npos) break;
            rest.remove_prefix(comma + 1);
        }
        item["limited_to"] = std::move(names);
    }
    if (!permission_named(text.substr(0, equals))) {
        std::string all;
        for (const PermissionInfo& info : permissions()) {
            all += fmt::format("{}{}", all.empty() ? "" : ", ", info.name);
        }
        return std::unexpected("is no permission; there are: " + all);
    }
    return add_item(grants, item);
}

}  // namespace barid::access
