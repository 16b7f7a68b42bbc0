#include "commerce/payment_check.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace barid::commerce {
namespace {

// All of it together is less than the 64 KiB that barid.payment_check takes, whatever is in it: an
// answer that can't be written down would never be acted on.
constexpr std::size_t kKeptTransactions = 30;
constexpr std::size_t kKeptAttempts = 20;
constexpr std::size_t kProblemBytes = 300;

json::value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::value(text);
}

json::array transactions_of(const Invoice& invoice, std::size_t& left) {
    json::array out;
    for (const Transaction& one : invoice.transactions) {
        if (left == 0) break;
        left -= 1;
        out.push_back(json::object{{"payment_id", one.payment_id},
                                   {"status", one.status},
                                   {"currency", one.currency},
                                   {"value", one.value}});
    }
    return out;
}

json::object evidence_of(const Looked& looked, std::size_t& transactions_left) {
    const Attempt& attempt = looked.attempt;
    json::object out{
        {"attempt", attempt.id},
        {"gateway", attempt.gateway},
        {"state", attempt.state},
        {"key_type", key_type_name(attempt.key_type)},
        {"key", attempt.key},
        {"amount_minor", attempt.amount.minor},
        {"currency", attempt.amount.currency},
        {"finding", finding_name(looked.evidence.finding)},
        {"problem", text_or_null(truncate_utf8(looked.evidence.problem, kProblemBytes))}};
    if (looked.answer.invoice) {
        const Invoice& invoice = *looked.answer.invoice;
        out["invoice"] = invoice.id;
        out["status"] = invoice.status;
        out["display"] = invoice.display_text;
        out["transactions"] = transactions_of(invoice, transactions_left);
    }
    return out;
}

/// Whether another payment of the same invoice may still succeed.
bool still_paying(const Looked& looked) {
    return looked.answer.invoice &&
           std::ranges::any_of(looked.answer.invoice->transactions, [](const Transaction& one) {
               return one.standing == Standing::under_way;
           });
}

/// Where nothing was asked there is nothing to keep.
bool was_asked(const Looked& looked) {
    return looked.answer.trouble != Trouble::paused;
}

}  // namespace

std::int64_t Counts::of(std::string_view what) const {
    const auto found = counts_.find(what);
    return found == counts_.end() ? 0 : found->second;
}

json::object Counts::to_json() const {
    json::object out;
    for (const auto& [what, times] : counts_) out[what] = times;
    return out;
}

void Counts::take(const json::object& counts) {
    for (const auto& entry : counts) {
        if (const auto* times = entry.value().if_int64()) add(entry.key(), *times);
    }
}

std::string_view verdict_name(PaymentVerdict verdict) {
    switch (verdict) {
        case PaymentVerdict::paid:
            return "PAID";
        case PaymentVerdict::unpaid:
            return "UNPAID";
        case PaymentVerdict::unsure:
            return "UNSURE";
        case PaymentVerdict::mismatch:
            return "MISMATCH";
    }
    return "UNSURE";
}

PaymentVerdict verdict_of(const std::vector<Looked>& looked) {
    PaymentVerdict verdict = PaymentVerdict::unpaid;
    for (const Looked& one : looked) {
        switch (one.evidence.finding) {
            case Finding::paid:
                return PaymentVerdict::paid;
            case Finding::mismatch:
                verdict = PaymentVerdict::mismatch;
                break;
            case Finding::under_way:
            case Finding::unsure:
                if (verdict != PaymentVerdict::mismatch) verdict = PaymentVerdict::unsure;
                break;
            case Finding::open:
            case Finding::canceled:
            case Finding::expired:
            case Finding::not_found:
                break;
        }
    }
    return verdict;
}

json::array evidence_of(const std::vector<Looked>& looked) {
    json::array out;
    std::size_t transactions_left = kKeptTransactions;
    for (const Looked& one : looked) {
        if (out.size() == kKeptAttempts) break;
        out.push_back(evidence_of(one, transactions_left));
    }
    return out;
}

