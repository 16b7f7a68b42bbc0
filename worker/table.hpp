// Prints a result for people (aligned columns) or for scripts (one JSON object a line).
//
// What is printed came from outside: a job's error can hold anything, so nothing that steers a
// terminal gets through. Pure but for print_result; thread-safe.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "queue/pg/result.hpp"

namespace barid::worker {

/// Well-formed UTF-8 without control characters: each becomes a blank, so that a cell is one line.
std::string printable(std::string_view text);

/// Rows of cells under a header, two blanks between columns. Widths are what a terminal shows:
/// Arabic vowel signs take no room, Han and emoji two columns.
std::string render_table(std::vector<std::string> header,
                         std::vector<std::vector<std::string>> rows);

/// A value that is not NULL as JSON, by its column's pg_type.oid.
std::string json_value(std::uint32_t type, std::string_view text);

/// To standard output.
void print_result(const pg::Result& result, bool json);

}  // namespace barid::worker
