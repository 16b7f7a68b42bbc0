// A payment gateway as a seam: what the commerce jobs ask of one, and what its answers mean here.
//
// `MyFatoorah` (myfatoorah_gateway.hpp) is the real one. No call throws for what a gateway answers
// or fails to answer: `trouble` says it, so that a doubt can't be taken for "unpaid". `execute` and
// `refund` send their request once, whatever happens. Answers hold no secrets and no card data, and
// their texts are bounded. Io thread only; cancelling the caller ends a call by an exception.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/asio.hpp"
#include "base/clock.hpp"
#include "base/json.hpp"
#include "commerce/money.hpp"

namespace barid::commerce {

enum class KeyType { invoice_id, payment_id, customer_reference };
std::string_view key_type_name(KeyType type);
std::optional<KeyType> parse_key_type(std::string_view name);

/// Why there is no usable answer.
enum class Trouble {
    none,
    not_found,     ///< the gateway says that it knows nothing of that key
    refused,       ///< it refuses this request, and nothing has happened
    unauthorized,  ///< it doesn't take our key: nothing more is asked until somebody looks
    throttled,     ///< too many requests
    paused,        ///< not asked: the gateway is paused, or the fleet's rate is used up
    unreachable,   ///< certainly not sent
    doubtful,      ///< a time-out, an error of the server, an answer that nobody understands
};
std::string_view trouble_name(Trouble trouble);

/// One try of a customer to pay an invoice.
enum class Standing { succeeded, failed, under_way, unknown };
struct Transaction {
    std::string payment_id = {};
    Standing standing = Standing::unknown;
    std::string status = {};    ///< as the gateway wrote it
    std::string currency = {};  ///< what the customer paid in, for people
    std::string value = {};
};

enum class InvoiceState { pending, paid, canceled, unknown };
struct Invoice {
    std::string id = {};
    InvoiceState state = InvoiceState::unknown;
    std::string status = {};     ///< as the gateway wrote it
    std::string reference = {};  ///< what was sent as the customer's reference
    std::optional<Money> display = {};
    std::string display_text = {};
    std::optional<SystemTime> expires_at = {};
    std::vector<Transaction> transactions = {};
};

struct Answer {
    Trouble trouble = Trouble::none;
    std::string problem = {};  ///< for people
    std::optional<std::chrono::milliseconds> retry_after = {};
};

struct StatusAnswer : Answer {
    std::optional<Invoice> invoice = {};
};

/// What a shop's attempt_request says.
struct ExecuteRequest {
    std::string reference = {};
    Money amount = {};
    json::object body = {};
    std::string idempotency_key = {};
    SteadyTime not_after = SteadyTime::max();  ///< later it isn't sent
};

struct ExecuteAnswer : Answer {
    std::string invoice_id = {};
    std::string payment_id = {};
};

struct RefundRequest {
    KeyType key_type = KeyType::invoice_id;  ///< or payment_id
    std::string key = {};
    Money amount = {};
    std::string reference = {};  ///< finds it again
    SteadyTime not_after = SteadyTime::max();
};

enum class RefundState { pending, refunded, rejected, unknown };
struct Refund {
    std::string id = {};
    std::string reference = {};  ///< ours
    RefundState state = RefundState::unknown;
    std::string status = {};    ///< as the gateway wrote it
    std::string value = {};     ///< what the customer got, in the gateway's words; empty: not said
    std::string currency = {};  ///< empty: the account's
};

struct RefundAnswer : Answer {
    std::string refund_id = {};
};

struct RefundsAnswer : Answer {
    std::vector<Refund> refunds = {};
};

class PaymentGateway {
  public:
    virtual ~PaymentGateway() = default;
    [[nodiscard]] virtual const std::string& name() const = 0;
    /// Whether a request could leave now: waits for a place, and keeps it for a moment.
    virtual awaitable<Answer> ready() { co_return Answer{}; }
    virtual awaitable<StatusAnswer> status(KeyType type, std::string key) = 0;
    virtual awaitable<ExecuteAnswer> execute(ExecuteRequest request) = 0;
    virtual awaitable<RefundAnswer> refund(RefundRequest request) = 0;
    virtual awaitable<RefundsAnswer> refund_by_id(std::string refund_id) = 0;
    /// All refunds of an invoice.
    virtual awaitable<RefundsAnswer> refunds_of(std::string invoice_id) = 0;
    /// Whether a refund in this currency would be what it says: the gateway refunds in its own.
    [[nodiscard]] virtual bool refunds_in(std::string_view currency) const = 0;
};

/// An attempt to pay, as the shop tells of it.
struct Attempt {
    std::string order = {};
    std::string id = {};
    std::string gateway = {};
    std::string state = {};
    KeyType key_type = KeyType::invoice_id;
    std::string key = {};  ///< empty: not known yet
    std::string reference = {};
    Money amount = {};
    SystemTime created_at = {};
};

/// What the gateway's answer says about an attempt.
enum class Finding { paid, open, under_way, canceled, expired, not_found, mismatch, unsure };
std::string_view finding_name(Finding finding);

struct Evidence {
    Finding finding = Finding::unsure;
    std::string problem = {};  ///< for people; of mismatch and unsure
    /// Of `paid`, and of a mismatch of amounts: each successful payment of the invoice, and what
    /// the gateway says it was for.
    std::vector<std::string> payments = {};
    Money amount = {};
};

/// So long after an invoice's expiry it certainly is over. The gateway writes that time without its
/// zone: Kuwait's, says one version of the vendor's library, the account's country's, says another
/// (Egypt's is an hour behind); and it goes by a clock of its own. What is closed too early isn't
/// asked about again.
inline constexpr std::chrono::minutes kExpiryGrace{90};

/// Compares invoice, reference and the amount as the customer saw it. Pure.
Evidence judge_invoice(const Attempt& attempt, const Invoice& invoice, SystemTime now);

/// Why a refund that is at its end isn't the one that was asked for; nothing when it is. Pure.
std::string refund_problem(const Refund& refund, const Money& wanted);

/// What the answer means; `not_found` only where the gateway said so.
Evidence judge_status(const Attempt& attempt, const StatusAnswer& answer, SystemTime now);

}  // namespace barid::commerce
