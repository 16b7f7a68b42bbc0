#include "worker/payment_parts.hpp"

#include "commerce/dev_gateway.hpp"
#include "commerce/myfatoorah_gateway.hpp"
#include "jobs/order_expire.hpp"
#include "jobs/payment_execute.hpp"
#include "jobs/payment_reconcile.hpp"
#include "jobs/payment_refund.hpp"

namespace barid::worker {
namespace {

commerce::PaymentOptions payment_options(const config::Settings& settings) {
    const config::Shop& shop = settings.shop;
    return {.concurrency = shop.concurrency,
            .batch = shop.batch,
            .reconcile_after = shop.reconcile_after,
            .unknown_after = shop.unknown_after,
            .claim_ttl = shop.claim_ttl,
            .queue = payment_queue(settings)};
}

}  // namespace

std::string payment_queue(const config::Settings& settings) {
    const std::string& queue = settings.worker.queues.front();
    return queue == "*" ? "default" : queue;
}

std::vector<std::unique_ptr<commerce::PaymentGateway>> make_gateways(
    const PaymentDeps& deps, commerce::PaymentLane& lane, const config::Settings& settings) {
    std::vector<std::unique_ptr<commerce::PaymentGateway>> gateways;
    for (const auto& [name, gateway] : settings.payment) {
        if (gateway.country == "dev") {
            gateways.push_back(std::make_unique<commerce::DevGateway>(deps.pool, name));
            continue;
        }
        gateways.push_back(std::make_unique<commerce::MyFatoorah>(
            deps.http, lane, deps.clock, deps.log,
            commerce::MyFatoorahOptions{.name = name,
                                        .country = gateway.country,
                                        .url = gateway.url,
                                        .api_key = gateway.api_key,
                                        .v3 = gateway.api == config::GatewayApi::v3,
                                        .requests_per_minute = gateway.requests_per_minute,
                                        .timeout = gateway.timeout,
                                        .allow_private = gateway.allow_private}));
    }
    return gateways;
}

PaymentParts::PaymentParts(PaymentDeps deps, const config::Settings& settings)
    : lane_(deps.pool, deps.clock), gateways_(make_gateways(deps, lane_, settings)) {
    std::vector<commerce::PaymentGateway*> known;
    for (const auto& gateway : gateways_) known.push_back(gateway.get());
    checker_ = std::make_unique<commerce::PaymentChecker>(deps.shop, deps.pool, std::move(known),
                                                          payment_options(settings), deps.log);
}

void PaymentParts::register_kinds(jobs::Registry& registry) const {
    if (gateways_.empty()) return;
    jobs::register_payment_reconcile(registry, *checker_);
    jobs::register_payment_execute(registry, *checker_);
    jobs::register_payment_refund(registry, *checker_);
    jobs::register_order_expire(registry, *checker_);
}

}  // namespace barid::worker
