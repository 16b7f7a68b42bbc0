#include "commerce/myfatoorah_gateway.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "commerce/myfatoorah_answers.hpp"

namespace barid::commerce {
namespace {

struct Country {
    std::string_view code;
    std::string_view host;
    std::string_view currency;  ///< of its accounts, and so of their refunds
};

constexpr std::array kCountries{Country{"KW", "https://api.myfatoorah.com", "KWD"},
                                Country{"BH", "https://api.myfatoorah.com", "BHD"},
                                Country{"JO", "https://api.myfatoorah.com", "JOD"},
                                Country{"OM", "https://api.myfatoorah.com", "OMR"},
                                Country{"AE", "https://api-ae.myfatoorah.com", "AED"},
                                Country{"SA", "https://api-sa.myfatoorah.com", "SAR"},
                                Country{"QA", "https://api-qa.myfatoorah.com", "QAR"},
                                Country{"EG", "https://api-eg.myfatoorah.com", "EGP"},
                                Country{"test", "https://apitest.myfatoorah.com", "KWD"}};

constexpr std::chrono::hours kLongestRest{24};

const Country* find_country(std::string_view code) {
    const auto* const found = std::ranges::find(kCountries, code, &Country::code);
    return found == kCountries.end() ? nullptr : found;
}

std::string_view wire_name(KeyType type) {
    switch (type) {
        case KeyType::invoice_id:
            return "InvoiceId";
        case KeyType::payment_id:
            return "PaymentId";
        case KeyType::customer_reference:
            return "CustomerReference";
    }
    return "";
}

/// `object` as JSON text with one member more, whose value is `raw`.
std::string with_number(const json::object& object, std::string_view name, std::string_view raw) {
    std::string text = json::serialize(object);
    text.pop_back();
    return fmt::format("{}{}\"{}\":{}}}", text, object.empty() ? "" : ",", name, raw);
}

/// Digits and a point, as JSON has numbers; the caller has checked the currency.
std::string amount_of(const Money& money) {
    return format_minor(money).value_or("0");
}

Answer failed(const http::Error& error) {
    const bool unsent = error.sent() == http::Sent::no;
    return {.trouble = unsent ? Trouble::unreachable : Trouble::doubtful,
            .problem = fmt::format("{} ({})", error.code(), unsent ? "not sent" : "sent")};
}

std::string path_part(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                           (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
        if (plain)
            out += c;
        else
            out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return out;
}

}  // namespace

std::string_view myfatoorah_host(std::string_view country) {
    const Country* found = find_country(country);
    return found == nullptr ? std::string_view() : found->host;
}

std::string execute_body_v2(const ExecuteRequest& request) {
    json::object body = request.body;
    body.erase("InvoiceValue");
    body["DisplayCurrencyIso"] = request.amount.currency;
    body["CustomerReference"] = request.reference;
    return with_number(body, "InvoiceValue", amount_of(request.amount));
}

std::string execute_body_v3(const ExecuteRequest& request) {
    json::object body = request.body;
    json::object order;
    if (const json::value* old = body.if_contains("Order"); old != nullptr && old->is_object()) {
        order = old->get_object();
    }
    // By one of the two v2 finds it again, which is the only look-up by a reference.
    json::object customer;
    if (const json::value* old = body.if_contains("Customer"); old != nullptr && old->is_object()) {
        customer = old->get_object();
    }
    customer["Reference"] = request.reference;
    body["Customer"] = std::move(customer);
    body.erase("Order");
    order.erase("Amount");
    order["Currency"] = request.amount.currency;
    order["ExternalIdentifier"] = request.reference;
    return with_number(body, "Order", with_number(order, "Amount", amount_of(request.amount)));
}

std::string refund_body(const RefundRequest& request) {
    const json::object body{{"KeyType", wire_name(request.key_type)},
                            {"Key", request.key},
                            {"ServiceChargeOnCustomer", false},
                            {"Comment", request.reference},
                            {"ExternalIdentifier", request.reference}};
    return with_number(body, "Amount", amount_of(request.amount));
}

MyFatoorah::MyFatoorah(http::HttpClient& http, PaymentLane& lane, const Clock& clock,
                       log::Logger log, MyFatoorahOptions options)
    : http_(http), lane_(lane), clock_(clock), log_(std::move(log)), options_(std::move(options)) {
    base_ = options_.url.empty() ? std::string(myfatoorah_host(options_.country)) : options_.url;
    while (base_.ends_with('/')) base_.pop_back();
}

bool MyFatoorah::refunds_in(std::string_view currency) const {
    // The sandbox has accounts of every country, and no money.
    const Country* country = find_country(options_.country);
    return options_.country == "test" || (country != nullptr && country->currency == currency);
}

awaitable<MyFatoorah::Reply> MyFatoorah::deliver(http::Request request) {
    Reply reply;
    std::optional<http::Error> failure;
    try {
        reply.response = co_await http_.send(std::move(request));
        reply.arrived = true;
    } catch (const http::Error& error) {
        failure = error;
    }
    if (failure) {
        // Who waits no longer isn't told anything; what a time-out means is told.
        if (failure->code() == "cancelled") throw http::Error(*failure);
        reply.answer = failed(*failure);
    }
    co_return reply;
}

awaitable<MyFatoorah::Reply> MyFatoorah::call(std::string method, std::string path,
                                              std::string body, Once once) {
    const LaneEntry entry =
        co_await lane_.enter(options_.name, options_.requests_per_minute, options_.lane_wait);
    if (!entry.granted) {
        co_return Reply{.answer = {.trouble = Trouble::paused,
                                   .problem = entry.why,
                                   .retry_after = entry.wait}};
    }
    if (clock_.steady_now() > once.not_after) {
        lane_.give_back(options_.name);
        co_return Reply{.answer = {.trouble = Trouble::unreachable,
                                   .problem = "too late to be sent: it waited for its place"}};
    }
    http::Request request{.method = std::move(method), .url = base_ + path};
    request.authorization = Secret("Bearer " + options_.api_key.reveal());
    request.headers.push_back({"Accept", "application/json"});
    if (!body.empty()) request.headers.push_back({"Content-Type", "application/json"});
    if (!once.idempotency_key.empty()) {
        request.headers.push_back({"Idempotency-Key", std::move(once.idempotency_key)});
    }
    request.body = std::move(body);
    request.total_timeout = options_.timeout;
    request.connect_timeout = std::min(options_.timeout, std::chrono::milliseconds(10'000));
    request.low_speed_time = std::chrono::seconds(0);  // the whole is short already
    request.max_response_bytes = kGatewayAnswerBytes;
    request.keep_beginning = true;
    request.addresses =
        options_.allow_private ? http::Addresses::any : http::Addresses::public_only;
    co_return co_await deliver(std::move(request));
}

awaitable<void> MyFatoorah::heed(const Answer& answer) {
    if (answer.trouble == Trouble::unauthorized) {
        const bool first =
            co_await lane_.pause(options_.name, "the gateway doesn't take the key (HTTP 401)");
        if (first) {
            log_.error("a payment gateway doesn't take its key: it is paused for the whole fleet",
                       {{"gateway", options_.name}});
        }
    } else if (answer.trouble == Trouble::throttled) {
        co_await lane_.rest(options_.name, answer.retry_after);
    } else if (answer.trouble == Trouble::none || answer.trouble == Trouble::not_found) {
        co_await lane_.answered(options_.name);
    }
}

template <class T, class Read>
awaitable<T> MyFatoorah::ask(std::string method, std::string path, std::string body, Once once,
                             Read read) {
    const Reply reply =
        co_await call(std::move(method), std::move(path), std::move(body), std::move(once));
    T out;
    if (!reply.arrived) {
        static_cast<Answer&>(out) = reply.answer;
        co_return out;
    }
    out = read(RawAnswer{
        .status = reply.response.status, .body = reply.response.body, .cut = reply.response.cut});
    if (out.trouble == Trouble::throttled) {
        const auto wanted = http::retry_after(
            reply.response, std::chrono::floor<std::chrono::seconds>(clock_.system_now()));
        // As long as the fleet rests at most: who waits for this answer comes back then.
        if (wanted) out.retry_after = std::min<std::chrono::seconds>(*wanted, kLongestRest);
    }
    co_await heed(out);
    co_return out;
}

awaitable<Answer> MyFatoorah::ready() {
    const LaneEntry entry =
        co_await lane_.enter(options_.name, options_.requests_per_minute, options_.lane_wait);
    if (!entry.granted) co_return Answer{.trouble = Trouble::paused, .problem = entry.why};
    lane_.give_back(options_.name);
    co_return Answer{};
}

awaitable<StatusAnswer> MyFatoorah::status(KeyType type, std::string key) {
    if (options_.v3 && type == KeyType::payment_id) {
        StatusAnswer details = co_await ask<StatusAnswer>("GET", "/v3/payments/" + path_part(key),
                                                          {}, Once{}, read_payment_details);
        if (!details.invoice) co_return details;
        const Invoice& invoice = *details.invoice;
        // Of what is more than one good payment, v2 shows the whole.
        if (invoice.state == InvoiceState::paid && invoice.status.size() == 4 &&
            invoice.transactions.front().standing == Standing::succeeded) {
            co_return details;
        }
    }
    std::string body = json::serialize(json::object{{"Key", key}, {"KeyType", wire_name(type)}});
    co_return co_await ask<StatusAnswer>("POST", "/v2/GetPaymentStatus", std::move(body), Once{},
                                         read_payment_status);
}

awaitable<ExecuteAnswer> MyFatoorah::execute(ExecuteRequest request) {
    std::string body = options_.v3 ? execute_body_v3(request) : execute_body_v2(request);
    co_return co_await ask<ExecuteAnswer>(
        "POST", options_.v3 ? "/v3/payments" : "/v2/ExecutePayment", std::move(body),
        Once{std::move(request.idempotency_key), request.not_after}, read_execute);
}

awaitable<RefundAnswer> MyFatoorah::refund(RefundRequest request) {
    std::string body = refund_body(request);
    co_return co_await ask<RefundAnswer>("POST", "/v2/MakeRefund", std::move(body),
                                         Once{std::move(request.reference), request.not_after},
                                         read_refund);
}

awaitable<RefundsAnswer> MyFatoorah::refund_by_id(std::string refund_id) {
    std::string body =
        json::serialize(json::object{{"Key", std::move(refund_id)}, {"KeyType", "RefundId"}});
    co_return co_await ask<RefundsAnswer>("POST", "/v2/GetRefundStatus", std::move(body), Once{},
                                          read_refunds);
}

awaitable<RefundsAnswer> MyFatoorah::refunds_of(std::string invoice_id) {
    std::string body =
        json::serialize(json::object{{"Key", std::move(invoice_id)}, {"KeyType", "InvoiceId"}});
    co_return co_await ask<RefundsAnswer>("POST", "/v2/GetRefundStatus", std::move(body), Once{},
                                          read_refunds);
}

}  // namespace barid::commerce
