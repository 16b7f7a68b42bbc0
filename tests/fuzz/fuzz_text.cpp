// Text on its way to PostgreSQL and back: what is accepted survives, what isn't is refused.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/text.hpp"
#include "queue/pg/params.hpp"
#include "queue/pg/result.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(reinterpret_cast<const char*>(data), size);
    if (!barid::is_valid_utf8(barid::scrub_utf8(text))) std::abort();
    if (barid::truncate_utf8(text, 16).size() > 16) std::abort();
    try {
        (void)barid::pg::parse_timestamp(text);
    } catch (const barid::Error&) {
    }
    try {
        (void)barid::pg::parse_array(text);
    } catch (const barid::Error&) {
    }
    try {
        barid::pg::ArrayBuilder array;
        array.add(std::string_view(text));
        const auto back = barid::pg::parse_array(std::move(array).finish());
        if (back != std::vector<std::string>{text}) std::abort();
    } catch (const barid::Error&) {
    }
    return 0;
}
