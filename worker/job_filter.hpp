// Which jobs a command means: their ids, or options that become the filter of `barid.bulk`.
//
// The options write into the FilterOptions they were added for, which must outlive the parsing.
// Pure but for that.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace barid::worker {

struct FilterOptions {
    std::vector<std::int64_t> ids;
    std::map<std::string, std::string> texts;  ///< by the filter's key
    std::optional<std::int64_t> batch;
    std::string payload;
    bool all = false;

    [[nodiscard]] bool empty() const;
};

void add_filter_options(CLI::App& command, FilterOptions& options);

/// The filter as JSON. Throws UsageError when nothing is named, and when the payload is no object.
std::string filter_json(const FilterOptions& options);

}  // namespace barid::worker
