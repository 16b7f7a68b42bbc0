// Sections whose names are the operator's: [deliver.NAME], [notify.fcm_projects.NAME],
// [media.recipes.NAME], [admin.jwt.NAME], [payment.NAME], [outbox.NAME] and [projection.NAME].
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "config/key.hpp"

namespace barid::config {
namespace {

using Complaint = std::optional<std::string>;

/// The part between `begin` and `end` of a variable's name, in lower case.
std::optional<std::string> name_in_variable(std::string_view variable, std::string_view begin,
                                            std::string_view end) {
    if (!variable.starts_with(begin) || !variable.ends_with(end)) return std::nullopt;
    variable.remove_prefix(begin.size());
    if (variable.size() <= end.size()) return std::nullopt;
    std::string name(variable.substr(0, variable.size() - end.size()));
    std::ranges::transform(name, name.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return name;
}

/// The part after `section` of "section.NAME.key", or nothing.
std::optional<std::string> name_in_section(std::string_view entry, std::string_view section) {
    if (!entry.starts_with(section)) return std::nullopt;
    const std::size_t dot = entry.find('.', section.size());
    if (dot == entry.npos) return std::nullopt;
    return std::string(entry.substr(section.size(), dot - section.size()));
}

Complaint add_endpoint(Settings& settings, const std::string& name) {
    if (settings.deliver.contains(name)) return std::nullopt;
    if (!is_endpoint_name(name)) {
        return "an endpoint's name must be 1 to 40 of a-z, 0-9 and '_', and begin with a letter";
    }
    if (settings.deliver.size() >= kMaxEndpoints) {
        return fmt::format("more than {} endpoints", kMaxEndpoints);
    }
    settings.deliver.emplace(name, DeliverEndpoint{});
    return std::nullopt;
}

Complaint add_fcm_project(Settings& settings, const std::string& name) {
    auto& projects = settings.notify.fcm_projects;
    if (projects.contains(name)) return std::nullopt;
    if (!is_fcm_project_name(name)) {
        return "a project's name must be 1 to 40 of a-z, 0-9, '_' and '-', begin with a letter, "
               "and not be \"default\", which is [notify.fcm]";
    }
    if (projects.size() >= kMaxEndpoints) {
        return fmt::format("more than {} projects", kMaxEndpoints);
    }
    projects.emplace(name, Fcm{});
    return std::nullopt;
}

Complaint add_media_recipe(Settings& settings, const std::string& name) {
    auto& recipes = settings.media.recipes;
    if (recipes.contains(name)) return std::nullopt;
    if (!is_endpoint_name(name)) {
        return "a recipe's name must be 1 to 40 of a-z, 0-9 and '_', and begin with a letter";
    }
    if (recipes.size() >= kMaxEndpoints) return fmt::format("more than {} recipes", kMaxEndpoints);
    recipes.emplace(name, MediaRecipe{});
    return std::nullopt;
}

Complaint add_admin_jwt(Settings& settings, const std::string& name) {
    if (settings.admin.jwt.contains(name)) return std::nullopt;
    if (!is_endpoint_name(name)) {
        return "an issuer's name must be 1 to 40 of a-z, 0-9 and '_', and begin with a letter";
    }
    if (settings.admin.jwt.size() >= 10) return "more than 10 issuers";
    settings.admin.jwt.emplace(name, AdminJwt{});
    return std::nullopt;
}

/// Of [SECTION.NAME]: `what` is it called, at most `most` of them.
template <class Value>
Complaint add_named(std::map<std::string, Value>& all, const std::string& name, const char* what,
                    std::size_t most) {
    if (all.contains(name)) return std::nullopt;
    if (!is_endpoint_name(name)) {
        return fmt::format("{} name must be 1 to 40 of a-z, 0-9 and '_', and begin with a letter",
                           what);
    }
    if (all.size() >= most) return fmt::format("more than {} of them", most);
    all.emplace(name, Value{});
    return std::nullopt;
}

}  // namespace

Complaint add_section_of_entry(Settings& settings, std::string_view entry) {
    if (const auto name = name_in_section(entry, "deliver.")) return add_endpoint(settings, *name);
    if (const auto name = name_in_section(entry, "notify.fcm_projects.")) {
        return add_fcm_project(settings, *name);
    }
    if (const auto name = name_in_section(entry, "media.recipes.")) {
        return add_media_recipe(settings, *name);
    }
    if (const auto name = name_in_section(entry, "admin.jwt.")) {
        return add_admin_jwt(settings, *name);
    }
    if (const auto name = name_in_section(entry, "payment.")) {
        return add_named(settings.payment, *name, "a gateway's", 10);
    }
    if (const auto name = name_in_section(entry, "outbox.")) {
        return add_named(settings.outbox, *name, "a stream's", 20);
    }
    if (const auto name = name_in_section(entry, "projection.")) {
        return add_named(settings.projection, *name, "a projection's", kMaxEndpoints);
    }
    return std::nullopt;
}

Complaint add_section_of_variable(Settings& settings, std::string_view variable) {
    // BARID_DELIVER_ORDERS_URL names the endpoint "orders".
    if (const auto name = name_in_variable(variable, "BARID_DELIVER_", "_URL")) {
        return add_endpoint(settings, *name);
    }
    for (const char* end : {"_CREDENTIALS_FILE", "_CREDENTIALS"}) {
        if (const auto name = name_in_variable(variable, "BARID_NOTIFY_FCM_PROJECTS_", end)) {
            return add_fcm_project(settings, *name);
        }
    }
    if (const auto name = name_in_variable(variable, "BARID_ADMIN_JWT_", "_ISSUER")) {
        return add_admin_jwt(settings, *name);
    }
    for (const char* end : {"_API_KEY_FILE", "_API_KEY"}) {
        if (const auto name = name_in_variable(variable, "BARID_PAYMENT_", end)) {
            return add_named(settings.payment, *name, "a gateway's", 10);
        }
    }
    return std::nullopt;
}

}  // namespace barid::config
