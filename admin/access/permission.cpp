#include "admin/access/permission.hpp"

#include <algorithm>
#include <array>

namespace barid::access {
namespace {

using enum Permission;

constexpr std::array kInfos = {
    PermissionInfo{jobs_view, "jobs.view", "see jobs, queues, schedules and workers",
                   Limit::queues},
    PermissionInfo{jobs_retry, "jobs.retry",
                   "retry, run now, reschedule and redrive jobs, one by one or in bulk",
                   Limit::queues},
    PermissionInfo{jobs_cancel, "jobs.cancel", "cancel jobs, one by one or in bulk", Limit::queues},
    PermissionInfo{queues_manage, "queues.manage", "pause and resume queues, change their limits",
                   Limit::queues},
    PermissionInfo{schedules_manage, "schedules.manage",
                   "create, change, pause, run and delete schedules", Limit::queues},
    PermissionInfo{notifications_view, "notifications.view",
                   "see notifications, deliveries, broadcasts and templates", Limit::categories},
    PermissionInfo{notifications_resend, "notifications.resend", "send notifications again",
                   Limit::categories},
    PermissionInfo{notifications_override, "notifications.override",
                   "send again past preferences and quiet hours", Limit::categories},
    PermissionInfo{broadcasts_send, "broadcasts.send",
                   "create, start, pause, resume and cancel broadcasts", Limit::categories},
    PermissionInfo{templates_edit, "templates.edit", "save new versions of templates", Limit::none},
    PermissionInfo{devices_view, "devices.view", "see users' devices and preferences", Limit::none},
    PermissionInfo{media_view, "media.view", "see picture sets", Limit::none},
    PermissionInfo{media_manage, "media.manage", "process pictures again", Limit::none},
    PermissionInfo{translations_view, "translations.view", "see translations and their reviews",
                   Limit::none},
    PermissionInfo{translations_review, "translations.review",
                   "accept, edit and reject translations", Limit::none},
    PermissionInfo{webhooks_view, "webhooks.view", "see webhook endpoints and their deliveries",
                   Limit::none},
    PermissionInfo{webhooks_manage, "webhooks.manage", "deliver webhooks again", Limit::none},
    PermissionInfo{commerce_view, "commerce.view",
                   "see event streams, projections and the checks of payments", Limit::none},
    PermissionInfo{commerce_manage, "commerce.manage",
                   "skip events, rebuild projections, check payments again", Limit::none},
    PermissionInfo{data_view, "data.view",
                   "see payloads, outputs, log lines, push texts and addresses unmasked",
                   Limit::none},
    PermissionInfo{audit_view, "audit.view", "read and export the audit log", Limit::none},
    PermissionInfo{admin, "admin", "everything, and accounts, roles and tokens", Limit::none},
};

static_assert(kInfos.size() == kPermissions);

}  // namespace

std::span<const PermissionInfo> permissions() {
    return kInfos;
}

std::string_view name_of(Permission permission) {
    return kInfos.at(static_cast<std::size_t>(permission)).name;
}

std::optional<Permission> permission_named(std::string_view name) {
    const auto* found = std::ranges::find(kInfos, name, &PermissionInfo::name);
    if (found == kInfos.end()) return std::nullopt;
    return found->permission;
}

}  // namespace barid::access
