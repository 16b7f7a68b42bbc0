// The kind `payment.reconcile`: finds out what became of payments that nobody heard of.
//
//     {}                                            all that are open for some time
//     {"order": "A-1042"}                           one order's
//     {"gateway": "…", "key_type": "…", "key": "…"}   whose a gateway's message is
//
// `cause` may say "webhook" or "person" for the evidence. Asking proves, nothing else does: a
// payload carries no amount and no status. Repeatable, and safe to be killed anywhere. Everything
// given must outlive the registry; io thread only.
#pragma once

#include "commerce/payment_check.hpp"
#include "jobs/registry.hpp"

namespace barid::jobs {

void register_payment_reconcile(Registry& registry, const commerce::PaymentChecker& checker);

}  // namespace barid::jobs
