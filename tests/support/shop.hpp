// The reference shop (examples/shop) in a test's database.
//
//     const auto db = support::small_shop();   // or, step by step:
//     support::TestDatabase db;
//     support::install_shop(db);          // 01_schema … 04_wishlist, then the oracles
//     support::stock_small_shop(db);      // a few customers, goods and promotions
//     EXPECT_EQ(support::violations(db), "");
//
// Blocking, on connections of their own; errors are std::runtime_error with the file's name.
#pragma once

#include <string>

#include "tests/support/database.hpp"

namespace barid::support {

/// Tables, functions, grants and oracles, from those files of examples/shop that exist; as `owner`,
/// a role that there is, or as the superuser.
void install_shop(const TestDatabase& db, const std::string& owner = {});

/// The boutique of the demo instead: 05_seed.sql. May be called again.
void seed_shop(const TestDatabase& db);

/// Customers 'noura' (ar) and 'sam' (en). Variants 'ROSE', 'OUD' and 'DATES', 10 of each at each
/// location: 12.500, 4.750 and 1.250 KWD (BHD), 150.00, 57.00 and 15.00 SAR (AED). Promotions
/// 'EID10' (10 %, 5 times) and 'GIFT' (100 %, twice).
void stock_small_shop(const TestDatabase& db);

/// A database with both, cloned from one that is made once: much quicker than making them.
TestDatabase small_shop();

/// What the oracles of the invariants I1–I10 have to say, a line each: "I4: ROSE at KW: …". Empty
/// when nothing is broken.
std::string violations(const TestDatabase& db);

}  // namespace barid::support
