// A stream of the shop's events, as the operator describes it ([outbox.NAME]): where its events
// are, and what becomes of them. Plain values; the names in it are the configuration's and the only
// ones that ever stand in a statement.
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace barid::commerce {

/// A table of the shop's, instead of its functions outbox_claim and so on.
struct OutboxTable {
    std::string schema;
    std::string name;
    std::string id = "id";
    std::string aggregate_type = "aggregate_type";
    std::string aggregate_id = "aggregate_id";
    std::string version = "aggregate_version";
    std::string type = "event_type";
    std::string payload = "payload";
    std::string occurred_at = "occurred_at";
    std::string delivered_at = "delivered_at";
};

struct OutboxStream {
    enum class Target { jobs, deliver, projection };

    std::string name;
    std::string shop_schema = "barid_shop";
    std::string role = "barid_commerce";  ///< of projectors; empty: the login's own
    std::optional<OutboxTable> table = {};
    Target target = Target::jobs;
    std::string kind = {};  ///< of the jobs; empty: the event's type
    std::string queue = "default";
    std::string endpoint = {};  ///< of http.deliver
    std::string projection = {};
    int batch = 1000;
    int max_attempts = 25;
    std::chrono::milliseconds poll_interval{500};
    std::chrono::milliseconds retention{0};  ///< of delivered events; 0: kept
};

/// What barid.outbox_configure takes, as JSON text.
std::string outbox_options(const OutboxStream& stream);

}  // namespace barid::commerce
