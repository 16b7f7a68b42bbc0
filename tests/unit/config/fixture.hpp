// A temporary directory with the files of one configuration, removed when the test ends.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "config/load.hpp"

namespace barid::config {

class ConfigTest : public testing::Test {
  protected:
    ConfigTest() {
        std::string pattern = (std::filesystem::temp_directory_path() / "barid-XXXXXX").string();
        if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
        directory_ = pattern;
    }
    ~ConfigTest() override { std::filesystem::remove_all(directory_); }

    /// Writes a file of the directory and returns its path.
    std::filesystem::path write(const std::string& name, const std::string& text) const {
        const auto path = directory_ / name;
        std::ofstream(path, std::ios::binary) << text;
        return path;
    }
    [[nodiscard]] std::filesystem::path path(const std::string& name) const {
        return directory_ / name;
    }

    /// Loads `toml` as the file barid.toml.
    Settings load_text(const std::string& toml, const Environment& environment = {}) const {
        return load(write("barid.toml", toml), environment);
    }

    /// The lines of every problem, without the directory, in order.
    std::vector<std::string> problems(const std::string& toml,
                                      const Environment& environment = {}) const {
        std::vector<std::string> lines;
        for (const Problem& problem : check(write("barid.toml", toml), environment)) {
            std::string line = problem.line();
            const std::string prefix = directory_.string() + "/";
            for (auto at = line.find(prefix); at != std::string::npos; at = line.find(prefix)) {
                line.erase(at, prefix.size());
            }
            lines.push_back(line);
        }
        return lines;
    }

  private:
    std::filesystem::path directory_;
};

}  // namespace barid::config
