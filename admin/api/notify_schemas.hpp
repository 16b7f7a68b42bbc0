// JSON Schemas that several of the routes about notifications name. Called once, by the area that
// is added first (add_notifications).
#pragma once

#include "admin/api/route.hpp"

namespace barid::api {

void add_notification_schemas(Routes& routes);
/// POST /notifications/preview, which is made of templates.
void add_notification_previews(Routes& routes);

}  // namespace barid::api
