#include "jobs/registry.hpp"

namespace barid::jobs {

void Registry::add_raw(KindOptions options, RawHandler run) {
    std::string kind = options.kind;
    const auto [at, added] = kinds_.try_emplace(kind, Kind{std::move(options), std::move(run)});
    if (!added) throw Error(Error::Retry::permanent, "job kind registered twice: " + kind);
}

const Registry::Kind* Registry::find(std::string_view kind) const {
    const auto at = kinds_.find(kind);
    return at == kinds_.end() ? nullptr : &at->second;
}

std::vector<std::string> Registry::kinds() const {
    std::vector<std::string> names;
    for (const auto& [name, kind] : kinds_) names.push_back(name);
    return names;
}

}  // namespace barid::jobs
