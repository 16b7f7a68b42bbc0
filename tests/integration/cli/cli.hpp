// Runs the real `barid` with an environment that holds nothing but what the test gives it.
//
// Each Cli has a temporary directory of its own, removed at the end. Use it from one thread.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "tests/support/child_process.hpp"

namespace barid::support {

struct CliResult {
    int code = -1;
    std::string out;
    std::string err;
};

/// For `EXPECT_TRUE(failed(result, 4, "words"))`: the exit code and words of standard error.
testing::AssertionResult failed(const CliResult& result, int code, const std::string& words);
testing::AssertionResult succeeded(const CliResult& result, const std::string& words = "");

/// One JSON value for each line.
std::vector<json::value> json_lines(const std::string& text);

class Cli {
  public:
    /// Settings of every run: a local store in `directory()`, no HTTP port.
    Cli();
    explicit Cli(const std::string& database_url) : Cli() {
        environment["DATABASE_URL"] = database_url;
    }
    ~Cli();
    Cli(const Cli&) = delete;
    Cli& operator=(const Cli&) = delete;

    CliResult run(const std::vector<std::string>& arguments,
                  std::chrono::seconds limit = std::chrono::seconds(30));

    /// Starts it; standard error goes to the file `stderr_file()`.
    std::unique_ptr<ChildProcess> start(const std::vector<std::string>& arguments);
    [[nodiscard]] std::string stderr_text() const;

    [[nodiscard]] const std::filesystem::path& directory() const { return directory_; }
    /// Writes a file into `directory()` and returns its path.
    std::string file(const std::string& name, const std::string& content);

    std::map<std::string, std::string> environment;

  private:
    std::filesystem::path directory_;
    int runs_ = 0;
};

/// A TCP port that is bound as long as this lives: taken for others, free afterwards.
class TakenPort {
  public:
    TakenPort();
    ~TakenPort();
    TakenPort(const TakenPort&) = delete;
    TakenPort& operator=(const TakenPort&) = delete;
    [[nodiscard]] std::string text() const { return std::to_string(port_); }

  private:
    int fd_ = -1;
    std::uint16_t port_ = 0;
};

/// A port where nobody listens.
std::string free_port();

/// `url` with another user, or another database.
std::string with_user(const std::string& url, const std::string& user);
std::string with_database(const std::string& url, const std::string& database);

}  // namespace barid::support
