// Takes a chunked body apart (RFC 9112 §7.1), as strictly as the guard takes heads: sizes of one to
// eight hex digits, no extensions, no trailers. Pure, sans-io; one reader for each body.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "admin/http/rules.hpp"

namespace barid::web {

class ChunkReader {
  public:
    explicit ChunkReader(std::size_t max_body_bytes) : max_bytes_(max_body_bytes) {}

    enum class State { more, complete, refused };
    /// Takes bytes off the front of `input` and adds the data in them to `body`. What is left of
    /// `input` when complete belongs to the next request.
    State feed(std::string_view& input, std::string& body);
    [[nodiscard]] const Refusal& refusal() const { return refusal_; }

  private:
    enum class At { size, size_lf, data, data_cr, data_lf, last_cr, last_lf };

    State refuse(std::string reason);
    State step(char c, std::size_t body_bytes);

    std::size_t max_bytes_;
    At at_ = At::size;
    int digits_ = 0;
    std::uint64_t left_ = 0;  ///< of the chunk
    Refusal refusal_{};
};

}  // namespace barid::web
