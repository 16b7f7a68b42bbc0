// Texts of the translation memory that resemble one: a hint for the person who reviews.
//
// Never published and never a proposal to approve: a similar source has another meaning. Without
// the database's pg_trgm there are none. Io thread only.
#pragma once

#include <string>
#include <vector>

#include "queue/pg/pool.hpp"
#include "translate/language.hpp"

namespace barid::translate {

/// For the first few of these texts: "similar: “Red shirt” is “قميص أحمر” (75 %)"; "" for none.
awaitable<std::string> similar_hints(pg::Pool& pool, std::vector<std::string> texts,
                                     Language source, Language target);

}  // namespace barid::translate
