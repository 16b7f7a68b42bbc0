// The dashboard's files, built into the program by dashboard/CMakeLists.txt (DASHBOARD=AUTO, ON,
// OFF or PREBUILT), and the policy that they are served under. Constant; thread-safe.
#pragma once

#include <span>
#include <string_view>

#include "admin/http/asset.hpp"

namespace barid::dashboard {

/// "index.html" is the page for every address below /admin/ that names no file. Empty with OFF.
std::span<const web::Asset> assets();

/// The value of Content-Security-Policy for "index.html". Nothing inline and nothing from elsewhere
/// but pictures, which come from the shop's CDN; one style of React Aria is allowed by its hash.
std::string_view content_security_policy();

/// "built", "prebuilt", "instead" (a page that says how to get the dashboard) or "none".
std::string_view kind();

}  // namespace barid::dashboard
