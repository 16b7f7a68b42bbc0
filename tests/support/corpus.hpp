// The fuzzers' kept inputs, read by the tests that keep them alive.
#pragma once

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

namespace barid::support {

/// Name and bytes of every file in `directory`, in the order of their names.
inline std::vector<std::pair<std::string, std::string>> read_corpus(
    const std::filesystem::path& directory) {
    std::vector<std::pair<std::string, std::string>> files;
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        std::ifstream file(entry.path(), std::ios::binary);
        files.emplace_back(entry.path().filename().string(),
                           std::string(std::istreambuf_iterator<char>(file), {}));
    }
    std::ranges::sort(files);
    return files;
}

}  // namespace barid::support
