// Bounded reading of the small files that a configuration names.
#pragma once

#include <expected>
#include <filesystem>
#include <string>

namespace barid::config {

/// The whole regular file, at most `max_bytes`; otherwise what is wrong with it ("can't be read:
/// No such file or directory"). Never blocks on a pipe or a device.
std::expected<std::string, std::string> read_file(const std::filesystem::path& path,
                                                  std::size_t max_bytes);

/// The secret that a file holds: without the line end that editors and `echo` add; never empty.
std::expected<std::string, std::string> read_secret(const std::filesystem::path& path);

}  // namespace barid::config
