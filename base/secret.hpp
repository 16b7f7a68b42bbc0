// A string that must never reach a log, an error or a job's output.
//
// There is no implicit conversion and no stream operator: the only way to the text is `reveal()`,
// which is easy to find in a review. A log field made from a Secret prints "***".
#pragma once

#include <string>
#include <utility>

namespace barid {

class Secret {
  public:
    Secret() = default;
    explicit Secret(std::string text) : text_(std::move(text)) {}

    [[nodiscard]] const std::string& reveal() const { return text_; }
    [[nodiscard]] bool empty() const { return text_.empty(); }
    friend bool operator==(const Secret&, const Secret&) = default;

  private:
    std::string text_;
};

}  // namespace barid
