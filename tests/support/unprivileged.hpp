// For servers that refuse to run as root: what a test needs to start them as somebody else.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace barid::support {

/// A TCP port of 127.0.0.1 that was free a moment ago.
std::uint16_t free_port();

/// The command as an unprivileged user's when run by root, without a process in between, so that
/// the server dies with the test.
std::vector<std::string> unprivileged(std::vector<std::string> command);

/// A new temporary directory that belongs to that user; the caller removes it.
std::filesystem::path unprivileged_directory(const std::string& name);

}  // namespace barid::support
