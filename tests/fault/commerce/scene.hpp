// A shop's database, a payment gateway that keeps count, and `barid work` processes that can be
// killed at a chosen place.
//
// A place is a row that is being written: with `stop_at` whoever writes it waits, in the middle of
// its statement or in its COMMIT, until `go_on`. Use it from the test's thread. Errors are
// std::runtime_error.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"
#include "tests/support/gateway_stub.hpp"

namespace barid::fault {

struct Place {
    std::string table = {};  ///< "shop.attempts"
    std::string when = {};   ///< of the row, as a trigger has it: "NEW.state = 'EXECUTING'"
    bool at_commit = false;  ///< in the COMMIT, instead of before the row is written
};

class Scene {
  public:
    Scene();
    ~Scene();

    /// Starts a worker; returns when it holds its lease.
    std::size_t start();
    /// Starts `barid admin`, whose port the gateway posts its webhooks to; the route's URL.
    std::string start_admin();
    /// SIGKILL. Its sessions at the server may not have noticed.
    void kill(std::size_t worker);
    /// SIGTERM to those that are left, the admin's side too; each must end with 0.
    void stop();

    void stop_at(const Place& place);
    /// Whether a session waits at the place.
    [[nodiscard]] bool somebody_waits() const;
    /// What the server does when it notices that a client is gone: its transaction is undone.
    void undo_who_waits();
    /// Nobody is stopped any more; those who waited go on, and have ended when this returns.
    void go_on();

    std::string sql(const std::string& text) const { return database_.sql(text); }
    long count(const std::string& text) const { return std::stol(sql(text)); }
    /// Jobs of the shop's kinds that are not at their end, the relays apart.
    [[nodiscard]] long live_jobs() const;
    void enqueue(const std::string& kind, const std::string& payload = "{}");
    /// Jobs of all kinds, one after the other, until each has ended.
    bool run_everything();

    /// A paid-by-card order that waits, and an attempt that the gateway knows as this invoice.
    void order(const std::string& id,
               const std::string& lines = R"([{"variant": "ROSE", "quantity": 1}])",
               const std::string& hold = "30 minutes");
    void submitted(const std::string& order, const std::string& attempt,
                   const std::string& invoice);
    std::string status(const std::string& order) const;

    /// What went wrong in jobs, for messages.
    [[nodiscard]] std::string errors() const;

    /// What the oracles say, and what the gateway counted twice; empty when nothing is wrong.
    [[nodiscard]] std::string wrong() const;

    [[nodiscard]] const std::string& url() const { return database_.url(); }
    support::GatewayStub& gateway() { return gateway_; }

  private:
    support::TestDatabase database_;
    support::GatewayStub gateway_;
    support::Cli cli_;
    support::Cli admin_cli_;  ///< what it logs, apart from the workers'
    std::string config_;
    struct Gate;
    std::unique_ptr<Gate> gate_;
    std::vector<std::unique_ptr<support::ChildProcess>> workers_;
    std::unique_ptr<support::ChildProcess> admin_;
};

}  // namespace barid::fault
