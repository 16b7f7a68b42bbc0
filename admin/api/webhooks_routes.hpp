// What the API's webhooks area takes from outside: the endpoints of the configuration, without
// their secrets, and what this process knows of their hosts. Values; io thread only.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "admin/api/route.hpp"

namespace barid::api {

struct WebhookEndpoint {
    std::string name;
    std::string url;  ///< shown without user, password, query and fragment
    std::chrono::milliseconds timeout{15'000};
    int concurrency = 10;
};

/// Of one process: each has breakers of its own.
struct WebhookLane {
    std::string breaker;  ///< "closed", "open" or "half_open"
    std::chrono::milliseconds rests_for{0};
    int under_way = 0;
};

struct WebhookParts {
    std::vector<WebhookEndpoint> endpoints = {};
    /// Empty where this process delivers nothing itself (`barid admin`).
    std::function<std::optional<WebhookLane>(std::string_view endpoint)> lane = {};
};

void add_webhooks(Routes& routes, WebhookParts parts);

/// "https://shop.example/hooks": what may be shown of an address.
std::string shown_url(std::string_view url);

}  // namespace barid::api
