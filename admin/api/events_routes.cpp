// GET /events: server-sent events that say which topics changed, and nothing of what they hold.
// Clients fetch again what they show, with the rights that they have then.
#include <algorithm>

#include "admin/api/all_routes.hpp"
#include "admin/api/call.hpp"
#include "admin/api/changes.hpp"

namespace barid::api {
namespace {

using access::Permission;

constexpr std::chrono::milliseconds kPause{1000};
/// How often a stream is asked for its right to go on: a token that was revoked has none within
/// this and the time that the gatekeeper remembers it.
constexpr int kTurnsBetweenChecks = 5;

bool may_see(const access::Grants& grants, std::string_view topic) {
    if (topic == "notifications" || topic == "broadcasts" || topic == "templates") {
        return grants.allows(Permission::notifications_view);
    }
    if (topic == "media") return grants.allows(Permission::media_view);
    if (topic == "translations") return grants.allows(Permission::translations_view);
    if (topic == "audit") return grants.allows(Permission::audit_view);
    if (topic == "outbox" || topic == "projections" || topic == "payments") {
        return grants.allows(Permission::commerce_view);
    }
    return grants.allows(Permission::jobs_view);
}

/// How often the other topics change is nobody else's business either.
Fingerprints seen_by(const access::Grants& grants, Fingerprints all) {
    std::erase_if(all, [&](const auto& each) { return !may_see(grants, each.first); });
    return all;
}

std::string data_of(const std::vector<std::string>& topics) {
    return json::serialize(json::object{{"topics", json::array(topics.begin(), topics.end())}});
}

/// Until the client is gone, the server stops, or the caller isn't let in any more.
awaitable<void> tell(web::EventSink& sink, Changes& changes, access::Gatekeeper& gatekeeper,
                     web::Request request, access::Grants grants) {
    auto known = parse_fingerprints(request.head.header("Last-Event-ID"));
    // Whoever comes for the first time has just fetched everything.
    if (known.empty()) known = co_await changes.now();
    known = seen_by(grants, std::move(known));
    if (!co_await sink.send("ready", "{}", format_fingerprints(known))) co_return;
    for (int turn = 1;; ++turn) {
        if (turn % kTurnsBetweenChecks == 0) {
            const auto entry = co_await gatekeeper.admit(request);
            const auto* principal = std::get_if<access::Principal>(&entry);
            if (principal == nullptr) co_return;
            grants = principal->grants;
        }
        auto now = seen_by(grants, co_await changes.now());
        const auto topics = changed_topics(known, now);
        known = std::move(now);
        if (!topics.empty() &&
            !co_await sink.send("changed", data_of(topics), format_fingerprints(known))) {
            co_return;
        }
        if (!co_await sink.wait(kPause)) co_return;
    }
}

}  // namespace

void add_events(Routes& routes, const ApiParts& parts) {
    routes.add({.method = "GET",
                .path = "/events",
                .operation = "watchEvents",
                .tag = "events",
                .summary = "Server-sent events: `changed` with the topics to fetch again.",
                .open = Route::Open::to_signed_in,
                .handler = [&changes = parts.changes, &gatekeeper = parts.gatekeeper](
                               Call& call) -> awaitable<web::Response> {
                    web::Response response{.content_type = "text/event-stream"};
                    response.stream = [&changes, &gatekeeper, request = call.request(),
                                       grants = call.who().grants](web::EventSink& sink) {
                        return tell(sink, changes, gatekeeper, request, grants);
                    };
                    co_return response;
                }});
}

}  // namespace barid::api
