#include "commerce/myfatoorah_answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/error.hpp"
#include "base/text.hpp"

namespace barid::commerce {
namespace {

constexpr std::size_t kIdBytes = 128;
constexpr std::size_t kWordBytes = 60;
constexpr std::size_t kMostTransactions = 200;
constexpr std::size_t kMostRefunds = 1000;

bool same_word(std::string_view a, std::string_view b) {
    return std::ranges::equal(a, b, [](char x, char y) {
        const auto low = [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; };
        return low(x) == low(y);
    });
}

bool is_one_of(std::string_view text, std::initializer_list<std::string_view> words) {
    return std::ranges::any_of(words, [&](std::string_view word) { return same_word(text, word); });
}

const json::value* member(const json::object& object, std::string_view name) {
    const json::value* value = object.if_contains(name);
    return value == nullptr || value->is_null() ? nullptr : value;
}

const json::object* object_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    return value == nullptr ? nullptr : value->if_object();
}

/// A database's JSON takes no NUL, and people's terminals no other control character.
std::string text_member(const json::object& object, std::string_view name, std::size_t bytes) {
    const json::value* value = member(object, name);
    if (value == nullptr || !value->is_string()) return {};
    std::string text = truncate_utf8(value->get_string(), bytes);
    std::ranges::replace_if(text, [](unsigned char c) { return c < ' ' || c == 0x7f; }, '?');
    return text;
}

/// v2 writes ids as numbers, v3 as texts. A long text is no id: it isn't cut into another one.
std::string id_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    if (value == nullptr) return {};
    if (const auto* number = value->if_int64()) return std::to_string(*number);
    if (const auto* number = value->if_uint64()) return std::to_string(*number);
    if (!value->is_string() || value->get_string().size() > kIdBytes) return {};
    const std::string_view text = value->get_string();
    const auto graphic = [](char c) { return c > ' ' && c < 0x7f; };
    return std::ranges::all_of(text, graphic) ? std::string(text) : std::string();
}

/// A number as decimals are written, or a text as it is.
std::string amount_member(const json::object& object, std::string_view name) {
    const json::value* value = member(object, name);
    if (value == nullptr) return {};
    // The shortest digits that mean this number: those that were sent.
    if (value->is_double()) return fmt::format("{}", value->get_double());
    if (value->is_int64() || value->is_uint64()) return json::serialize(*value);
    return value->is_string() ? text_member(object, name, kWordBytes) : "?";
}

/// What is wrong with a request, by members; they have two names for it.
const json::array* complaints(const json::object& root) {
    for (const char* name : {"ValidationErrors", "FieldsErrors"}) {
        const json::value* errors = member(root, name);
        if (errors != nullptr && errors->is_array() && !errors->get_array().empty()) {
            return &errors->get_array();
        }
    }
    return nullptr;
}

std::string said(const json::object& root) {
    std::string text = text_member(root, "Message", 200);
    const json::array* errors = complaints(root);
    if (errors == nullptr) return text;
    for (const json::value& error : *errors) {
        if (!error.is_object() || text.size() > 300) break;
        text += fmt::format("{}{}: {}", text.empty() ? "" : "; ",
                            text_member(error.get_object(), "Name", kWordBytes),
                            text_member(error.get_object(), "Error", 100));
    }
    return text;
}

struct Opened {
    Answer answer;
    json::value root;
    const json::object* data = nullptr;  ///< there is an answer
};

Answer doubt(std::string problem) {
    return {.trouble = Trouble::doubtful, .problem = std::move(problem)};
}

