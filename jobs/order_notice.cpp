#include "jobs/order_notice.hpp"

#include <boost/json/serialize.hpp>

#include "queue/pg/error.hpp"

namespace barid::jobs {
namespace {

constexpr std::string_view kSend =
    "SELECT barid.send_order_notice($1, $2, $3, $4::jsonb, $5)::text";

awaitable<queue::Outcome> send(pg::Pool& pool, OrderNoticePayload payload) {
    try {
        const pg::Result sent = co_await pool.execute(
            kSend,
            pg::Params(payload.user, payload.notice, payload.order, payload.vars, payload.dedupe));
        co_return queue::Done{
            json::serialize(json::object{{"notification", json::string(sent.one().text(0))}})};
    } catch (const pg::Error& error) {
        if (error.transient()) throw;
        // A template that is mended within the attempts is in time still.
        co_return queue::Retry{.error = error.what(), .after = {}};
    }
}

}  // namespace

OrderNoticePayload parse_order_notice_payload(JsonReader& in) {
    OrderNoticePayload payload;
    payload.user = in.text("user", {.max_bytes = 256});
    payload.notice = in.text("notice", {.max_bytes = 40});
    payload.order = in.optional_text("order", {.max_bytes = 256});
    payload.dedupe = in.text("dedupe", {.max_bytes = 512});
    if (const json::object* vars = in.optional_object("vars")) {
        payload.vars = json::serialize(*vars);
    }
    return payload;
}

void register_order_notice(Registry& registry, pg::Pool& pool) {
    registry.add<OrderNoticePayload>(
        {.kind = "order.notice"}, parse_order_notice_payload,
        [&pool](JobContext&, OrderNoticePayload payload) -> awaitable<queue::Outcome> {
            co_return co_await send(pool, std::move(payload));
        });
}

}  // namespace barid::jobs
