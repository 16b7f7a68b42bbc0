// Any bytes as a product's description: putting each segment back unchanged changes nothing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "translate/document.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using barid::translate::Document;
    const Document document(barid::translate::Format::html,
                            std::string(reinterpret_cast<const char*>(data), size));
    std::vector<std::string> same;
    for (const auto& segment : document.segments()) {
        if (segment.begin > segment.end || segment.end > size) std::abort();
        same.push_back(segment.text);
    }
    (void)document.rebuild(same);
    return 0;
}