/// What every answer of theirs has: {IsSuccess, Message, ValidationErrors, Data}.
Opened open(const RawAnswer& raw) {
    Opened opened;
    if (raw.status == 401) {
        opened.answer = {.trouble = Trouble::unauthorized, .problem = "HTTP 401"};
        return opened;
    }
    if (raw.status == 429) {
        opened.answer = {.trouble = Trouble::throttled, .problem = "HTTP 429"};
        return opened;
    }
    opened.answer = doubt(fmt::format("HTTP {}", raw.status));
    const bool good = raw.status >= 200 && raw.status < 300;
    if (!good && (raw.status < 400 || raw.status >= 500)) return opened;
    if (raw.cut) {
        opened.answer = doubt(fmt::format("HTTP {}, and the answer wasn't whole", raw.status));
        return opened;
    }
    try {
        opened.root = parse_json(raw.body);
    } catch (const barid::Error&) {
        opened.answer = doubt(fmt::format("HTTP {}, and the answer is no JSON", raw.status));
        return opened;
    }
    const json::object* root = opened.root.if_object();
    const json::value* success = root == nullptr ? nullptr : member(*root, "IsSuccess");
    if (success == nullptr || !success->is_bool()) return opened;
    const std::string message = said(*root);
    if (success->get_bool()) {
        opened.data = good ? object_member(*root, "Data") : nullptr;
        opened.answer = opened.data != nullptr
                            ? Answer{}
                            : doubt(fmt::format("HTTP {} without data", raw.status));
    } else if (message.starts_with("No data match the provided value")) {
        opened.answer = {.trouble = Trouble::not_found, .problem = message};
    } else if (complaints(*root) != nullptr) {
        opened.answer = {.trouble = Trouble::refused, .problem = message};
    } else {
        opened.answer = doubt(fmt::format("HTTP {}: {}", raw.status, message));
    }
    return opened;
}

Standing standing_of(std::string_view status) {
    // "Succss" is theirs.
    if (is_one_of(status, {"Succss", "Success"})) return Standing::succeeded;
    if (is_one_of(status, {"Failed", "Canceled", "Cancelled"})) return Standing::failed;
    if (is_one_of(status, {"InProgress", "Authorize", "Authorized"})) return Standing::under_way;
    return Standing::unknown;
}

InvoiceState invoice_state(std::string_view status) {
    if (same_word(status, "Pending")) return InvoiceState::pending;
    if (is_one_of(status, {"Paid", "DuplicatePayment"})) return InvoiceState::paid;
    if (is_one_of(status, {"Canceled", "Cancelled"})) return InvoiceState::canceled;
    return InvoiceState::unknown;
}

Transaction read_transaction(const json::object& one) {
    Transaction out{.payment_id = id_member(one, "PaymentId"),
                    .status = text_member(one, "TransactionStatus", kWordBytes),
                    .currency = text_member(one, "PaidCurrency", kWordBytes),
                    .value = text_member(one, "PaidCurrencyValue", kWordBytes)};
    out.standing = standing_of(out.status);
    return out;
}

std::optional<int> number_at(std::string_view text, std::size_t at, std::size_t digits) {
    int number = 0;
    if (at + digits > text.size()) return std::nullopt;
    const char* end = text.data() + at + digits;
    const auto [stop, problem] = std::from_chars(text.data() + at, end, number);
    if (problem != std::errc() || stop != end || number < 0) return std::nullopt;
    return number;
}

/// "18:23:13", ".362" or more digits behind it.
std::optional<std::chrono::seconds> clock_time(std::string_view text) {
    const auto hours = number_at(text, 0, 2);
    const auto minutes = number_at(text, 3, 2);
    const auto seconds = number_at(text, 6, 2);
    if (!hours || !minutes || !seconds || text[2] != ':' || text[5] != ':') return std::nullopt;
    if (*hours > 23 || *minutes > 59 || *seconds > 59) return std::nullopt;
    const std::string_view rest = text.substr(8);
    if (!rest.empty() && (rest[0] != '.' || rest.size() > 10 ||
                          rest.find_first_not_of("0123456789", 1) != rest.npos)) {
        return std::nullopt;
    }
    return std::chrono::hours(*hours) + std::chrono::minutes(*minutes) +
           std::chrono::seconds(*seconds);
}

std::optional<SystemTime> at_time(int year, unsigned month, int day, std::string_view time) {
    const auto of_day = clock_time(time);
    const std::chrono::year_month_day date(std::chrono::year(year), std::chrono::month(month),
                                           std::chrono::day(static_cast<unsigned>(day)));
    if (!of_day || !date.ok()) return std::nullopt;
    return SystemTime(std::chrono::sys_days(date)) + *of_day;
}

