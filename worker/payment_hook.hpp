// POST /hooks/payment/NAME: a payment gateway's webhooks.
//
// Open to all, at most 64 KiB, and believed nothing but its signature: a message that bears it
// makes a job that asks the gateway, and nothing else. The answer is 200 when the job is written
// (or the event means nothing here), 401 without a word for another signature, 404 where no gateway
// of that name has a secret, 503 when the database doesn't answer, so that the gateway sends it
// again.
#pragma once

#include "admin/http/server.hpp"
#include "base/log.hpp"
#include "config/settings.hpp"
#include "queue/pg/pool.hpp"

namespace barid::worker {

/// Nothing without a secret. The pool must outlive the server; before it starts, on the io thread.
void mount_payment_hooks(web::HttpServer& server, pg::Pool& pool, const config::Settings& settings,
                         log::Logger log);

}  // namespace barid::worker
