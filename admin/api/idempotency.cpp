#include "admin/api/idempotency.hpp"

#include <algorithm>

#include "admin/api/problem.hpp"
#include "base/crypto.hpp"

namespace barid::api {
namespace {

constexpr std::size_t kMaxKeyBytes = 200;
constexpr std::string_view kHeader = "Idempotency-Key";

}  // namespace

std::optional<IdempotencyKey> idempotency_key(const web::Request& request,
                                              const std::string& principal) {
    if (request.head.count(kHeader) == 0) return std::nullopt;
    const auto key = request.head.header(kHeader);
    const bool printable = std::ranges::all_of(key, [](char c) { return c > ' ' && c < '\x7f'; });
    if (request.head.count(kHeader) > 1 || key.empty() || key.size() > kMaxKeyBytes || !printable) {
        throw Problem(400, "bad_idempotency_key",
                      "Idempotency-Key must be one value of 1 to 200 printable characters");
    }
    return IdempotencyKey{.principal = principal,
                          .route = request.head.method + " " + request.path,
                          .key = std::string(key),
                          .body = sha256_hex(request.body)};
}

awaitable<std::optional<web::Response>> kept_answer(pg::Transaction& transaction,
                                                    const IdempotencyKey& key) {
    // Held until the transaction ends: whoever repeats the request meanwhile is told at once.
    const auto lock = co_await transaction.execute(
        "SELECT pg_try_advisory_xact_lock(hashtextextended($1 || E'\\n' || $2 || E'\\n' || $3, 6))",
        pg::Params(key.principal, key.route, key.key));
    if (!lock.one().get<bool>(0)) {
        throw Problem(409, "in_flight",
                      "the same request is being answered: ask again in a moment");
    }
    const auto kept =
        co_await transaction.execute(R"(
        SELECT encode(body_hash, 'hex') = $4, status, body FROM barid.admin_idempotency
        WHERE principal = $1 AND route = $2 AND key = $3
          AND created_at > clock_timestamp() - interval '1 day')",
                                     pg::Params(key.principal, key.route, key.key, key.body));
    if (kept.empty()) co_return std::nullopt;
    const auto row = kept[0];
    if (!row.get<bool>(0)) {
        throw Problem(422, "key_reused",
                      "this Idempotency-Key was used for another body: take a new one");
    }
    const auto body = row.get<std::string>(2);
    const auto status = row.get<int>(1);
    if (body.empty() && status != 204) {
        throw Problem(409, "already_done",
                      "this request was answered before, with a secret that "
                      "is shown only once");
    }
    co_return web::Response{
        .status = status, .body = body, .headers = {{"Idempotency-Replayed", "true"}}};
}

awaitable<void> keep_answer(pg::Transaction& transaction, const IdempotencyKey& key,
                            const web::Response& response, bool with_body) {
    co_await transaction.execute(
        R"(
        WITH old AS (DELETE FROM barid.admin_idempotency WHERE (principal, route, key) IN (
                SELECT principal, route, key FROM barid.admin_idempotency
                WHERE created_at < clock_timestamp() - interval '1 day'
                  AND (principal, route, key) <> ($1, $2, $3)
                ORDER BY created_at LIMIT 100 FOR UPDATE SKIP LOCKED))
        INSERT INTO barid.admin_idempotency (principal, route, key, body_hash, status, body)
        VALUES ($1, $2, $3, decode($4, 'hex'), $5::int, $6)
        ON CONFLICT (principal, route, key) DO UPDATE
        SET body_hash = excluded.body_hash, status = excluded.status, body = excluded.body,
            created_at = clock_timestamp())",
        pg::Params(key.principal, key.route, key.key, key.body, response.status,
                   with_body ? response.body : std::string()));
}

}  // namespace barid::api
