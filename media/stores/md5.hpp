// MD5, only because S3's ETag of a file that came in one plain PUT is one; no security rests on
// it. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

namespace barid::media {

/// Lower-case hex.
std::string md5_hex(std::string_view data);

}  // namespace barid::media
