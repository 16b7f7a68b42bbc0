// Any bytes as a translation provider's answer, or as its error.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/provider_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::translate::fuzz::provider_answer({reinterpret_cast<const char*>(data), size});
    return 0;
}
