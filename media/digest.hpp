// SHA-256 over a stream, so that a download is hashed while it arrives and the io thread never
// stops for the whole of it. Not thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace barid::media {

class Sha256Stream {
  public:
    Sha256Stream();
    void update(std::string_view piece);
    /// Lower-case hexadecimal; call once, at the end.
    [[nodiscard]] std::string finish();

  private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace barid::media
