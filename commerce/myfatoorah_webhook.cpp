#include "commerce/myfatoorah_webhook.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>
#include <vector>

#include "base/crypto.hpp"
#include "base/error.hpp"
#include "base/json.hpp"

namespace barid::commerce {
namespace {

constexpr std::size_t kMostMembers = 200;

std::string lower(std::string_view text) {
    std::string out(text);
    for (char& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return out;
}

/// As they write a value into what is signed.
std::string written(const json::value* value) {
    if (value == nullptr || value->is_null()) return {};
    if (value->is_string()) return std::string(value->get_string());
    // The serializer would write 456.75 as 4.5675E2.
    if (value->is_double()) return fmt::format("{}", value->get_double());
    return json::serialize(*value);
}

const json::value* at(const json::object& data, std::string_view object, std::string_view name) {
    const json::value* outer = data.if_contains(object);
    if (outer == nullptr || !outer->is_object()) return nullptr;
    return outer->get_object().if_contains(name);
}

std::string id_at(const json::value* value) {
    std::string text = written(value);
    const bool plain = !text.empty() && text.size() <= 40 && std::ranges::all_of(text, [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '-';
    });
    return plain ? text : std::string();
}

struct Field {
    std::string_view object;
    std::string_view name;
};

constexpr Field kPayment[] = {{"Invoice", "Id"},
                              {"Invoice", "Status"},
                              {"Transaction", "Status"},
                              {"Transaction", "PaymentId"},
                              {"Invoice", "ExternalIdentifier"}};
constexpr Field kPaymentOfCustomer[] = {{"Invoice", "Id"},
                                        {"Invoice", "Status"},
                                        {"Transaction", "Status"},
                                        {"Transaction", "PaymentId"},
                                        {"Customer", "Reference"}};
constexpr Field kRefund[] = {{"Refund", "Id"},
                             {"Refund", "Status"},
                             {"Amount", "ValueInBaseCurrency"},
                             {"ReferencedInvoice", "Id"}};
constexpr Field kDeposit[] = {{"Deposit", "Reference"},
                              {"Deposit", "ValueInBaseCurrency"},
                              {"Deposit", "NumberOfTransactions"}};
constexpr Field kSupplier[] = {{"Supplier", "Code"}, {"KycDecision", "Status"}};
constexpr Field kRecurring[] = {
    {"Recurring", "Id"}, {"Recurring", "Status"}, {"Recurring", "InitialInvoiceId"}};
constexpr Field kDispute[] = {{"Dispute", "DisputeTransactionId"},
                              {"Dispute", "Status"},
                              {"Invoice", "Id"},
                              {"Invoice", "Status"},
                              {"Transaction", "Status"},
                              {"Transaction", "PaymentId"},
                              {"Invoice", "ExternalIdentifier"}};
constexpr Field kSupplierUpdate[] = {{"Supplier", "Code"}, {"RequestStatus", "Status"}};

std::string in_order(const json::object& data, std::span<const Field> fields) {
    std::string text;
    for (const Field& field : fields) {
        if (!text.empty()) text += ',';
        text += field.object;
        text += '.';
        text += field.name;
        text += '=';
        text += written(at(data, field.object, field.name));
    }
    return text;
}

std::string sorted(const json::object& data, std::string_view without) {
    std::vector<std::pair<std::string, std::string>> members;
    for (const auto& entry : data) {
        const std::string_view key(entry.key().data(), entry.key().size());
        if (key == without) continue;
        members.emplace_back(key, written(&entry.value()));
    }
    std::ranges::sort(members, {}, [](const auto& one) { return lower(one.first); });
    std::string text;
    for (const auto& [key, value] : members) {
        if (!text.empty()) text += ',';
        text += key;
        text += '=';
        text += value;
    }
    return text;
}

struct Message {
    bool v2 = false;
    std::int64_t code = 0;
    const json::object* data = nullptr;
};

std::optional<Message> open(const json::value& root) {
    const json::object* object = root.if_object();
    if (object == nullptr) return std::nullopt;
    const json::value* data = object->if_contains("Data");
    if (data == nullptr || !data->is_object() || data->get_object().size() > kMostMembers) {
        return std::nullopt;
    }
    Message message{.data = &data->get_object()};
    const json::value* code = at(*object, "Event", "Code");
    message.v2 = code != nullptr;
    if (code == nullptr) code = object->if_contains("EventType");
    if (code == nullptr || !code->is_int64()) return std::nullopt;
    message.code = code->get_int64();
    return message;
}

/// What may have been signed; nothing where nobody has said what.
std::vector<std::string> candidates(const Message& message) {
    const json::object& data = *message.data;
    if (!message.v2) {
        return {sorted(data, message.code == 2   ? "GatewayReference"
                             : message.code == 4 ? "KycFeedback"
                                                 : "")};
    }
    switch (message.code) {
        case 1:
            return {in_order(data, kPayment), in_order(data, kPaymentOfCustomer)};
        case 2:
            return {in_order(data, kRefund)};
        case 3:
            return {in_order(data, kDeposit)};
        case 4:
            return {in_order(data, kSupplier)};
        case 5:
            return {in_order(data, kRecurring)};
        case 6:
            return {in_order(data, kDispute)};
        case 7:
            return {in_order(data, kSupplierUpdate)};
        default:
            return {};
    }
}

WebhookHint hint(const Message& message) {
    using About = WebhookHint::About;
    const json::object& data = *message.data;
    WebhookHint out;
    if (message.code == 1) {
        out.invoice_id =
            id_at(message.v2 ? at(data, "Invoice", "Id") : data.if_contains("InvoiceId"));
        if (!out.invoice_id.empty()) out.about = About::payment;
    } else if (message.code == 2) {
        out.refund_id = id_at(message.v2 ? at(data, "Refund", "Id") : data.if_contains("RefundId"));
        out.invoice_id =
            id_at(message.v2 ? at(data, "ReferencedInvoice", "Id") : data.if_contains("InvoiceId"));
        out.about = About::refund;
    }
    return out;
}

}  // namespace

std::optional<WebhookHint> read_webhook(std::string_view body, std::string_view signature,
                                        const Secret& secret) {
    if (secret.empty() || body.size() > kWebhookBytes) return std::nullopt;
    json::value root;
    try {
        root = parse_json(body);
    } catch (const barid::Error&) {
        return std::nullopt;
    }
    const auto message = open(root);
    if (!message) return std::nullopt;
    bool theirs = false;
    for (const std::string& text : candidates(*message)) {
        const Sha256Digest mac = hmac_sha256(secret.reveal(), text);
        const std::string wanted =
            base64_encode({reinterpret_cast<const char*>(mac.data()), mac.size()});
        // All are computed, so that the time doesn't tell which one it was.
        theirs = same_bytes(wanted, signature) || theirs;
    }
    if (!theirs) return std::nullopt;
    return hint(*message);
}

}  // namespace barid::commerce
