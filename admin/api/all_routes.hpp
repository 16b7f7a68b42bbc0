// The whole API, area by area.
#pragma once

#include <string>
#include <vector>

#include "admin/access/gatekeeper.hpp"
#include "admin/access/sign_in.hpp"
#include "admin/api/changes.hpp"
#include "admin/api/media_routes.hpp"
#include "admin/api/route.hpp"
#include "admin/api/webhooks_routes.hpp"

namespace barid::api {

/// What routes need beside the database; all of it outlives them.
struct ApiParts {
    access::Gatekeeper& gatekeeper;
    Changes& changes;
    std::string version;  ///< of the program
    /// For /session, /me, /accounts, /roles and /tokens, which are missing without it.
    access::SignIn* sign_in = nullptr;
    MediaParts media = {};
    WebhookParts webhooks = {};
    std::vector<std::string> projections = {};  ///< of the configuration
};

void add_events(Routes& routes, const ApiParts& parts);

/// Every route there is, and their description.
void add_all(Routes& routes, const ApiParts& parts);

}  // namespace barid::api
