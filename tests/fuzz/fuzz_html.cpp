// Any bytes as a product's description, in HTML and in plain text.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/translate_targets.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::translate::fuzz::html({reinterpret_cast<const char*>(data), size});
    return 0;
}
