// The kind `order.expire` ({}): cancels orders that nobody paid in time.
//
// Before each cancellation the gateway is asked again about every attempt that may hold money.
// Paid: the order is paid, not cancelled. Under way, unknown, an error, a doubt: the order is left
// for the next round. Otherwise the shop cancels it, with the evidence's number and time in its
// hand, and says STALE_EVIDENCE when something happened since; then it is looked at once more.
// Repeatable, and safe to be killed anywhere. Everything given must outlive the registry; io thread
// only.
#pragma once

#include "commerce/payment_check.hpp"
#include "jobs/registry.hpp"

namespace barid::jobs {

void register_order_expire(Registry& registry, const commerce::PaymentChecker& checker);

}  // namespace barid::jobs
