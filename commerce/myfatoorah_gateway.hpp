// MyFatoorah as a PaymentGateway.
//
// v2 asks for an invoice by its number, a payment or a reference; v3 by a payment, and by v2 for
// the rest: it has no other look-up, and shows one payment where an invoice may have several.
// Execute and refund are sent at most once, with an Idempotency-Key. Each request passes the
// fleet's lane first; 401 pauses the gateway for the fleet, 429 makes it rest. The key is never
// shown. Io thread only; everything in the constructor must outlive it.
#pragma once

#include <chrono>
#include <string>

#include "base/http_client.hpp"
#include "base/log.hpp"
#include "base/secret.hpp"
#include "commerce/gateway.hpp"
#include "commerce/payment_lane.hpp"

namespace barid::commerce {

struct MyFatoorahOptions {
    std::string name = {};
    std::string country = "KW";  ///< or "test"
    std::string url = {};        ///< instead of the country's
    Secret api_key = {};
    bool v3 = false;
    int requests_per_minute = 120;
    std::chrono::milliseconds timeout{20'000};
    std::chrono::milliseconds lane_wait{20'000};
    bool allow_private = false;
};

/// "https://api.myfatoorah.com"; empty for a country that isn't one of theirs.
std::string_view myfatoorah_host(std::string_view country);

/// `{…body, "InvoiceValue": 12.500, …}`: the amount is written by its digits.
std::string execute_body_v2(const ExecuteRequest& request);
std::string execute_body_v3(const ExecuteRequest& request);
std::string refund_body(const RefundRequest& request);

class MyFatoorah final : public PaymentGateway {
  public:
    MyFatoorah(http::HttpClient& http, PaymentLane& lane, const Clock& clock, log::Logger log,
               MyFatoorahOptions options);

    [[nodiscard]] const std::string& name() const override { return options_.name; }
    awaitable<Answer> ready() override;
    awaitable<StatusAnswer> status(KeyType type, std::string key) override;
    awaitable<ExecuteAnswer> execute(ExecuteRequest request) override;
    awaitable<RefundAnswer> refund(RefundRequest request) override;
    awaitable<RefundsAnswer> refund_by_id(std::string refund_id) override;
    awaitable<RefundsAnswer> refunds_of(std::string invoice_id) override;
    [[nodiscard]] bool refunds_in(std::string_view currency) const override;

  private:
    struct Reply {
        Answer answer = {};  ///< of a request without one
        http::Response response = {};
        bool arrived = false;
    };
    /// What is sent besides the way and the body.
    struct Once {
        std::string idempotency_key = {};
        SteadyTime not_after = SteadyTime::max();
    };
    awaitable<Reply> call(std::string method, std::string path, std::string body, Once once);
    awaitable<Reply> deliver(http::Request request);
    /// What an answer means for everybody.
    awaitable<void> heed(const Answer& answer);
    template <class T, class Read>
    awaitable<T> ask(std::string method, std::string path, std::string body, Once once, Read read);

    http::HttpClient& http_;
    PaymentLane& lane_;
    const Clock& clock_;
    log::Logger log_;
    MyFatoorahOptions options_;
    std::string base_;
};

}  // namespace barid::commerce
