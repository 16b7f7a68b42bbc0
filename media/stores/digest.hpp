// Digests that the stores compare copies by. Pure, thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace barid::media {

/// SHA-256 of data that comes in pieces.
class Sha256Stream {
  public:
    Sha256Stream();
    void add(std::string_view piece);
    /// Lower-case hex; the stream is spent.
    std::string finish_hex();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// What S3 calls an ETag when a file came in one plain PUT; no security rests on it.
std::string md5_hex(std::string_view data);

}  // namespace barid::media
