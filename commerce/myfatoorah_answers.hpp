// MyFatoorah's answers, v2 and v3, read into what the gateway seam says.
//
// Sources: docs.myfatoorah.com (get-payment-status, payment-inquiry, get-payment-details,
// make-refund, getrefundstatus) and the vendor's PHP library, which knows what the pages don't: the
// status "DuplicatePayment", the spelling "Succss", and that expiries are Kuwait's local time.
// Every answer is hostile until it has passed here: bounded, typed, unknown words kept as unknown.
// Pure, thread-safe.
#pragma once

#include <optional>
#include <string_view>

#include "commerce/gateway.hpp"

namespace barid::commerce {

/// More is not read; a cut answer is none.
inline constexpr std::size_t kGatewayAnswerBytes = std::size_t{512} << 10U;

struct RawAnswer {
    int status = 0;
    std::string_view body = {};
    bool cut = false;  ///< it went on
};

/// POST /v2/GetPaymentStatus
StatusAnswer read_payment_status(const RawAnswer& raw);
/// GET /v3/payments/{paymentId}: one payment of the invoice.
StatusAnswer read_payment_details(const RawAnswer& raw);
/// POST /v2/ExecutePayment and POST /v3/payments. `refused` only where the request itself was found
/// wrong, member by member: anything else may have happened.
ExecuteAnswer read_execute(const RawAnswer& raw);
RefundAnswer read_refund(const RawAnswer& raw);
RefundsAnswer read_refunds(const RawAnswer& raw);

/// "November 23, 2026" and "18:23:13.362", in Asia/Kuwait (UTC+3, no summer time).
std::optional<SystemTime> kuwait_time(std::string_view date, std::string_view time);

}  // namespace barid::commerce
