// A template's text and the values in it: whatever they are, there is an answer in UTF-8, and each
// isolate that was opened by a value is closed.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/text.hpp"
#include "notify/message_format.hpp"
#include "notify/preview.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace barid::notify;
    static TemplateRenderer renderer;
    static const VariableSchema schema{{"a", {}},
                                       {"n", {.type = VariableType::number}},
                                       {"p", {.type = VariableType::money}},
                                       {"t", {.type = VariableType::date}}};
    const std::string raw(reinterpret_cast<const char*>(data), size);
    const std::string text = barid::scrub_utf8(raw);
    const std::string half = barid::scrub_utf8(raw.substr(size / 2));
    const barid::json::object vars{
        {"a", half},
        {"n", half.substr(0, 20)},
        {"p", {{"amount", half.substr(0, 20)}, {"currency", "KWD"}}},
        {"t", half.substr(0, 40)}};
    const RenderResult r = renderer.render(
        {.locale = size % 2 == 0 ? "ar" : "en", .title = "{a}", .body = text, .html = text}, vars,
        schema, {.digits = size % 3 == 0 ? Digits::native : Digits::latin});
    if (!barid::is_valid_utf8(r.title) || !barid::is_valid_utf8(r.body)) std::abort();
    const bool opened = r.title.find("\u2068") != std::string::npos;
    if (opened != (r.title.find("\u2069") != std::string::npos)) std::abort();
    const Preview shown = preview("android", {.locale = "ar", .title = r.title, .body = half});
    if (!barid::is_valid_utf8(shown.body)) std::abort();
    return 0;
}