PaymentChecker::PaymentChecker(const Shop& shop, pg::Pool& pool,
                               std::vector<PaymentGateway*> gateways, PaymentOptions options,
                               log::Logger log)
    : shop_(shop),
      pool_(pool),
      gateways_(std::move(gateways)),
      options_(std::move(options)),
      log_(std::move(log)) {}

PaymentGateway* PaymentChecker::gateway(std::string_view name) const {
    const auto found = std::ranges::find_if(
        gateways_, [&](const PaymentGateway* one) { return one->name() == name; });
    return found == gateways_.end() ? nullptr : *found;
}

std::vector<std::string> PaymentChecker::gateway_names() const {
    std::vector<std::string> names;
    for (const PaymentGateway* one : gateways_) names.push_back(one->name());
    return names;
}

awaitable<SystemTime> PaymentChecker::database_now() const {
    const pg::Result result = co_await pool_.execute("SELECT barid.payment_clock()");
    co_return result.one().get<SystemTime>(0);
}

/// What the gateway doesn't find may still arrive there: it is missing once it was missing before,
/// that long ago.
awaitable<bool> PaymentChecker::missing_long_enough(const Looked& looked, SystemTime now) const {
    if (looked.attempt.created_at > now - options_.unknown_after) co_return false;
    if (options_.unknown_after == std::chrono::milliseconds(0)) co_return true;
    const pg::Result result = co_await pool_.execute(
        "SELECT coalesce(barid.payment_missing_since($1, $2) <= $3::timestamptz - $4::interval, "
        "false)",
        pg::Params(looked.attempt.order, looked.attempt.id, now,
                   std::chrono::microseconds(options_.unknown_after)));
    co_return result.one().get<bool>(0);
}

awaitable<Looked> PaymentChecker::look(Attempt attempt, SystemTime now) const {
    Looked looked{.attempt = std::move(attempt)};
    if (looked.attempt.state == "EXECUTING") {
        looked.evidence = {.finding = Finding::under_way, .problem = "it is being executed"};
        co_return looked;
    }
    PaymentGateway* known = gateway(looked.attempt.gateway);
    if (known == nullptr) {
        looked.answer.trouble = Trouble::paused;
        looked.evidence.problem =
            fmt::format("this worker has no [payment.{}]", looked.attempt.gateway);
        co_return looked;
    }
    looked.answer = co_await known->status(looked.attempt.key_type, looked.attempt.key);
    looked.evidence = judge_status(looked.attempt, looked.answer, now);
    co_return looked;
}

awaitable<Checked> PaymentChecker::ask(Checked checked, std::vector<Attempt> attempts,
                                       std::string cause, std::int64_t job) const {
    bool young = false;
    for (Attempt& attempt : attempts) {
        Looked looked = co_await look(std::move(attempt), checked.checked_at);
        if (looked.evidence.finding == Finding::not_found &&
            !co_await missing_long_enough(looked, checked.checked_at)) {
            looked.evidence.problem = "not found at the gateway, which may be too early to know";
            young = true;
        }
        checked.looked.push_back(std::move(looked));
    }
    checked.verdict = verdict_of(checked.looked);
    if (young && checked.verdict == PaymentVerdict::unpaid)
        checked.verdict = PaymentVerdict::unsure;
    if (!checked.looked.empty() && std::ranges::none_of(checked.looked, was_asked)) {
        co_return checked;
    }
    const pg::Result result = co_await pool_.execute(
        "SELECT barid.payment_evidence($1, $2, $3, $4::timestamptz, $5::jsonb, $6::bigint)",
        pg::Params(checked.order, cause, verdict_name(checked.verdict), checked.checked_at,
                   json::serialize(evidence_of(checked.looked)), job));
    checked.evidence_id = result.one().get<std::int64_t>(0);
    co_return checked;
}

awaitable<Checked> PaymentChecker::check(std::string order, std::vector<Attempt> attempts,
                                         std::string cause, std::int64_t job) const {
    Checked checked{.order = std::move(order)};
    checked.checked_at = co_await database_now();
    co_return co_await ask(std::move(checked), std::move(attempts), std::move(cause), job);
}

awaitable<Checked> PaymentChecker::check_order(std::string order, std::string cause,
                                               std::int64_t job) const {
    Checked checked{.order = std::move(order)};
    checked.checked_at = co_await database_now();
    std::vector<Attempt> attempts = co_await shop_.order_attempts(checked.order);
    co_return co_await ask(std::move(checked), std::move(attempts), std::move(cause), job);
}

