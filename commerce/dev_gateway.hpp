// The payment gateway of `country = "dev"`: invoices are rows of barid.dev_invoice, which
// barid.dev_invoice() makes and barid.dev_pay() pays. No money moves. Io thread only; the pool must
// outlive it.
#pragma once

#include "commerce/gateway.hpp"
#include "queue/pg/pool.hpp"

namespace barid::commerce {

class DevGateway final : public PaymentGateway {
  public:
    DevGateway(pg::Pool& pool, std::string name) : pool_(pool), name_(std::move(name)) {}

    [[nodiscard]] const std::string& name() const override { return name_; }
    awaitable<StatusAnswer> status(KeyType type, std::string key) override;
    /// Makes the invoice; it is paid by whoever plays the customer.
    awaitable<ExecuteAnswer> execute(ExecuteRequest request) override;
    /// At once.
    awaitable<RefundAnswer> refund(RefundRequest request) override;
    awaitable<RefundsAnswer> refund_by_id(std::string refund_id) override;
    awaitable<RefundsAnswer> refunds_of(std::string invoice_id) override;
    [[nodiscard]] bool refunds_in(std::string_view currency) const override;

  private:
    pg::Pool& pool_;
    std::string name_;
};

}  // namespace barid::commerce
