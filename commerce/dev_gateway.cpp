#include "commerce/dev_gateway.hpp"

#include <fmt/format.h>

#include "queue/pg/error.hpp"

namespace barid::commerce {
namespace {

constexpr std::string_view kFind = R"(
SELECT i.id, i.reference, i.amount_minor, i.currency, i.state, i.payment_id
FROM barid.dev_invoice i
WHERE i.gateway = $1 AND $3 = CASE $2 WHEN 'invoice_id' THEN i.id
                                      WHEN 'payment_id' THEN i.payment_id
                                      ELSE i.reference END
ORDER BY i.created_at DESC LIMIT 1)";

// A second request with the same reference finds the invoice of the first.
constexpr std::string_view kExecute = R"(
WITH before AS (
    SELECT i.id FROM barid.dev_invoice i WHERE i.gateway = $1 AND i.reference = $2 LIMIT 1)
SELECT b.id FROM before b
UNION ALL
SELECT barid.dev_invoice($1, $2, $3, $4) WHERE NOT EXISTS (SELECT FROM before))";

constexpr std::string_view kRefund = R"(
INSERT INTO barid.dev_refund (invoice_id, amount_minor, reference)
SELECT i.id, $4, $5 FROM barid.dev_invoice i
WHERE i.gateway = $1 AND i.state = 'paid'
  AND $3 = CASE $2 WHEN 'payment_id' THEN i.payment_id ELSE i.id END
RETURNING id)";

constexpr std::string_view kRefunds = R"(
SELECT r.id, r.reference FROM barid.dev_refund r JOIN barid.dev_invoice i ON i.id = r.invoice_id
WHERE i.gateway = $1 AND ($2::text IS NULL OR r.invoice_id = $2)
  AND ($3::text IS NULL OR r.id::text = $3)
ORDER BY r.id LIMIT 100)";

InvoiceState state_of(std::string_view text) {
    if (text == "paid") return InvoiceState::paid;
    return text == "canceled" ? InvoiceState::canceled : InvoiceState::pending;
}

RefundsAnswer refunds_in_rows(const pg::Result& rows) {
    RefundsAnswer answer;
    for (const auto& row : rows) {
        answer.refunds.push_back({.id = std::string(row.text(0)),
                                  .reference = std::string(row.text(1)),
                                  .state = RefundState::refunded,
                                  .status = "Refunded"});
    }
    if (answer.refunds.empty()) answer.trouble = Trouble::not_found;
    return answer;
}

}  // namespace

awaitable<StatusAnswer> DevGateway::status(KeyType type, std::string key) {
    const pg::Result rows =
        co_await pool_.execute(kFind, pg::Params(name_, std::string(key_type_name(type)), key));
    StatusAnswer answer;
    if (rows.empty()) {
        answer.trouble = Trouble::not_found;
        answer.problem = "there is no such invoice in barid.dev_invoice";
        co_return answer;
    }
    const pg::Row row = rows.one();
    Invoice invoice;
    invoice.id = row.text(0);
    invoice.reference = row.text(1);
    invoice.display =
        Money{.minor = row.get<std::int64_t>(2), .currency = std::string(row.text(3))};
    invoice.display_text = fmt::format("{} {}", format_minor(*invoice.display).value_or("?"),
                                       invoice.display->currency);
    invoice.status = row.text(4);
    invoice.state = state_of(row.text(4));
    if (!row.is_null(5)) {
        invoice.transactions.push_back({.payment_id = std::string(row.text(5)),
                                        .standing = Standing::succeeded,
                                        .status = "Succss",
                                        .currency = invoice.display->currency});
    }
    answer.invoice = std::move(invoice);
    co_return answer;
}

awaitable<ExecuteAnswer> DevGateway::execute(ExecuteRequest request) {
    const pg::Result made = co_await pool_.execute(
        kExecute,
        pg::Params(name_, request.reference, request.amount.minor, request.amount.currency));
    ExecuteAnswer answer;
    answer.invoice_id = made.one().text(0);
    co_return answer;
}

awaitable<RefundAnswer> DevGateway::refund(RefundRequest request) {
    const pg::Result made = co_await pool_.execute(
        kRefund, pg::Params(name_, std::string(key_type_name(request.key_type)), request.key,
                            request.amount.minor, request.reference));
    RefundAnswer answer;
    if (made.empty()) {
        answer.trouble = Trouble::refused;
        answer.problem = "there is no such paid invoice in barid.dev_invoice";
    } else {
        answer.refund_id = made.one().text(0);
    }
    co_return answer;
}

awaitable<RefundsAnswer> DevGateway::refund_by_id(std::string refund_id) {
    co_return refunds_in_rows(co_await pool_.execute(
        kRefunds, pg::Params(name_, std::optional<std::string>(), refund_id)));
}

awaitable<RefundsAnswer> DevGateway::refunds_of(std::string invoice_id) {
    co_return refunds_in_rows(co_await pool_.execute(
        kRefunds, pg::Params(name_, invoice_id, std::optional<std::string>())));
}

bool DevGateway::refunds_in(std::string_view currency) const {
    return currency_exponent(currency).has_value();
}

}  // namespace barid::commerce
