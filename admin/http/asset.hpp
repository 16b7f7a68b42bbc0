// A file that is built into the program: the dashboard's page, script, styles and fonts.
#pragma once

#include <string_view>

namespace barid::web {

/// All bytes live as long as the program does.
struct Asset {
    std::string_view path;  ///< below the prefix: "index.html", "assets/app-3f9c1a2b.js"
    std::string_view content_type;
    std::string_view identity;
    std::string_view gzip;    ///< empty: not worth it
    std::string_view brotli;  ///< empty: not worth it
    std::string_view etag;    ///< of the identity bytes: 64 hex digits, without quotes
    bool immutable = false;   ///< its name holds its hash
};

}  // namespace barid::web
