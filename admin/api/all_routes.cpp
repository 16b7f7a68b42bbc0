#include "admin/api/all_routes.hpp"

#include "admin/api/call.hpp"
#include "admin/api/openapi.hpp"

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
    add_media(routes);
    add_translations(routes);
    add_webhooks(routes);
    add_audit(routes);
    add_events(routes, parts);
    add_openapi(routes, parts.version);
}

}  // namespace barid::api
