// What the demo prints while it runs: milestones, each a line that stays, and one line of counts
// that changes. On a terminal the counts are rewritten in place; elsewhere they are printed now
// and then, and there are no control characters. Not thread-safe.
#pragma once

#include <chrono>
#include <string>

namespace barid::worker {

class DemoOutput {
  public:
    DemoOutput();
    /// Ends the line of counts.
    ~DemoOutput();
    DemoOutput(const DemoOutput&) = delete;
    DemoOutput& operator=(const DemoOutput&) = delete;

    void milestone(const std::string& text);
    void counts(const std::string& text);
    /// A heading and what stands under it.
    void section(const std::string& title, const std::string& body);
    /// As it is.
    void text(const std::string& text);

    [[nodiscard]] bool terminal() const { return terminal_; }

  private:
    void clear_counts();
    [[nodiscard]] std::string stamp() const;

    std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
    std::chrono::steady_clock::time_point last_counts_ = begin_;
    std::string shown_;
    bool terminal_ = false;
};

}  // namespace barid::worker
