// The kind `payment.execute` ({"attempt": "…"}): sends a payment to its gateway, once.
//
// claim_attempt lets one worker win, whose fence stands in everything after. The gateway gets one
// request, with an Idempotency-Key of the attempt. What certainly didn't happen fails the attempt;
// every doubt (a time-out, a lost answer, an error of theirs) makes it UNKNOWN, which
// payment.reconcile looks up by the attempt's reference: it is never executed again. Killed after
// the claim, the claim runs out and the attempt is UNKNOWN, too. Everything given must outlive the
// registry; io thread only.
#pragma once

#include "commerce/payment_check.hpp"
#include "jobs/registry.hpp"

namespace barid::jobs {

void register_payment_execute(Registry& registry, const commerce::PaymentChecker& checker);

}  // namespace barid::jobs
