#include "commerce/outbox_stream.hpp"

#include "base/json.hpp"

namespace barid::commerce {

std::string outbox_options(const OutboxStream& stream) {
    const char* const target = stream.target == OutboxStream::Target::jobs      ? "jobs"
                               : stream.target == OutboxStream::Target::deliver ? "deliver"
                                                                                : "projection";
    json::object options{{"shop_schema", stream.shop_schema},
                         {"target", target},
                         {"kind", stream.kind},
                         {"queue", stream.queue},
                         {"endpoint", stream.endpoint},
                         {"projection", stream.projection},
                         {"max_attempts", stream.max_attempts}};
    if (const auto& table = stream.table) {
        options["source"] = json::object{{"schema", table->schema},
                                         {"name", table->name},
                                         {"id", table->id},
                                         {"aggregate_type", table->aggregate_type},
                                         {"aggregate_id", table->aggregate_id},
                                         {"version", table->version},
                                         {"type", table->type},
                                         {"payload", table->payload},
                                         {"occurred_at", table->occurred_at},
                                         {"delivered_at", table->delivered_at}};
    }
    return json::serialize(options);
}

}  // namespace barid::commerce
