// The job kind order.notice: a notice to a customer that could not be sent in the shop's own
// transaction, because of a template or a preference that somebody broke.
//
//     {"user": "noura", "notice": "paid", "order": "A-1042", "vars": {…}, "dedupe":
//     "order:A-1042:paid"}
//
// barid.order_notice adds it (0029_commerce.sql) and says what is in it. Once it is mended a retry
// sends the notice, once for each `dedupe`. The pool must outlive the registry; io thread only.
#pragma once

#include "jobs/registry.hpp"
#include "queue/pg/pool.hpp"

namespace barid::jobs {

struct OrderNoticePayload {
    std::string user;
    std::string notice;
    std::optional<std::string> order;
    std::string vars = "{}";  ///< JSON
    std::string dedupe;
};

/// Notes every violation in `in`; the caller finishes it.
OrderNoticePayload parse_order_notice_payload(JsonReader& in);

void register_order_notice(Registry& registry, pg::Pool& pool);

}  // namespace barid::jobs
