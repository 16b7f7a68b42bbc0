// Prints a result for people (aligned columns) or for scripts (one JSON object a line).
#pragma once

#include <string>
#include <vector>

#include "queue/pg/result.hpp"

namespace barid::worker {

/// Rows of cells under a header; widths count code points, so Arabic lines up too.
std::string render_table(const std::vector<std::string>& header,
                         const std::vector<std::vector<std::string>>& rows);

/// To standard output. Every value is a JSON string, number, boolean or null by its text.
void print_result(const pg::Result& result, bool json);

}  // namespace barid::worker
