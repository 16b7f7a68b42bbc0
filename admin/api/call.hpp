// One API request as its handler sees it: who asks, checked parameters, the body, the database and
// the audit log. Owned by the dispatcher for the length of the request; io thread only.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access/grants.hpp"
#include "admin/api/cursor.hpp"
#include "admin/api/problem.hpp"
#include "admin/api/route.hpp"
#include "admin/http/message.hpp"
#include "base/json.hpp"
#include "queue/pg/pool.hpp"

namespace barid::api {

/// One line of the audit log. `before` and `after` are JSON texts, "" for none; no secrets.
struct AuditEntry {
    std::string action;       ///< "job.retry", "queue.pause": what was done
    std::string target_kind;  ///< "job", "queue", "template", …
    std::string target;       ///< its id
    std::string before = {};
    std::string after = {};
    std::string reason = {};  ///< "": the body's member "reason"
    std::string actor = {};   ///< "": the caller
    std::string actor_name = {};
};

class Call {
  public:
    Call(const web::Request& request, const Route& route, const access::Principal& who,
         pg::Pool& pool, const CursorKey& cursors);

    [[nodiscard]] const web::Request& request() const { return request_; }
    [[nodiscard]] const access::Principal& who() const { return who_; }
    /// Also allowed to do that?
    [[nodiscard]] bool may(access::Permission permission) const;
    /// Throws 403 `forbidden` when not.
    void require(access::Permission permission) const;
    /// Which queues or categories the permission reaches, for `$n::text[]`: NULL means all. In
    /// SQL: `($1::text[] IS NULL OR queue = ANY($1::text[]))`. What is out of reach doesn't exist:
    /// 404, not 403. An empty list when it isn't granted.
    [[nodiscard]] std::optional<std::vector<std::string>> reach(
        access::Permission permission) const;

    // Parameters of path and query, checked already. "" and nullopt when they are missing.
    [[nodiscard]] std::string text(std::string_view name) const;
    [[nodiscard]] std::optional<std::string> optional_text(std::string_view name) const;
    [[nodiscard]] std::optional<std::int64_t> integer(std::string_view name) const;
    [[nodiscard]] bool flag(std::string_view name) const;  ///< false when missing
    /// For `$n::timestamptz`; RFC 3339 with a zone was asked for.
    [[nodiscard]] std::optional<std::string> time(std::string_view name) const;
    [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;

    /// The body. Read it with a JsonReader whose `finish()` makes 422 `invalid` of all violations.
    [[nodiscard]] const json::value& body() const { return body_; }

    // Keyset pages: `limit` items from where `cursor` points.
    /// The parameter `limit`: 1 to 200, 50 when missing. Ask the database for one more.
    [[nodiscard]] int limit() const;
    /// What `next_cursor` was given on the page before, or nothing on the first page. Throws 400
    /// `bad_cursor` when it isn't ours or belongs to other filters.
    [[nodiscard]] std::optional<std::string> position() const;
    /// An opaque text that leads to the items after `position`, bound to this request's filters.
    [[nodiscard]] std::string next_cursor(std::string_view position) const;

    /// One statement. In a request that changes something it is a part of the one transaction in
    /// which the effect, the audit line and the idempotency key are committed together.
    awaitable<pg::Result> sql(std::string_view text, pg::Params params = {});
    // Texts are taken by value: handlers return these coroutines, and may have made the text.
    /// The first column of the only row, as JSON text; throws 404 `not_found` naming `what` when
    /// there is no row or it is NULL.
    awaitable<std::string> document(std::string what, std::string text, pg::Params params = {});
    /// Each row's first column is a JSON object, its second the position for the cursor; there is
    /// one row more than `limit()` when there are further ones. Gives {"items":[…],"next":…}.
    awaitable<web::Response> page(std::string text, pg::Params params = {});
    /// A first column counted up to 10,001: {"count":10000,"capped":true}.
    awaitable<web::Response> count(std::string text, pg::Params params = {});

    /// What was done; at least one for each request that changes something.
    awaitable<void> audit(AuditEntry entry);
    [[nodiscard]] bool audited() const { return audited_; }
    /// The body's member "reason": 422 when `required` and missing or longer than 500 bytes.
    [[nodiscard]] std::string reason(bool required = false) const;
    /// For changes: throws 412 `changed` unless If-Match is missing or names `current`'s ETag.
    void require_match(std::string_view current) const;

    // For the dispatcher.
    void set_parameters(std::map<std::string, std::vector<std::string>> parameters);
    void set_body(json::value body) { body_ = std::move(body); }
    void set_transaction(pg::Transaction* transaction) { transaction_ = transaction; }

  private:
    [[nodiscard]] std::string filters() const;

    const web::Request& request_;
    const Route& route_;
    const access::Principal& who_;
    pg::Pool& pool_;
    const CursorKey& cursors_;
    pg::Transaction* transaction_ = nullptr;
    std::map<std::string, std::vector<std::string>> parameters_;
    json::value body_;
    bool audited_ = false;
};

/// {"json":…} as it is, 200 or another status.
web::Response json_response(std::string body, int status = 200);

/// The ETag of a representation: its SHA-256, quoted.
std::string etag_of(std::string_view body);

// Areas of the API; each is a file (or several) of its own that adds routes and schemas.
void add_overview(Routes& routes);
void add_jobs(Routes& routes);
void add_bulk(Routes& routes);
void add_queues(Routes& routes);
void add_schedules(Routes& routes);
void add_timeline(Routes& routes);
void add_notifications(Routes& routes);
void add_resends(Routes& routes);
void add_broadcasts(Routes& routes);
void add_templates(Routes& routes);
void add_users(Routes& routes);
void add_media(Routes& routes);
void add_translations(Routes& routes);
void add_webhooks(Routes& routes);
void add_outbox(Routes& routes);
void add_payments(Routes& routes);
void add_audit(Routes& routes);

}  // namespace barid::api
