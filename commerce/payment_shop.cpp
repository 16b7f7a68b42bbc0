#include "commerce/payment_shop.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace barid::commerce {
namespace {

KeyType key_type_of(const pg::Row& row, int column, const char* what) {
    const auto type = parse_key_type(row.text(column));
    if (type) return *type;
    throw Error(Error::Retry::permanent,
                fmt::format("{} has the kind of key {}, which the contract doesn't know", what,
                            json_quote(truncate_utf8(row.text(column), 80))));
}

std::string text_of(const pg::Row& row, int column) {
    return std::string(row.text(column));
}

std::vector<Attempt> attempts_of(const pg::Result& rows) {
    std::vector<Attempt> out;
    for (const pg::Row row : rows) {
        Attempt attempt{.order = text_of(row, 0),
                        .id = text_of(row, 1),
                        .gateway = text_of(row, 2),
                        .state = text_of(row, 3),
                        .key_type = key_type_of(row, 4, "an attempt"),
                        .key = text_of(row, 5),
                        .reference = text_of(row, 6),
                        .amount = {row.get<std::int64_t>(7), text_of(row, 8)},
                        .created_at = row.get<SystemTime>(9)};
        // What has no invoice yet is found by what it was sent with.
        if (attempt.key.empty()) {
            attempt.key_type = KeyType::customer_reference;
            attempt.key = attempt.reference;
        }
        out.push_back(std::move(attempt));
    }
    return out;
}

std::optional<std::int64_t> fence_of(const pg::Result& result) {
    return result.one().get<std::optional<std::int64_t>>(0);
}

std::optional<std::string> or_null(std::string text) {
    if (text.empty()) return std::nullopt;
    return text;
}

}  // namespace

awaitable<std::vector<Attempt>> PaymentShop::candidates(int limit,
                                                        std::chrono::milliseconds min_age,
                                                        std::string after) const {
    co_return attempts_of(
        co_await shop_.rows("payment_candidates", "$1::int, $2::interval, $3",
                            pg::Params(limit, std::chrono::microseconds(min_age), after)));
}

awaitable<std::vector<Attempt>> PaymentShop::order_attempts(std::string order) const {
    co_return attempts_of(co_await shop_.rows("order_attempts", "$1", pg::Params(order)));
}

awaitable<std::vector<Attempt>> PaymentShop::find_attempts(std::string gateway, KeyType type,
                                                           std::string key) const {
    co_return attempts_of(co_await shop_.rows("find_attempts", "$1, $2, $3",
                                              pg::Params(gateway, key_type_name(type), key)));
}

awaitable<int> PaymentShop::expire_claims() const {
    const pg::Result result = co_await shop_.rows("expire_claims", "", {});
    co_return result.one().get<int>(0);
}

awaitable<std::string> PaymentShop::mark_paid(const Attempt& attempt, std::string payment_id,
                                              Money amount, std::string source,
                                              std::int64_t evidence_id) const {
    co_return co_await shop_.answer("mark_paid", "$1, $2, $3, $4::bigint, $5, $6, $7::bigint",
                                    pg::Params(attempt.order, attempt.id, payment_id, amount.minor,
                                               amount.currency, source, evidence_id),
                                    kPaidAnswers);
}

awaitable<std::string> PaymentShop::attempt_closed(std::string attempt, std::string reason,
                                                   std::int64_t evidence_id) const {
    co_return co_await shop_.answer("attempt_closed", "$1, $2, $3::bigint",
                                    pg::Params(attempt, reason, evidence_id), kRecordAnswers);
}

awaitable<std::vector<std::string>> PaymentShop::expirable_orders(int limit,
                                                                  std::string after) const {
    const pg::Result rows =
        co_await shop_.rows("expirable_orders", "$1::int, $2", pg::Params(limit, after));
    std::vector<std::string> out;
    for (const pg::Row row : rows) out.push_back(text_of(row, 0));
    co_return out;
}

awaitable<std::string> PaymentShop::expire_order(std::string order, std::int64_t evidence_id,
                                                 SystemTime checked_at,
                                                 std::vector<std::string> attempts) const {
    json::array ids;
    for (std::string& id : attempts) ids.emplace_back(std::move(id));
    co_return co_await shop_.answer(
        "expire_order",
        "$1, $2::bigint, $3::timestamptz, "
        "ARRAY(SELECT e.id FROM pg_catalog.jsonb_array_elements_text($4::jsonb) "
        "WITH ORDINALITY e(id, n) ORDER BY e.n)",
        pg::Params(order, evidence_id, checked_at, json::serialize(ids)), kExpireAnswers);
}

awaitable<std::optional<std::int64_t>> PaymentShop::claim_attempt(
    std::string attempt, std::chrono::milliseconds ttl) const {
    co_return fence_of(co_await shop_.rows("claim_attempt", "$1, $2::interval",
                                           pg::Params(attempt, std::chrono::microseconds(ttl))));
}

awaitable<std::optional<std::string>> PaymentShop::attempt_request(std::string attempt,
                                                                   std::int64_t fence) const {
    const pg::Result result =
        co_await shop_.rows("attempt_request", "$1, $2::bigint", pg::Params(attempt, fence));
    if (result.empty()) co_return std::nullopt;
    co_return result.one().get<std::optional<std::string>>(0);
}

awaitable<std::string> PaymentShop::attempt_outcome(std::string attempt,
                                                    std::optional<std::int64_t> fence,
                                                    AttemptOutcome outcome) const {
    co_return co_await shop_.answer(
        "attempt_outcome", "$1, $2::bigint, $3, $4, $5, $6",
        pg::Params(attempt, fence, outcome.outcome, or_null(outcome.invoice_id),
                   or_null(outcome.payment_id), or_null(outcome.error)),
        kRecordAnswers);
}

awaitable<std::vector<DueRefund>> PaymentShop::refund_candidates(int limit,
                                                                 std::string after) const {
    const pg::Result rows =
        co_await shop_.rows("refund_candidates", "$1::int, $2", pg::Params(limit, after));
    std::vector<DueRefund> out;
    for (const pg::Row row : rows) {
        out.push_back({.id = text_of(row, 0),
                       .order = text_of(row, 1),
                       .gateway = text_of(row, 2),
                       .state = text_of(row, 3),
                       .key_type = key_type_of(row, 4, "a refund"),
                       .key = text_of(row, 5),
                       .amount = {row.get<std::int64_t>(6), text_of(row, 7)},
                       .gateway_id = text_of(row, 8),
                       .reference = text_of(row, 9)});
    }
    co_return out;
}

awaitable<std::optional<std::int64_t>> PaymentShop::claim_refund(
    std::string refund, std::chrono::milliseconds ttl) const {
    co_return fence_of(co_await shop_.rows("claim_refund", "$1, $2::interval",
                                           pg::Params(refund, std::chrono::microseconds(ttl))));
}

awaitable<std::string> PaymentShop::refund_outcome(std::string refund,
                                                   std::optional<std::int64_t> fence,
                                                   std::string outcome,
                                                   std::optional<std::string> gateway_refund_id,
                                                   std::optional<std::int64_t> evidence_id) const {
    co_return co_await shop_.answer(
        "refund_outcome", "$1, $2::bigint, $3, $4, $5::bigint",
        pg::Params(refund, fence, outcome, gateway_refund_id, evidence_id), kRecordAnswers);
}

}  // namespace barid::commerce
