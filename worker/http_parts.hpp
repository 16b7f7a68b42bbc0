// The HTTP server's options from the settings. Pure.
#pragma once

#include "admin/http/options.hpp"
#include "config/settings.hpp"

namespace barid::worker {

web::ServerOptions http_options(const config::Http& http);

}  // namespace barid::worker
