// The door as the settings describe it: how fast callers may come, how long sessions last, and
// whose JWTs are taken.
#pragma once

#include "admin/access/database_gatekeeper.hpp"
#include "admin/access/sign_in.hpp"
#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "config/settings.hpp"

namespace barid::admin {

/// Reads the issuers' key files: throws a permanent Error that names the file and the key. `http`
/// and `clock` must outlive what is made of the options.
access::GatekeeperOptions gatekeeper_options(const config::Admin& settings, http::HttpClient& http,
                                             const Clock& clock);

access::SignInOptions sign_in_options(const config::Admin& settings);

}  // namespace barid::admin
