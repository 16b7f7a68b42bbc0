// Any bytes as an upload: sniffed to a format or refused, before any decoder sees them.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/picture_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::media::fuzz::picture({reinterpret_cast<const char*>(data), size});
    return 0;
}
