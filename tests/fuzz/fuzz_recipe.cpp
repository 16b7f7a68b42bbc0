// Any bytes as the recipe of a payload: a recipe that can be made, or problems with their places.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/recipe_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::jobs::fuzz::recipe({reinterpret_cast<const char*>(data), size});
    return 0;
}
