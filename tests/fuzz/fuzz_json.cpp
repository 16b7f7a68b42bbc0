// Any bytes as a payload: parsed or refused with our own error, never anything else.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/json_reader.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    try {
        const barid::json::value value = barid::parse_json(text);
        barid::JsonReader in(value);
        (void)in.text("a", {.max_bytes = 16});
        (void)in.integer("b", {.min = 0, .max = 9});
        (void)in.optional_texts("c", 4);
        (void)in.optional_object("d");
        in.finish();
    } catch (const barid::Error&) {
    }
    return 0;
}
