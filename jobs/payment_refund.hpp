// The kind `payment.refund`: asks for refunds that are due, once each, and follows them to their
// end.
//
//     {}                    all that are not at their end
//     {"refund": "…"}        one
//
// claim_refund lets one worker win; MakeRefund is sent once. REQUESTED refunds are followed by
// their number. What nobody knows is looked up among the invoice's refunds by its reference, and is
// never asked for again: a person does that (docs/commerce.md). Gateways refund in their account's
// own currency, so a refund in another one is held. Everything given must outlive the registry; io
// thread only.
#pragma once

#include "commerce/payment_check.hpp"
#include "jobs/registry.hpp"

namespace barid::jobs {

void register_payment_refund(Registry& registry, const commerce::PaymentChecker& checker);

}  // namespace barid::jobs
