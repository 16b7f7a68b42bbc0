// Any bytes up to the point where decoding would begin: the loaders' headers and the limits.
#include <cstddef>
#include <cstdint>

#include "media/vips_runtime.hpp"
#include "tests/fuzz/picture_targets.hpp"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
    barid::media::start_vips();
    return 0;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::media::fuzz::header({reinterpret_cast<const char*>(data), size});
    return 0;
}
