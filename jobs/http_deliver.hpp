// The kind `http.deliver`: the job goes to the shop's own endpoint, as a signed Standard Webhook.
//
//     {"endpoint": "orders", "type": "order.paid", "data": {"order": 42}}
//
// Endpoints are the operator's (`[deliver.NAME]`): a payload names one and can't reach any other
// address. 2xx ends the job; http_deliver_verdict.hpp has the table of the others. Each host has a
// lane: so many requests at once, none while its breaker is open, and a job that has to wait for
// long is given back without spending an attempt. Everything in `HttpDeliverDeps` must outlive the
// registry; io thread only.
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/secret.hpp"
#include "jobs/http_deliver_lane.hpp"
#include "jobs/registry.hpp"

namespace barid::jobs {

struct DeliverHeader {
    std::string name;
    Secret value;
};

struct DeliverEndpoint {
    std::string name = {};
    std::string url = {};
    /// "whsec_…" each; all of them sign, so that a receiver may hold the old or the new one.
    std::vector<Secret> secrets = {};
    std::vector<DeliverHeader> headers = {};
    std::chrono::milliseconds timeout{15'000};
    int concurrency = 10;  ///< requests at once to the endpoint's host, in this process
    bool allow_private = false;
    /// Of receivers that were written for QStash: the first signs its headers, too. Empty: none.
    std::vector<Secret> qstash_keys = {};
};

/// What this process knows of its endpoints' hosts, for people. Io thread only.
class DeliverBoard {
  public:
    struct Entry {
        Breaker::State breaker = Breaker::State::closed;
        std::chrono::milliseconds rests_for{0};
        int under_way = 0;
    };

    void add(std::string endpoint, std::shared_ptr<const Lane> lane) {
        lanes_.insert_or_assign(std::move(endpoint), std::move(lane));
    }
    [[nodiscard]] std::optional<Entry> look(std::string_view endpoint) const;

  private:
    std::map<std::string, std::shared_ptr<const Lane>, std::less<>> lanes_;
};

struct HttpDeliverDeps {
    http::HttpClient& http;
    const Clock& clock;
    std::vector<DeliverEndpoint> endpoints = {};
    LaneOptions lane = {};
    DeliverBoard* board = nullptr;  ///< filled, if there is one; must outlive the registry
};

/// Throws a permanent Error when an endpoint's secret is none.
void register_http_deliver(Registry& registry, HttpDeliverDeps deps);

}  // namespace barid::jobs
