#include "commerce/gateway.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.hpp"

namespace barid::commerce {
namespace {

std::string shown(std::string_view text) {
    return json_quote(truncate_utf8(text, 100));
}

std::string shown(const Money& money) {
    return fmt::format("{} {}", format_minor(money).value_or("?"), money.currency);
}

/// Whether it is this attempt's invoice at all; what speaks against it.
std::string identity_problem(const Attempt& attempt, const Invoice& invoice) {
    if (attempt.key_type == KeyType::invoice_id && invoice.id != attempt.key) {
        return fmt::format("asked for the invoice {}, told of {}", shown(attempt.key),
                           shown(invoice.id));
    }
    if (invoice.reference != attempt.reference) {
        return fmt::format("the invoice {} has the reference {}, the attempt {}", shown(invoice.id),
                           shown(invoice.reference), shown(attempt.reference));
    }
    if (attempt.key_type == KeyType::payment_id &&
        std::ranges::find(invoice.transactions, attempt.key, &Transaction::payment_id) ==
            invoice.transactions.end()) {
        return fmt::format("the invoice {} has no payment {}", shown(invoice.id),
                           shown(attempt.key));
    }
    return {};
}

Evidence paid(const Attempt& attempt, const Invoice& invoice, std::vector<std::string> payments) {
    if (!invoice.display) {
        return {.finding = Finding::mismatch,
                .problem = fmt::format("paid, but the amount {} isn't understood",
                                       shown(invoice.display_text))};
    }
    Evidence evidence{
        .finding = Finding::paid, .payments = std::move(payments), .amount = *invoice.display};
    if (std::ranges::find(evidence.payments, "") != evidence.payments.end()) {
        return {.finding = Finding::mismatch, .problem = "paid, but by a payment without an id"};
    }
    if (evidence.amount != attempt.amount) {
        evidence.finding = Finding::mismatch;
        evidence.problem = fmt::format("paid {}, but the attempt is about {}",
                                       shown(evidence.amount), shown(attempt.amount));
    }
    return evidence;
}

bool any(const Invoice& invoice, Standing standing) {
    return std::ranges::any_of(invoice.transactions,
                               [&](const Transaction& one) { return one.standing == standing; });
}

}  // namespace

std::string_view key_type_name(KeyType type) {
    switch (type) {
        case KeyType::invoice_id:
            return "invoice_id";
        case KeyType::payment_id:
            return "payment_id";
        case KeyType::customer_reference:
            return "customer_reference";
    }
    return "";
}

std::optional<KeyType> parse_key_type(std::string_view name) {
    for (const KeyType type :
         {KeyType::invoice_id, KeyType::payment_id, KeyType::customer_reference}) {
        if (key_type_name(type) == name) return type;
    }
    return std::nullopt;
}

std::string_view trouble_name(Trouble trouble) {
    switch (trouble) {
        case Trouble::none:
            return "none";
        case Trouble::not_found:
            return "not_found";
        case Trouble::refused:
            return "refused";
        case Trouble::unauthorized:
            return "unauthorized";
        case Trouble::throttled:
            return "throttled";
        case Trouble::paused:
            return "paused";
        case Trouble::unreachable:
            return "unreachable";
        case Trouble::doubtful:
            return "doubtful";
    }
    return "";
}

std::string_view finding_name(Finding finding) {
    switch (finding) {
        case Finding::paid:
            return "paid";
        case Finding::open:
            return "open";
        case Finding::under_way:
            return "under_way";
        case Finding::canceled:
            return "canceled";
        case Finding::expired:
            return "expired";
        case Finding::not_found:
            return "not_found";
        case Finding::mismatch:
            return "mismatch";
        case Finding::unsure:
            return "unsure";
    }
    return "";
}

Evidence judge_invoice(const Attempt& attempt, const Invoice& invoice, SystemTime now) {
    if (std::string problem = identity_problem(attempt, invoice); !problem.empty()) {
        return {.finding = Finding::mismatch, .problem = std::move(problem)};
    }
    std::vector<std::string> payments;
    for (const Transaction& one : invoice.transactions) {
        if (one.standing == Standing::succeeded) payments.push_back(one.payment_id);
    }
    if (!payments.empty() && invoice.state == InvoiceState::paid) {
        return paid(attempt, invoice, std::move(payments));
    }
    // Money without a paid invoice, or a paid invoice without money: a person has to look, and no
    // other answer may come.
    if (!payments.empty() || invoice.state == InvoiceState::paid) {
        return {.finding = Finding::mismatch,
                .problem = fmt::format("the invoice is {} with {} successful payments",
                                       shown(invoice.status), payments.size())};
    }
    // A word that nobody knows may be money: it will be there tomorrow as well.
    if (invoice.state == InvoiceState::unknown) {
        return {.finding = Finding::mismatch,
                .problem = fmt::format("the status {} isn't known", shown(invoice.status))};
    }
    if (const auto strange =
            std::ranges::find(invoice.transactions, Standing::unknown, &Transaction::standing);
        strange != invoice.transactions.end()) {
        return {
            .finding = Finding::mismatch,
            .problem = fmt::format("a payment's status {} isn't known", shown(strange->status))};
    }
    if (any(invoice, Standing::under_way)) return {.finding = Finding::under_way};
    if (invoice.state == InvoiceState::canceled) return {.finding = Finding::canceled};
    if (invoice.expires_at && *invoice.expires_at < now - kExpiryGrace) {
        return {.finding = Finding::expired};
    }
    return {.finding = Finding::open};
}

std::string refund_problem(const Refund& refund, const Money& wanted) {
    if (refund.value.empty()) return {};
    const auto given =
        parse_money(refund.value, refund.currency.empty() ? wanted.currency : refund.currency);
    if (given == wanted) return {};
    return fmt::format("{} was asked for, but {} {} was given back", shown(wanted),
                       shown(refund.value), refund.currency);
}

Evidence judge_status(const Attempt& attempt, const StatusAnswer& answer, SystemTime now) {
    if (answer.trouble == Trouble::none && answer.invoice) {
        return judge_invoice(attempt, *answer.invoice, now);
    }
    // An invoice or payment that was there and isn't is no proof of anything: the key may be
    // another account's. Only what may never have got there can be missing.
    if (answer.trouble == Trouble::not_found && attempt.key_type == KeyType::customer_reference) {
        return {.finding = Finding::not_found};
    }
    return {.finding = Finding::unsure,
            .problem = fmt::format("{}: {}", trouble_name(answer.trouble), answer.problem)};
}

}  // namespace barid::commerce
