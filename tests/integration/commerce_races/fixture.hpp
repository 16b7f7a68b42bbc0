// Rows of the reference shop that the scenarios begin with, and the calls that their sessions make.
#pragma once

#include <string>
#include <vector>

#include "tests/integration/commerce_races/race_shop.hpp"

namespace barid::races {

/// One customer, goods 'ROSE', 'OUD' and 'DATES' of 1.500 KWD with so many pieces each, and the
/// promotion 'EID' of 10 % with so many uses.
std::string goods(int pieces, int promo_uses = 100);

/// An order by SQL text of its lines ("ROSE 1, OUD 2"), waiting to be paid, past its time; its
/// goods and promotion are held.
std::string order(const std::string& id, const std::string& lines, const std::string& promo = "");
/// An attempt to pay it, in a state.
std::string attempt(const std::string& id, const std::string& order,
                    const std::string& state = "SUBMITTED");

/// What a job or a callback says when money has come.
std::string paid(const std::string& order, const std::string& attempt, const std::string& payment,
                 const std::string& source = "callback");
/// Looks at the order's attempts, as the job does before it asks the gateway; then cancels it.
std::vector<std::string> expiry(const std::string& order);
/// "" unless an order was cancelled although one of its attempts changed after it was looked at.
std::string stale_cancel(support::Interleaver& sessions);

/// A new order by the shop's own function, with lines as `order` takes them.
std::string placing(const std::string& id, const std::string& lines, const std::string& promo = "");

/// The answers, sorted and with commas between them: "ALREADY,FLIPPED". A refusal of the shop's own
/// counts as an answer: "SH001".
std::string sorted_answers(const support::RaceRun& run);
/// "" when no session had another error and the sorted answers are among these.
std::string one_of(const support::RaceRun& run, const std::vector<std::string>& allowed);

}  // namespace barid::races
