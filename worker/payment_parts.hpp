// The payment gateways of [payment.NAME] and the jobs that ask them. Io thread only; what is lent
// must outlive it.
#pragma once

#include <memory>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/log.hpp"
#include "commerce/payment_check.hpp"
#include "commerce/payment_lane.hpp"
#include "config/settings.hpp"
#include "jobs/registry.hpp"

namespace barid::worker {

/// Where jobs go that follow from others: the first queue of this process.
std::string payment_queue(const config::Settings& settings);

struct PaymentDeps {
    pg::Pool& pool;  ///< Barid's own
    http::HttpClient& http;
    const Clock& clock;
    const commerce::Shop& shop;
    log::Logger log;
};

class PaymentParts {
  public:
    PaymentParts(PaymentDeps deps, const config::Settings& settings);

    /// Nothing without a gateway.
    void register_kinds(jobs::Registry& registry) const;

  private:
    commerce::PaymentLane lane_;
    std::vector<std::unique_ptr<commerce::PaymentGateway>> gateways_;
    std::unique_ptr<commerce::PaymentChecker> checker_;
};

/// A gateway for each [payment.NAME], by name.
std::vector<std::unique_ptr<commerce::PaymentGateway>> make_gateways(
    const PaymentDeps& deps, commerce::PaymentLane& lane, const config::Settings& settings);

}  // namespace barid::worker
