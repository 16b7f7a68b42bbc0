#include <fmt/format.h>

#include "config/key.hpp"
#include "config/load.hpp"

namespace barid::config {

std::string render(const Settings& settings) {
    std::string text;
    std::string section;
    for (const Key& key : all_keys(settings)) {
        const std::size_t dot = key.name.rfind('.');
        if (const std::string own = key.name.substr(0, dot); own != section) {
            text += fmt::format("{}[{}]\n", text.empty() ? "" : "\n", own);
            section = own;
        }
        const auto origin = settings.origins.find(key.name);
        text += fmt::format("{} = {}  # {}\n", key.name.substr(dot + 1), key.show(settings),
                            origin == settings.origins.end() ? "default" : origin->second);
    }
    return text;
}

}  // namespace barid::config
