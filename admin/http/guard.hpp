// Reads a request's head from raw bytes, strictly: RFC 9112 without any of its leniencies.
//
// What another parser on the way (a proxy, a cache) could read differently is refused instead of
// interpreted, so that both always agree where a request ends. There is no second parser behind
// it: the application sees what was checked here. Any refusal ends the connection. Pure, sans-io,
// thread-safe; docs/decisions/0019 says why Beast's parser isn't used.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "admin/http/rules.hpp"

namespace barid::web {

/// Finds where a head ends while its bytes arrive, and stops at the first byte that can't be.
class HeadScanner {
  public:
    explicit HeadScanner(std::size_t max_bytes) : max_bytes_(max_bytes) {}

    enum class State { more, complete, refused };
    /// `bytes`: everything since the head began; each call may have more of it.
    State scan(std::string_view bytes);
    /// Of the head with its blank line, once complete.
    [[nodiscard]] std::size_t size() const { return at_; }
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  private:
    State refuse(int status, std::string code, std::string reason);

    std::size_t max_bytes_;
    std::size_t at_ = 0;
    std::size_t line_start_ = 0;
    Refusal refusal_{};
};

/// How the body is delimited.
struct Framing {
    enum class Kind { none, sized, chunked };
    Kind kind = Kind::none;  ///< `Content-Length: 0` is none
    std::uint64_t length = 0;
    bool expects_continue = false;  ///< HTTP/1.1 with `Expect: 100-continue` and a body
};

struct GuardedHead {
    RequestHead head;
    Framing framing;
    std::string path;  ///< see target.hpp
};

/// `bytes` is a whole head as the scanner found it.
std::expected<GuardedHead, Refusal> parse_head(std::string_view bytes, std::size_t max_headers);

/// The target of a head that needn't be well-formed, to choose the form of its refusal; or "".
std::string_view guessed_target(std::string_view bytes);

}  // namespace barid::web
