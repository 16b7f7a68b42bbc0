// What an admin may do: the closed set of permissions, with the names that the API, the database,
// the configuration and the dashboard share. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace barid::access {

enum class Permission : std::uint8_t {
    jobs_view,
    jobs_retry,
    jobs_cancel,
    queues_manage,
    schedules_manage,
    notifications_view,
    notifications_resend,
    notifications_override,
    broadcasts_send,
    templates_edit,
    devices_view,
    media_view,
    media_manage,
    translations_view,
    translations_review,
    webhooks_view,
    webhooks_manage,
    commerce_view,
    commerce_manage,
    data_view,
    audit_view,
    admin,
};

inline constexpr std::size_t kPermissions = static_cast<std::size_t>(Permission::admin) + 1;

/// What a grant of the permission can be limited to.
enum class Limit : std::uint8_t { none, queues, categories };

struct PermissionInfo {
    Permission permission;
    std::string_view name;   ///< "jobs.view"
    std::string_view means;  ///< one sentence, for documents
    Limit limit;
};

/// All of them, in the enumeration's order.
std::span<const PermissionInfo> permissions();
std::string_view name_of(Permission permission);
std::optional<Permission> permission_named(std::string_view name);

}  // namespace barid::access
