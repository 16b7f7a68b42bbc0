// The shop's functions about payments and refunds, typed (docs/commerce.md, "Payments").
//
// Each call is one transaction of the shop's role and takes only the answers that the contract
// names. Errors are pg::Error, transient where the call may be made again; a row that can't be one
// (an unknown kind of key) throws a permanent Error. Io thread only.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "commerce/gateway.hpp"
#include "commerce/shop.hpp"

namespace barid::commerce {

/// A refund that isn't at its end.
struct DueRefund {
    std::string id = {};
    std::string order = {};
    std::string gateway = {};
    std::string state = {};  ///< DUE, REQUESTED or UNKNOWN
    KeyType key_type = KeyType::invoice_id;
    std::string key = {};
    Money amount = {};
    std::string gateway_id = {};
    std::string reference = {};
};

struct AttemptOutcome {
    std::string outcome = {};  ///< SUBMITTED, FAILED or UNKNOWN
    std::string invoice_id = {};
    std::string payment_id = {};
    std::string error = {};
};

class PaymentShop {
  public:
    explicit PaymentShop(const Shop& shop) : shop_(shop) {}

    awaitable<std::vector<Attempt>> candidates(int limit, std::chrono::milliseconds min_age,
                                               std::string after) const;
    awaitable<std::vector<Attempt>> order_attempts(std::string order) const;
    awaitable<std::vector<Attempt>> find_attempts(std::string gateway, KeyType type,
                                                  std::string key) const;
    awaitable<int> expire_claims() const;
    awaitable<std::string> mark_paid(const Attempt& attempt, std::string payment_id, Money amount,
                                     std::string source, std::int64_t evidence_id) const;
    awaitable<std::string> attempt_closed(std::string attempt, std::string reason,
                                          std::int64_t evidence_id) const;
    awaitable<std::vector<std::string>> expirable_orders(int limit, std::string after) const;
    awaitable<std::string> expire_order(std::string order, std::int64_t evidence_id,
                                        SystemTime checked_at,
                                        std::vector<std::string> attempts) const;

    awaitable<std::optional<std::int64_t>> claim_attempt(std::string attempt,
                                                         std::chrono::milliseconds ttl) const;
    /// JSON text, or nothing.
    awaitable<std::optional<std::string>> attempt_request(std::string attempt,
                                                          std::int64_t fence) const;
    /// Without a fence: what nobody knew of was found at the gateway.
    awaitable<std::string> attempt_outcome(std::string attempt, std::optional<std::int64_t> fence,
                                           AttemptOutcome outcome) const;

    awaitable<std::vector<DueRefund>> refund_candidates(int limit, std::string after) const;
    awaitable<std::optional<std::int64_t>> claim_refund(std::string refund,
                                                        std::chrono::milliseconds ttl) const;
    awaitable<std::string> refund_outcome(std::string refund, std::optional<std::int64_t> fence,
                                          std::string outcome,
                                          std::optional<std::string> gateway_refund_id,
                                          std::optional<std::int64_t> evidence_id) const;

  private:
    const Shop& shop_;
};

}  // namespace barid::commerce
