// The jobs about payments, the reference shop and the gateway's stand-in, all real but the gateway.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "base/http_curl.hpp"
#include "commerce/myfatoorah_gateway.hpp"
#include "commerce/payment_check.hpp"
#include "commerce/side_by_side.hpp"
#include "jobs/order_expire.hpp"
#include "jobs/payment_execute.hpp"
#include "jobs/payment_reconcile.hpp"
#include "jobs/payment_refund.hpp"
#include "tests/support/database.hpp"
#include "tests/support/gateway_stub.hpp"
#include "tests/support/shop.hpp"

namespace barid::commerce {

class PaymentFixture : public testing::Test, protected support::IoFixture {
  protected:
    PaymentFixture() {
        support::install_shop(db);
        support::stock_small_shop(db);
        use();
    }

    /// What one worker has.
    struct Worker {
        Worker(PaymentFixture& test, MyFatoorahOptions gateway_options, PaymentOptions options)
            : lane(test.pool, test.clock),
              gateway(test.http, lane, test.clock, {}, std::move(gateway_options)),
              checker(test.shop, test.pool, {&gateway}, std::move(options), {}) {
            jobs::register_payment_reconcile(registry, checker);
            jobs::register_payment_execute(registry, checker);
            jobs::register_payment_refund(registry, checker);
            jobs::register_order_expire(registry, checker);
        }
        PaymentLane lane;
        MyFatoorah gateway;
        PaymentChecker checker;
        jobs::Registry registry;
    };

    MyFatoorahOptions gateway_options() const {
        return {.name = "mf",
                .url = stub.url(),
                .api_key = Secret(support::GatewayStub::kApiKey),
                .requests_per_minute = 60'000,
                .timeout = std::chrono::milliseconds(400),
                .lane_wait = std::chrono::milliseconds(300),
                .allow_private = true};
    }
    static PaymentOptions payment_options() {
        return {.reconcile_after = std::chrono::milliseconds(0),
                .unknown_after = std::chrono::milliseconds(0)};
    }
    void use(PaymentOptions options = payment_options()) {
        worker = std::make_unique<Worker>(*this, gateway_options(), std::move(options));
    }
    void use(MyFatoorahOptions options) {
        worker = std::make_unique<Worker>(*this, std::move(options), payment_options());
    }

    /// One attempt of a job, as the executor makes it.
    awaitable<queue::Outcome> attempt(Worker& by, std::string kind, std::string payload) {
        queue::Job job;
        job.id = 7;
        job.kind = kind;
        job.payload = payload;
        jobs::JobContext context{
            .job = job,
            .log = {},
            .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1),
            .progress = {},
            .cancelled = [] { return false; }};
        const json::value parsed = parse_json(payload);
        co_return co_await by.registry.find(kind)->run(context, parsed);
    }
    queue::Outcome outcome(const std::string& kind, const std::string& payload = "{}") {
        return run(attempt(*worker, kind, payload));
    }
    /// The counts that a job ended with, as JSON text.
    std::string job(const std::string& kind, const std::string& payload = "{}") {
        return output(outcome(kind, payload));
    }
    static std::string output(const queue::Outcome& outcome) {
        if (const auto* fail = std::get_if<queue::Fail>(&outcome)) return "Fail: " + fail->error;
        if (const auto* retry = std::get_if<queue::Retry>(&outcome)) {
            return "Retry: " + retry->error;
        }
        json::object counts;
        for (const auto& entry : parse_json(std::get<queue::Done>(outcome).output).as_object()) {
            if (entry.key() != "claims_over") counts[entry.key()] = entry.value();
        }
        return json::serialize(counts);
    }

    /// An order of one ROSE (12.500 KWD) by card.
    std::string order(const std::string& id, const std::string& variant = "ROSE") {
        db.sql("SELECT shop.place_order('noura', '[{\"variant\": \"" + variant +
               "\", \"quantity\": 1}]', order_id => '" + id + "')");
        return id;
    }
    /// An attempt that the shop's backend sent to the gateway itself: ORDER.1, invoice `invoice`.
    void pay_by(const std::string& order, const std::string& invoice,
                const json::array& script = {}, const std::string& amount = "12.500") {
        db.sql("SELECT shop.begin_attempt('" + order + "', 'mf', invoice_id => '" + invoice +
               "', attempt_id => 'a-" + order + "')");
        stub.control(
            "invoice",
            {{"id", invoice}, {"reference", order + ".1"}, {"amount", amount}, {"script", script}});
    }
    /// An attempt that a worker is to execute: ORDER.1.
    void to_execute(const std::string& order) {
        db.sql("SELECT shop.begin_attempt('" + order + "', 'mf', '{\"PaymentMethodId\": 2}', " +
               "attempt_id => 'a-" + order + "')");
    }
    void is_late(const std::string& order) {
        db.sql("UPDATE shop.orders SET expires_at = now() - interval '1 minute' WHERE id = '" +
               order + "'");
    }
    std::string status(const std::string& order) const {
        return db.sql("SELECT status FROM shop.orders WHERE id = '" + order + "'");
    }
    std::string attempt_state(const std::string& order) const {
        return db.sql("SELECT state FROM shop.attempts WHERE id = 'a-" + order + "'");
    }
    std::string verdicts(const std::string& order) const {
        return db.sql(
            "SELECT string_agg(verdict, ' ' ORDER BY id) FROM barid.payment_check "
            "WHERE order_id = '" +
            order + "'");
    }
    void expect_nothing_broken() const { EXPECT_EQ(support::violations(db), ""); }

    static pg::ConnectOptions shop_options(pg::ConnectOptions options) {
        options.settings = {{"search_path", "pg_catalog, pg_temp"},
                            {"statement_timeout", "10000"},
                            {"lock_timeout", "2000"},
                            {"role", "barid_commerce"}};
        return options;
    }

    support::TestDatabase db;
    support::GatewayStub stub;
    SystemClock clock;
    pg::Pool pool{io, blocking, db.options(), 8, {}};
    pg::Pool shop_pool{io, blocking, shop_options(db.options()), 8, {}};
    Shop shop{shop_pool, "barid_shop"};
    http::CurlHttpClient http{io, {}};
    std::unique_ptr<Worker> worker;
};

}  // namespace barid::commerce
