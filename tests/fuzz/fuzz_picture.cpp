// Any bytes as an upload: sniffed to a format or refused, before any decoder sees them.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "media/sniff.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    const auto sniffed = barid::media::sniff(bytes);
    if (sniffed.format) (void)barid::media::looks_truncated(*sniffed.format, bytes);
    return 0;
}
