// POST /hooks/payment/NAME: a webhook makes somebody ask, and nothing else.
#include "worker/payment_hook.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <future>
#include <thread>

#include "tests/integration/commerce_payment/payment_fixture.hpp"

namespace barid::commerce {
namespace {

using testing::Each;
using testing::ElementsAre;

class HookTest : public PaymentFixture {
  protected:
    HookTest() {
        settings_.payment["mf"].webhook_secret = Secret(support::GatewayStub::kWebhookSecret);
        settings_.payment["silent"] = {};
        worker::mount_payment_hooks(server_, server_pool_, settings_, {});
        server_.start();
        thread_ = std::jthread([this] { server_io_.run(); });
    }
    ~HookTest() override {
        std::promise<void> stopped;
        asio::co_spawn(server_io_, server_.stop(),
                       [&](std::exception_ptr) { stopped.set_value(); });
        stopped.get_future().wait();
        work_.reset();
        server_io_.stop();
    }

    std::string url(const std::string& name = "mf") const {
        return "http://127.0.0.1:" + std::to_string(server_.port()) + "/hooks/payment/" + name;
    }
    /// The statuses of what the gateway sent.
    std::vector<std::int64_t> send(json::object message) const {
        if (!message.contains("url")) message["url"] = url();
        std::vector<std::int64_t> out;
        for (const json::value& status : stub.control("webhook", message).at("statuses").as_array())
            out.push_back(status.as_int64());
        return out;
    }
    std::string jobs_of(const std::string& kind = "payment.reconcile") const {
        return db.sql("SELECT count(*) FROM barid.job WHERE kind = '" + kind + "'");
    }
    /// Runs the jobs that webhooks made, as a worker would.
    std::string asked() {
        std::string said;
        for (;;) {
            const std::string payload = db.sql(
                "WITH due AS (DELETE FROM barid.job WHERE id = (SELECT min(id) FROM barid.job "
                "WHERE kind = 'payment.reconcile') RETURNING payload) SELECT payload FROM due");
            if (payload.empty()) return said;
            said += job("payment.reconcile", payload);
        }
    }
    void paid_order() {
        pay_by(order("A-1"), "100");
        stub.pay("100");
    }

    config::Settings settings_;
    asio::io_context server_io_{1};
    asio::executor_work_guard<asio::io_context::executor_type> work_{server_io_.get_executor()};
    pg::Pool server_pool_{server_io_, blocking, db.options(), 2, {}};
    web::HttpServer server_{server_io_, blocking, {.port = 0}, {}};
    std::jthread thread_;
};

TEST_F(HookTest, HasTheGatewayAskedInEachWayOfSigning) {
    paid_order();
    EXPECT_THAT(send({{"id", "100"}, {"version", 1}}), ElementsAre(200));
    EXPECT_EQ(status("A-1"), "PENDING");
    EXPECT_EQ(asked(), R"({"FLIPPED":1,"paid":1})");
    for (const char* last : {"external", "customer"}) {
        EXPECT_THAT(send({{"id", "100"}, {"order", last}}), ElementsAre(200)) << last;
        EXPECT_EQ(asked(), R"({"ALREADY":1,"paid":1})");
    }
    expect_nothing_broken();
}

TEST_F(HookTest, DoesOnceWhatComesThreeTimesAtOnceOrAgain) {
    paid_order();
    EXPECT_THAT(send({{"id", "100"}, {"times", 3}}), ElementsAre(200, 200, 200));
    EXPECT_THAT(send({{"id", "100"}, {"times", 3}, {"concurrent", true}, {"version", 1}}),
                ElementsAre(200, 200, 200));
    EXPECT_EQ(jobs_of(), "1");
    EXPECT_EQ(asked(), R"({"FLIPPED":1,"paid":1})");
    EXPECT_THAT(send({{"replay", true}}), Each(200));
    EXPECT_EQ(asked(), R"({"ALREADY":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT count(*) FROM shop.placements"), "1");
    expect_nothing_broken();
}

TEST_F(HookTest, BelievesNeitherAStatusNorAnAmount) {
    // It says PAID and SUCCESS, and the gateway knows better.
    pay_by(order("A-1"), "100");
    EXPECT_THAT(send({{"id", "100"}}), ElementsAre(200));
    EXPECT_EQ(asked(), R"({"open":1})");
    EXPECT_EQ(status("A-1"), "PENDING");
    // The amount isn't signed in the second version: it changes nothing.
    stub.pay("100");
    EXPECT_THAT(send({{"id", "100"}, {"tamper", "amount"}}), ElementsAre(200));
    EXPECT_EQ(asked(), R"({"FLIPPED":1,"paid":1})");
    EXPECT_EQ(db.sql("SELECT amount_minor FROM shop.charges"), "12500");
}

TEST_F(HookTest, RefusesWhatIsNotSignedByTheGateway) {
    paid_order();
    for (const int version : {1, 2}) {
        for (const char* what : {"status", "invoice", "signature"}) {
            EXPECT_THAT(send({{"id", "100"}, {"tamper", what}, {"version", version}}),
                        ElementsAre(401))
                << version << what;
        }
        EXPECT_THAT(send({{"id", "100"}, {"secret", "another"}, {"version", version}}),
                    ElementsAre(401));
    }
    EXPECT_THAT(send({{"id", "100"}, {"tamper", "amount"}, {"version", 1}}), ElementsAre(401));
    EXPECT_EQ(jobs_of(), "0");
}

TEST_F(HookTest, KnowsOnlyGatewaysThatHaveASecret) {
    for (const char* name : {"silent", "other", "", "mf/x"}) {
        EXPECT_THAT(send({{"id", "100"}, {"url", url(name)}}), ElementsAre(404)) << name;
    }
}

TEST_F(HookTest, FollowsARefundAndIgnoresTheRest) {
    paid_order();
    for (const int version : {1, 2}) {
        EXPECT_THAT(send({{"id", "100"}, {"code", 2}, {"version", version}}), ElementsAre(200));
    }
    EXPECT_EQ(jobs_of("payment.refund"), "1");
    EXPECT_THAT(send({{"id", "100"}, {"code", 3}}), ElementsAre(200));
    EXPECT_THAT(send({{"id", "100"}, {"code", 3}, {"secret", "another"}}), ElementsAre(401));
    EXPECT_THAT(send({{"id", "100"}, {"code", 99}}), ElementsAre(401));
    EXPECT_EQ(jobs_of(), "0");
}

}  // namespace
}  // namespace barid::commerce
