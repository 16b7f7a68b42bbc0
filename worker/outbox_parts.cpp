#include "worker/outbox_parts.hpp"

namespace barid::worker {
namespace {

using commerce::OutboxStream;

OutboxStream::Target target_of(config::OutboxTarget target) {
    switch (target) {
        case config::OutboxTarget::jobs:
            return OutboxStream::Target::jobs;
        case config::OutboxTarget::deliver:
            return OutboxStream::Target::deliver;
        case config::OutboxTarget::projection:
            return OutboxStream::Target::projection;
    }
    return OutboxStream::Target::jobs;
}

/// "OutboxEvent" is in the schema `shop`; "public.OutboxEvent" says its own.
commerce::OutboxTable table_of(const config::Outbox& outbox, const std::string& shop) {
    const std::size_t point = outbox.table.find('.');
    const bool alone = point == std::string::npos;
    return {.schema = alone ? shop : outbox.table.substr(0, point),
            .name = alone ? outbox.table : outbox.table.substr(point + 1),
            .id = outbox.id_column,
            .aggregate_type = outbox.aggregate_type_column,
            .aggregate_id = outbox.aggregate_id_column,
            .version = outbox.version_column,
            .type = outbox.type_column,
            .payload = outbox.payload_column,
            .occurred_at = outbox.occurred_at_column,
            .delivered_at = outbox.delivered_at_column};
}

}  // namespace

std::vector<OutboxStream> outbox_streams(const config::Settings& settings) {
    std::vector<OutboxStream> streams;
    for (const auto& [name, outbox] : settings.outbox) {
        OutboxStream stream{.name = name,
                            .shop_schema = settings.shop.schema,
                            .role = settings.shop.role,
                            .target = target_of(outbox.target),
                            .kind = outbox.kind,
                            .queue = outbox.queue,
                            .endpoint = outbox.endpoint,
                            .projection = outbox.projection,
                            .batch = outbox.batch,
                            .max_attempts = outbox.max_attempts,
                            .poll_interval = outbox.poll_interval,
                            .retention = outbox.retention};
        if (!outbox.table.empty()) stream.table = table_of(outbox, settings.shop.schema);
        streams.push_back(std::move(stream));
    }
    return streams;
}

commerce::OutboxLimits outbox_limits(const config::Settings& settings) {
    return {.statement_timeout = settings.shop.statement_timeout,
            .lock_timeout = settings.shop.lock_timeout};
}

}  // namespace barid::worker
