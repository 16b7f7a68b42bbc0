#include "worker/demo_output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace barid::worker {
namespace {

using namespace std::chrono_literals;

constexpr auto kCountsEvery = 5s;  ///< where they can't be rewritten

}  // namespace

DemoOutput::DemoOutput() {
    const char* term = std::getenv("TERM");
    terminal_ = isatty(STDOUT_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
}

DemoOutput::~DemoOutput() {
    clear_counts();
}

std::string DemoOutput::stamp() const {
    const std::chrono::duration<double> since = std::chrono::steady_clock::now() - begin_;
    return fmt::format("[{:5.1f} s] ", since.count());
}

void DemoOutput::clear_counts() {
    if (terminal_ && !shown_.empty()) fmt::print("\r\x1b[K");
    shown_.clear();
    std::fflush(stdout);
}

void DemoOutput::milestone(const std::string& text) {
    clear_counts();
    fmt::print("{}{}\n", stamp(), text);
    std::fflush(stdout);
}

void DemoOutput::counts(const std::string& text) {
    const auto now = std::chrono::steady_clock::now();
    if (terminal_) {
        fmt::print("\r\x1b[K{}{}", stamp(), text);
    } else {
        if (text == shown_ || now - last_counts_ < kCountsEvery) return;
        fmt::print("{}{}\n", stamp(), text);
        last_counts_ = now;
    }
    shown_ = text;
    std::fflush(stdout);
}

void DemoOutput::section(const std::string& title, const std::string& body) {
    clear_counts();
    fmt::print("\n{}\n", terminal_ ? "\x1b[1m" + title + "\x1b[0m" : title);
    std::size_t at = 0;
    while (at < body.size()) {
        const std::size_t end = std::min(body.find('\n', at), body.size());
        const std::string line = body.substr(at, end - at);
        fmt::print("{}{}\n", line.empty() ? "" : "  ", line);
        at = end + 1;
    }
    std::fflush(stdout);
}

void DemoOutput::text(const std::string& text) {
    clear_counts();
    fmt::print("{}", text);
    std::fflush(stdout);
}

}  // namespace barid::worker
