#include "admin/access/grants.hpp"

#include <algorithm>

namespace barid::access {
namespace {

constexpr std::size_t index_of(Permission permission) {
    return static_cast<std::size_t>(permission);
}

Reach both(const Reach& a, const Reach& b) {
    if (a.all()) return b;
    if (b.all()) return a;
    Reach shared{.names = std::vector<std::string>()};
    for (const auto& name : *a.names) {
        if (b.includes(name)) shared.names->push_back(name);
    }
    return shared;
}

}  // namespace

bool Reach::includes(std::string_view name) const {
    return !names || std::ranges::find(*names, name) != names->end();
}

void Grants::add(Permission permission, Reach reach) {
    auto& held = reaches_.at(index_of(permission));
    if (!held || reach.all()) {
        held = std::move(reach);
    } else if (!held->all()) {
        for (auto& name : *reach.names) {
            if (!held->includes(name)) held->names->push_back(std::move(name));
        }
    }
}

const Reach* Grants::reach(Permission permission) const {
    static const Reach kAll;
    if (reaches_.at(index_of(Permission::admin))) return &kAll;
    const auto& held = reaches_.at(index_of(permission));
    return held ? &*held : nullptr;
}

const Reach* Grants::granted(Permission permission) const {
    const auto& held = reaches_.at(index_of(permission));
    return held ? &*held : nullptr;
}

bool Grants::covers(const Grants& other) const {
    return std::ranges::all_of(permissions(), [&](const PermissionInfo& info) {
        const Reach* theirs = other.reach(info.permission);
        if (theirs == nullptr) return true;
        const Reach* mine = reach(info.permission);
        if (mine == nullptr) return false;
        if (mine->all()) return true;
        return !theirs->all() && std::ranges::all_of(*theirs->names, [&](const std::string& name) {
            return mine->includes(name);
        });
    });
}

Grants Grants::meet(const Grants& other) const {
    Grants shared;
    for (const auto& info : permissions()) {
        const Reach* mine = reach(info.permission);
        const Reach* theirs = other.reach(info.permission);
        if (!mine || !theirs) continue;
        Reach common = both(*mine, *theirs);
        if (common.all() || !common.names->empty()) shared.add(info.permission, std::move(common));
    }
    return shared;
}

}  // namespace barid::access