awaitable<void> PaymentChecker::note(std::int64_t evidence_id, std::string result) const {
    if (evidence_id == 0) co_return;
    co_await pool_.execute("SELECT barid.payment_result($1::bigint, $2)",
                           pg::Params(evidence_id, result));
}

awaitable<void> PaymentChecker::hint(std::string gateway, std::string about,
                                     std::string invoice_id) const {
    co_await pool_.execute("SELECT barid.payment_hint($1, $2, $3, $4)",
                           pg::Params(gateway, about, invoice_id, options_.queue));
}

awaitable<void> PaymentChecker::again(std::string order) const {
    co_await pool_.execute("SELECT barid.payment_again($1, $2)", pg::Params(order, options_.queue));
}

awaitable<void> PaymentChecker::settle_money(const Checked& checked, const Looked& looked,
                                             std::string source, Counts& counts) const {
    const Evidence& evidence = looked.evidence;
    for (const std::string& payment : evidence.payments) {
        const std::string said = co_await shop_.mark_paid(looked.attempt, payment, evidence.amount,
                                                          source, checked.evidence_id);
        counts.add(said);
        co_await note(checked.evidence_id, fmt::format("{}: {}", payment, said));
        if (said == "REFUND_DUE") co_await hint(looked.attempt.gateway, "refund", "");
        if ((said == "FLIPPED" || said == "LATE_PLACED") && still_paying(looked)) {
            co_await again(checked.order);
        }
        if (said == "MISMATCH") {
            log_.error("money arrived that isn't what an order asked for: it is held",
                       {{"order", checked.order},
                        {"attempt", looked.attempt.id},
                        {"evidence", checked.evidence_id}});
        }
    }
}

awaitable<void> PaymentChecker::settle_one(const Checked& checked, const Looked& looked,
                                           std::string source, Counts& counts) const {
    const Attempt& attempt = looked.attempt;
    const Finding finding = looked.evidence.finding;
    counts.add(was_asked(looked) ? finding_name(finding) : "skipped");
    if (finding == Finding::mismatch && looked.evidence.payments.empty()) {
        log_.error("a gateway's answer doesn't fit the order: it is held",
                   {{"order", checked.order},
                    {"attempt", attempt.id},
                    {"problem", looked.evidence.problem},
                    {"evidence", checked.evidence_id}});
    }
    if (finding == Finding::paid || finding == Finding::mismatch) {
        co_await settle_money(checked, looked, std::move(source), counts);
        co_return;
    }
    const char* reason = finding == Finding::canceled  ? "CANCELED"
                         : finding == Finding::expired ? "EXPIRED"
                         : finding == Finding::not_found && looked.evidence.problem.empty()
                             ? "NOT_FOUND"
                             : nullptr;
    if (reason != nullptr && attempt.state != "PAID") {
        const std::string said =
            co_await shop_.attempt_closed(attempt.id, reason, checked.evidence_id);
        counts.add(said == "RECORDED" ? "closed" : "stale");
        co_await note(checked.evidence_id, fmt::format("{}: {} {}", attempt.id, reason, said));
    } else if (looked.answer.invoice && attempt.state == "UNKNOWN" &&
               (finding == Finding::open || finding == Finding::under_way)) {
        // It had arrived: money may come by it.
        const std::string said = co_await shop_.attempt_outcome(
            attempt.id, std::nullopt,
            {.outcome = "SUBMITTED", .invoice_id = looked.answer.invoice->id});
        counts.add("found");
        co_await note(checked.evidence_id, fmt::format("{}: found, {}", attempt.id, said));
    }
}

awaitable<void> PaymentChecker::settle(const Checked& checked, std::string source,
                                       Counts& counts) const {
    if (checked.evidence_id == 0) {
        for (std::size_t i = 0; i < checked.looked.size(); ++i) counts.add("skipped");
        co_return;
    }
    for (const Looked& looked : checked.looked) {
        co_await settle_one(checked, looked, source, counts);
    }
}

}  // namespace barid::commerce
