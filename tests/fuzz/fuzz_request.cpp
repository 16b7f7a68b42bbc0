// Any bytes at the HTTP port: heads, chunks, paths and the values of headers.
#include <cstddef>
#include <cstdint>

#include "tests/fuzz/request_target.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    barid::web::fuzz::request({reinterpret_cast<const char*>(data), size});
    return 0;
}
