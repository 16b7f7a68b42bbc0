// Any bytes protected for a provider and restored.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/translate_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::translate::fuzz::mask({reinterpret_cast<const char*>(data), size});
    return 0;
}
