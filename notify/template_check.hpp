// What ICU, or a variable's type, has against the texts of a template that is to be saved, each
// with its place. The database checks once more, and more: barid.upsert_template. Pure.
#pragma once

#include <vector>

#include "base/json.hpp"
#include "base/json_reader.hpp"

namespace barid::notify {

/// `texts` as barid.upsert_template takes them; `variables` an object (then the texts are rendered
/// with its samples, too), or anything else, which leaves types out. `at` is "/texts/ar/title";
/// whatever has another shape is left to the database. Throws PayloadError for what is no schema.
std::vector<Violation> template_problems(const json::object& texts, const json::value* variables);

}  // namespace barid::notify
