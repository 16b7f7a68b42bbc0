// Any bytes in place of what worker and decode child say to each other.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/picture_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::media::fuzz::answer({reinterpret_cast<const char*>(data), size});
    return 0;
}
