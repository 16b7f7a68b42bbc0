// The scripted payment gateway (tests/support/myfatoorah_stub.mjs) and what is said to it, with
// blocking calls: for tests of processes, which have no event loop of their own.
//
// Throws std::runtime_error when the stand-in doesn't answer. Its own comment says what `control`
// takes. From several threads at once only `control` and what is built on it.
#pragma once

#include <cstdint>
#include <string>

#include "base/json.hpp"
#include "tests/support/child_process.hpp"

namespace barid::support {

class GatewayStub {
  public:
    GatewayStub();

    [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
    static constexpr const char* kApiKey = "test-key";
    static constexpr const char* kWebhookSecret = "hook-secret";

    json::object control(const std::string& command, const json::object& body = {}) const;
    [[nodiscard]] json::object state() const { return control("state"); }

    /// An invoice of `amount` ("1.500") that nobody has paid.
    void invoice(const std::string& id, const std::string& reference, const std::string& amount,
                 const std::string& currency = "KWD") const;
    void pay(const std::string& id) const { control("pay", {{"id", id}}); }

    /// How often an execute came with this reference, and a refund with this one.
    [[nodiscard]] std::int64_t executes(const std::string& reference) const;
    [[nodiscard]] std::int64_t refund_calls(const std::string& reference) const;
    /// The most that any one of them came.
    [[nodiscard]] std::int64_t most_executes() const;
    [[nodiscard]] std::int64_t most_refund_calls() const;
    /// Calls of a path, all keys together.
    [[nodiscard]] std::int64_t calls(const std::string& path) const;

  private:
    ChildProcess process_;
    int port_ = 0;
};

}  // namespace barid::support