/// "2026-06-22T16:23:49.5900000Z"
std::optional<SystemTime> utc_time(std::string_view text) {
    const auto year = number_at(text, 0, 4);
    const auto month = number_at(text, 5, 2);
    const auto day = number_at(text, 8, 2);
    if (!year || !month || !day || text.size() < 20 || text[4] != '-' || text[7] != '-' ||
        text[10] != 'T' || text.back() != 'Z') {
        return std::nullopt;
    }
    return at_time(*year, static_cast<unsigned>(*month), *day, text.substr(11, text.size() - 12));
}

/// What ends an answer without data.
template <class T>
T without_data(const Opened& opened) {
    T out;
    static_cast<Answer&>(out) = opened.answer;
    return out;
}

template <class T>
T with_doubt(const char* problem) {
    T out;
    static_cast<Answer&>(out) = doubt(problem);
    return out;
}

RefundState refund_state(std::string_view status) {
    if (same_word(status, "Refunded")) return RefundState::refunded;
    if (is_one_of(status, {"Canceled", "Cancelled", "Rejected"})) return RefundState::rejected;
    if (same_word(status, "Pending")) return RefundState::pending;
    return RefundState::unknown;
}

}  // namespace

std::optional<SystemTime> kuwait_time(std::string_view date, std::string_view time) {
    static constexpr std::array<std::string_view, 12> kMonths{
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    const std::size_t blank = date.find(' ');
    const std::size_t comma = date.find(", ");
    if (blank == date.npos || comma == date.npos || comma < blank + 2) return std::nullopt;
    const auto* const month = std::ranges::find(kMonths, date.substr(0, blank));
    const auto day = number_at(date, blank + 1, comma - blank - 1);
    if (month == kMonths.end() || !day || date.size() != comma + 6) return std::nullopt;
    const auto year = number_at(date, comma + 2, 4);
    if (!year) return std::nullopt;
    const auto at = at_time(*year, static_cast<unsigned>(month - kMonths.begin()) + 1, *day, time);
    if (!at) return std::nullopt;
    return *at - std::chrono::hours(3);
}

StatusAnswer read_payment_status(const RawAnswer& raw) {
    const Opened opened = open(raw);
    if (opened.data == nullptr) return without_data<StatusAnswer>(opened);
    const json::object& data = *opened.data;
    Invoice invoice{.id = id_member(data, "InvoiceId"),
                    .status = text_member(data, "InvoiceStatus", kWordBytes),
                    .reference = text_member(data, "CustomerReference", 2 * kIdBytes),
                    .display_text = text_member(data, "InvoiceDisplayValue", kWordBytes)};
    const json::value* list = member(data, "InvoiceTransactions");
    const bool listed = list == nullptr || list->is_array();
    if (invoice.id.empty() || invoice.status.empty() || !listed) {
        return with_doubt<StatusAnswer>("an answer without an invoice");
    }
    invoice.state = invoice_state(invoice.status);
    invoice.display = parse_display_amount(invoice.display_text);
    invoice.expires_at = kuwait_time(text_member(data, "ExpiryDate", kWordBytes),
                                     text_member(data, "ExpiryTime", kWordBytes));
    if (list != nullptr) {
        if (list->get_array().size() > kMostTransactions) {
            return with_doubt<StatusAnswer>("an invoice with more payments than are read");
        }
        for (const json::value& one : list->get_array()) {
            if (!one.is_object()) {
                return with_doubt<StatusAnswer>("an invoice's payments aren't objects");
            }
            invoice.transactions.push_back(read_transaction(one.get_object()));
        }
    }
    StatusAnswer answer;
    answer.invoice = std::move(invoice);
    return answer;
}

StatusAnswer read_payment_details(const RawAnswer& raw) {
    const Opened opened = open(raw);
    if (opened.data == nullptr) return without_data<StatusAnswer>(opened);
    const json::object* about = object_member(*opened.data, "Invoice");
    const json::object* paid = object_member(*opened.data, "Transaction");
    const json::object* amount = object_member(*opened.data, "Amount");
    if (about == nullptr || paid == nullptr || amount == nullptr) {
        return with_doubt<StatusAnswer>("an answer without an invoice");
    }
    Invoice invoice{.id = id_member(*about, "Id"),
                    .status = text_member(*about, "Status", kWordBytes),
                    .reference = text_member(*about, "ExternalIdentifier", 2 * kIdBytes)};
    if (invoice.reference.empty()) {
        if (const json::object* customer = object_member(*opened.data, "Customer")) {
            invoice.reference = text_member(*customer, "Reference", 2 * kIdBytes);
        }
    }
    invoice.state = invoice_state(invoice.status);
    const std::string value = text_member(*amount, "ValueInDisplayCurrency", kWordBytes);
    const std::string currency = text_member(*amount, "DisplayCurrency", kWordBytes);
    invoice.display_text = fmt::format("{} {}", value, currency);
    invoice.display = parse_money(value, currency);
    invoice.expires_at = utc_time(text_member(*about, "ExpirationDate", kWordBytes));
    Transaction one{.payment_id = id_member(*paid, "PaymentId"),
                    .status = text_member(*paid, "Status", kWordBytes),
                    .currency = text_member(*amount, "PayCurrency", kWordBytes),
                    .value = text_member(*amount, "ValueInPayCurrency", kWordBytes)};
    one.standing = standing_of(one.status);
    invoice.transactions.push_back(std::move(one));
    if (invoice.id.empty() || invoice.status.empty()) {
        return with_doubt<StatusAnswer>("an answer without an invoice");
    }
    StatusAnswer answer;
    answer.invoice = std::move(invoice);
    return answer;
}

ExecuteAnswer read_execute(const RawAnswer& raw) {
    const Opened opened = open(raw);
    if (opened.data == nullptr) {
        auto answer = without_data<ExecuteAnswer>(opened);
        // There is nothing that could have been missing.
        if (answer.trouble == Trouble::not_found) answer.trouble = Trouble::doubtful;
        return answer;
    }
    ExecuteAnswer answer;
    answer.invoice_id = id_member(*opened.data, "InvoiceId");
    answer.payment_id = id_member(*opened.data, "PaymentId");
    if (answer.invoice_id.empty()) return with_doubt<ExecuteAnswer>("an answer without an invoice");
    return answer;
}

RefundAnswer read_refund(const RawAnswer& raw) {
    const Opened opened = open(raw);
    if (opened.data == nullptr) return without_data<RefundAnswer>(opened);
    RefundAnswer answer;
    answer.refund_id = id_member(*opened.data, "RefundId");
    if (answer.refund_id.empty()) return with_doubt<RefundAnswer>("an answer without a refund");
    return answer;
}

RefundsAnswer read_refunds(const RawAnswer& raw) {
    const Opened opened = open(raw);
    if (opened.data == nullptr) return without_data<RefundsAnswer>(opened);
    const json::value* list = member(*opened.data, "RefundStatusResult");
    if (list == nullptr || !list->is_array() || list->get_array().size() > kMostRefunds) {
        return with_doubt<RefundsAnswer>("an answer without refunds");
    }
    RefundsAnswer answer;
    for (const json::value& one : list->get_array()) {
        if (!one.is_object()) return with_doubt<RefundsAnswer>("refunds that aren't objects");
        Refund refund{.id = id_member(one.get_object(), "RefundId"),
                      .reference = text_member(one.get_object(), "ExternalIdentifier", kIdBytes),
                      .status = text_member(one.get_object(), "RefundStatus", kWordBytes),
                      .value = amount_member(one.get_object(), "RefundAmount"),
                      .currency = text_member(one.get_object(), "BaseCurrency", kWordBytes)};
        refund.state = refund_state(refund.status);
        answer.refunds.push_back(std::move(refund));
    }
    return answer;
}

}  // namespace barid::commerce
