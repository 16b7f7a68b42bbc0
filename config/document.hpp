// The TOML file as a flat list of named values, with their lines. Hides toml++.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "config/load.hpp"
#include "config/value.hpp"

namespace barid::config {

/// A value that no key can take; the text says what it is ("a date").
struct Other {
    std::string what;
};

struct Entry {
    std::string name;  ///< "worker.concurrency"
    std::size_t line = 0;
    std::variant<Value, Other> value;
};

/// A table that is there and says nothing: [projection.wishlist].
struct EmptySection {
    std::string name;
    std::size_t line = 0;
};

struct Document {
    std::vector<Entry> entries;  ///< every known or unknown leaf, by line
    std::vector<EmptySection> empty_sections;
    std::vector<std::string> databases;  ///< the names of the [[database]]s
    std::vector<Problem> problems;
};

/// Reads at most 1 MiB with lines of at most 4 KiB. Tables that are no section of any key become
/// one entry each, so that a misspelt section is one problem and not one for each of its keys.
Document read_document(const std::filesystem::path& path);

}  // namespace barid::config
