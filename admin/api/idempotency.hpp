// Requests that are sent twice: the answer of the first is kept with its effect, in one
// transaction, for a day (after draft-ietf-httpapi-idempotency-key-header-07). Io thread only.
#pragma once

#include <optional>
#include <string>

#include "admin/api/route.hpp"
#include "admin/http/message.hpp"
#include "base/asio.hpp"
#include "queue/pg/pool.hpp"

namespace barid::api {

/// A request's key, with what it belongs to.
struct IdempotencyKey {
    std::string principal;
    std::string route;  ///< with the path's values: another job's retry is another request
    std::string key;
    std::string body;
};

/// The header's key, or nothing without one. Throws 400 `bad_idempotency_key`.
std::optional<IdempotencyKey> idempotency_key(const web::Request& request,
                                              const std::string& principal);

/// The answer that was kept, or nothing when the request is new. Throws 409 `in_flight` while the
/// first one runs, 422 `key_reused` when it had another body, 409 `already_done` when its answer
/// wasn't kept because it holds a secret.
awaitable<std::optional<web::Response>> kept_answer(pg::Transaction& transaction,
                                                    const IdempotencyKey& key);
/// Keeps the answer until tomorrow, and lets go of some that are older.
awaitable<void> keep_answer(pg::Transaction& transaction, const IdempotencyKey& key,
                            const web::Response& response, bool with_body);

}  // namespace barid::api
