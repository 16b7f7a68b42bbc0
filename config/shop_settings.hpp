// What an operator can set about the shop's money, stock and events: [shop], [payment.NAME],
// [outbox.NAME] and [projection.NAME]. A part of Settings (config/settings.hpp), in a file of its
// own for its length; the same rules hold.
#pragma once

#include <chrono>
#include <string>

#include "base/secret.hpp"

namespace barid::config {

using Duration = std::chrono::milliseconds;

/// The jobs about the shop's money, stock and events, which call the shop's own functions.
struct Shop {
    bool enabled = false;
    std::string schema = "barid_shop";
    std::string role = "barid_commerce";  ///< of its sessions; empty: the login's own rights
    Secret url;                           ///< another login to the same database; empty: the same
    int pool_size = 4;
    Duration statement_timeout = std::chrono::seconds(10);
    Duration lock_timeout = std::chrono::seconds(2);
    int concurrency = 8;                                 ///< orders at once of one job
    int batch = 200;                                     ///< orders that one job asks for at once
    Duration reconcile_after = std::chrono::minutes(2);  ///< of an attempt's age
    Duration unknown_after = std::chrono::hours(1);  ///< then what isn't at the gateway never was
    Duration claim_ttl = std::chrono::minutes(2);    ///< of an execute or a refund
};

enum class GatewayApi { v2, v3 };

/// A MyFatoorah account; [payment.NAME].
struct PaymentGateway {
    std::string country = "KW";  ///< whose host; "test": the sandbox; "dev": none
    std::string url = {};        ///< instead of it
    Secret api_key = {};
    Secret webhook_secret = {};
    GatewayApi api = GatewayApi::v2;
    int requests_per_minute = 120;  ///< of the whole fleet
    Duration timeout = std::chrono::seconds(20);
    bool allow_private = false;
};

enum class OutboxTarget { jobs, deliver, projection };

/// A stream of events; [outbox.NAME].
struct Outbox {
    std::string table = {};  ///< "shop.outbox"; empty: the functions outbox_claim, outbox_ack, …
    std::string id_column = "id";
    std::string aggregate_type_column = "aggregate_type";
    std::string aggregate_id_column = "aggregate_id";
    std::string version_column = "aggregate_version";
    std::string type_column = "event_type";
    std::string payload_column = "payload";
    std::string occurred_at_column = "occurred_at";
    std::string delivered_at_column = "delivered_at";
    OutboxTarget target = OutboxTarget::jobs;
    std::string kind = {};  ///< of the jobs; empty: the event's type
    std::string queue = "default";
    std::string endpoint = {};    ///< a [deliver.NAME]
    std::string projection = {};  ///< a [projection.NAME]
    int batch = 1000;
    int max_attempts = 25;
    Duration poll_interval = std::chrono::milliseconds(500);
    Duration retention = std::chrono::hours(7 * 24);  ///< of delivered events; 0: kept
};

/// A read model of the shop's; [projection.NAME].
struct Projection {
    int batch = 5000;                                 ///< rows of one step of a rebuild
    Duration lock_timeout = std::chrono::seconds(2);  ///< of the swap
    Duration inbox_retention = std::chrono::hours(30 * 24);
    Duration keep_old = std::chrono::hours(24);  ///< the version that was replaced
};

}  // namespace barid::config
