// What every part of media throws: a stable code for programs, a sentence for people.
//
// Codes of the stores: store_unreachable, store_busy (both transient), store_denied,
// checksum_mismatch (transient: the next attempt sends the bytes again), store_rejected, not_found,
// bad_key, too_large, store_misconfigured, store_full (transient, local only). The image side adds
// its own (decoder_crashed, too_many_pixels, …).
// Thread-safe to copy, as every exception.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "base/error.hpp"

namespace barid::media {

class Error : public barid::Error {
  public:
    Error(Retry retry, std::string code, const std::string& message,
          std::optional<std::chrono::seconds> retry_after = {})
        : barid::Error(retry, message), code_(std::move(code)), retry_after_(retry_after) {}

    /// A stable word in snake_case.
    [[nodiscard]] const std::string& code() const noexcept { return code_; }
    /// How long the other side asked us to stay away (store_busy); already clamped.
    [[nodiscard]] std::optional<std::chrono::seconds> retry_after() const noexcept {
        return retry_after_;
    }

  private:
    std::string code_;
    std::optional<std::chrono::seconds> retry_after_;
};

}  // namespace barid::media
