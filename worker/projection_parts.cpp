#include "worker/projection_parts.hpp"

namespace barid::worker {

std::map<std::string, commerce::ProjectionTarget> projection_targets(
    const config::Settings& settings) {
    std::map<std::string, commerce::ProjectionTarget> targets;
    for (const auto& [name, projection] : settings.projection) {
        targets[name] = {.name = name, .schema = settings.shop.schema, .role = settings.shop.role};
    }
    return targets;
}

jobs::ProjectionMap projection_options(const config::Settings& settings) {
    jobs::ProjectionMap all;
    for (auto& [name, target] : projection_targets(settings)) {
        const config::Projection& projection = settings.projection.at(name);
        commerce::ProjectionOptions options{.target = target,
                                            .batch = projection.batch,
                                            .lock_timeout = projection.lock_timeout,
                                            .inbox_retention = projection.inbox_retention,
                                            .keep_old = projection.keep_old,
                                            .statement_timeout = settings.shop.statement_timeout};
        for (const auto& [stream, outbox] : settings.outbox) {
            if (outbox.projection != name) continue;
            (outbox.table.empty() ? options.streams : options.tables).push_back(stream);
        }
        all.emplace(name, std::move(options));
    }
    return all;
}

}  // namespace barid::worker
