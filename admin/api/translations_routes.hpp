// The parts of the API's translations area, put together by `add_translations`.
#pragma once

#include <string>

#include "admin/api/call.hpp"

namespace barid::api {

void add_review_schemas(Routes& routes);
/// Entities, providers, backfills and cost.
void add_translation_status(Routes& routes);

/// "Amal (account:3)": who a review, a text or a backfill says did it; at most 250 bytes.
std::string actor_of(const Call& call);

}  // namespace barid::api
