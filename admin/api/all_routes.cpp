#include "admin/api/all_routes.hpp"

#include "admin/api/call.hpp"
#include "admin/api/openapi.hpp"
#include "admin/api/projections_routes.hpp"
#include "admin/api/session_parts.hpp"

namespace barid::api {

void add_all(Routes& routes, const ApiParts& parts) {
    add_overview(routes);
    add_jobs(routes);
    add_bulk(routes);
    add_queues(routes);
    add_schedules(routes);
    add_timeline(routes);
    add_notifications(routes);
    add_resends(routes);
    add_broadcasts(routes);
    add_templates(routes);
    add_users(routes);
    add_media(routes, parts.media);
    add_translations(routes);
    add_webhooks(routes, parts.webhooks);
    add_outbox(routes);
    add_projections(routes, parts.projections);
    add_payments(routes);
    add_audit(routes);
    if (parts.sign_in != nullptr) {
        add_session(routes, *parts.sign_in, parts.version);
        add_roles(routes, *parts.sign_in);
        add_accounts(routes, *parts.sign_in);
        add_tokens(routes, *parts.sign_in);
    }
    add_events(routes, parts);
    add_openapi(routes, parts.version);
}

}  // namespace barid::api
