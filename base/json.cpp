#include "base/json.hpp"

#include <fmt/format.h>

#include <boost/json/parse_options.hpp>
#include <boost/json/parser.hpp>

#include "base/error.hpp"

namespace barid {

json::value parse_json(std::string_view text) {
    json::parse_options options;
    options.max_depth = kMaxJsonDepth;
    json::parser parser({}, options);
    boost::system::error_code ec;
    const std::size_t used = parser.write_some(text.data(), text.size(), ec);
    if (!ec && used < text.size()) ec = make_error_code(json::error::extra_data);
    if (ec) {
        throw Error(Error::Retry::permanent,
                    fmt::format("invalid JSON at byte {}: {}", used, ec.message()));
    }
    return parser.release();
}

const json::string* find_string(const json::value& root, std::string_view pointer) {
    boost::system::error_code ec;
    const json::value* found = root.find_pointer(pointer, ec);
    return found != nullptr ? found->if_string() : nullptr;
}

}  // namespace barid
