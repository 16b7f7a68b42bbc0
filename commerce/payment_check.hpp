// Asks gateways what became of attempts to pay, keeps what they said, and acts on it.
//
// The order of things is the guarantee: the database's clock is read, then the gateway is asked,
// then the evidence is written, then the shop's function is called with its number. No transaction
// is open while a gateway is asked. Doing all of it again, twice or after a kill changes nothing
// more: the shop's functions are guarded by state. Io thread only; all that is referred to must
// outlive it.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/log.hpp"
#include "commerce/gateway.hpp"
#include "commerce/payment_shop.hpp"

namespace barid::commerce {

/// What to do how often and for how long; [shop] of the settings.
struct PaymentOptions {
    int concurrency = 8;  ///< orders of one job at once
    int batch = 200;      ///< orders of one page
    std::chrono::milliseconds reconcile_after{120'000};
    std::chrono::milliseconds unknown_after{3'600'000};
    std::chrono::milliseconds claim_ttl{120'000};
    std::string queue = "default";  ///< of jobs that follow from others
    /// A sweep works this long and comes back: a worker that stops waits for nobody.
    std::chrono::seconds shift{60};
};

/// How often each answer was given; a job's output.
class Counts {
  public:
    void add(std::string_view what, std::int64_t times = 1) { counts_[std::string(what)] += times; }
    [[nodiscard]] std::int64_t of(std::string_view what) const;
    [[nodiscard]] json::object to_json() const;
    /// Adds what `to_json` said.
    void take(const json::object& counts);

  private:
    std::map<std::string, std::int64_t, std::less<>> counts_;
};

enum class PaymentVerdict { paid, unpaid, unsure, mismatch };
std::string_view verdict_name(PaymentVerdict verdict);

struct Looked {
    Attempt attempt = {};
    StatusAnswer answer = {};
    Evidence evidence = {};
};

struct Checked {
    std::string order = {};
    SystemTime checked_at = {};
    std::int64_t evidence_id = 0;  ///< 0: nothing was asked, and nothing written
    PaymentVerdict verdict = PaymentVerdict::unsure;
    std::vector<Looked> looked = {};
};

/// Of several attempts: paid if one is, else what forbids to call the order unpaid. Pure.
PaymentVerdict verdict_of(const std::vector<Looked>& looked);
/// What is kept of them; bounded. Pure.
json::array evidence_of(const std::vector<Looked>& looked);

class PaymentChecker {
  public:
    PaymentChecker(const Shop& shop, pg::Pool& pool, std::vector<PaymentGateway*> gateways,
                   PaymentOptions options, log::Logger log);

    [[nodiscard]] const PaymentShop& shop() const { return shop_; }
    [[nodiscard]] const PaymentOptions& options() const { return options_; }
    [[nodiscard]] pg::Pool& pool() const { return pool_; }
    [[nodiscard]] const log::Logger& log() const { return log_; }
    /// nullptr: this process has no such [payment.NAME].
    [[nodiscard]] PaymentGateway* gateway(std::string_view name) const;

    [[nodiscard]] std::vector<std::string> gateway_names() const;

    awaitable<SystemTime> database_now() const;

    /// Asks about these attempts of one order. `cause`: as in barid.payment_check.
    awaitable<Checked> check(std::string order, std::vector<Attempt> attempts, std::string cause,
                             std::int64_t job) const;
    /// The same of all attempts of the order that may hold money, as they are after the clock was
    /// read.
    awaitable<Checked> check_order(std::string order, std::string cause, std::int64_t job) const;

    /// Tells the shop: money that arrived, attempts that are over, attempts that were found.
    awaitable<void> settle(const Checked& checked, std::string source, Counts& counts) const;

    /// Notes at the evidence what came of it.
    awaitable<void> note(std::int64_t evidence_id, std::string result) const;
    /// A refund's or an attempt's next step, soon.
    awaitable<void> hint(std::string gateway, std::string about, std::string invoice_id) const;

    /// The whole order, in an hour.
    awaitable<void> again(std::string order) const;

  private:
    awaitable<Looked> look(Attempt attempt, SystemTime now) const;
    awaitable<bool> missing_long_enough(const Looked& looked, SystemTime now) const;
    awaitable<Checked> ask(Checked checked, std::vector<Attempt> attempts, std::string cause,
                           std::int64_t job) const;
    awaitable<void> settle_one(const Checked& checked, const Looked& looked, std::string source,
                               Counts& counts) const;
    awaitable<void> settle_money(const Checked& checked, const Looked& looked, std::string source,
                                 Counts& counts) const;

    PaymentShop shop_;
    pg::Pool& pool_;
    std::vector<PaymentGateway*> gateways_;
    PaymentOptions options_;
    log::Logger log_;
};

}  // namespace barid::commerce
