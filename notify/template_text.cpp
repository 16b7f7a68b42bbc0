#include "notify/template_text.hpp"

#include <algorithm>

#include "notify/locale.hpp"

namespace barid::notify {

RenderedText render_template(std::string_view content, const Variables& values,
                             std::string_view locale) {
    RenderedText out;
    for (std::size_t at = 0; at < content.size();) {
        const std::size_t open = content.find('{', at);
        const std::size_t close =
            open == std::string_view::npos ? open : content.find('}', open + 1);
        if (close == std::string_view::npos) {
            out.text += content.substr(at);
            break;
        }
        out.text += content.substr(at, open - at);
        const std::string_view name = content.substr(open + 1, close - open - 1);
        if (const auto value = values.find(name); value != values.end()) {
            out.text += isolate(value->second, locale);
        } else if (std::ranges::find(out.missing, name) == out.missing.end()) {
            out.missing.emplace_back(name);
        }
        at = close + 1;
    }
    return out;
}

}  // namespace barid::notify
