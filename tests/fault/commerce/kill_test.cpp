// SIGKILL after a claim, while the gateway has the request, before a commit and after it, for each
// job; then another worker goes on. Whatever was lost, money and goods are where they belong, and
// the gateway got each execute and each refund once.
#include <gtest/gtest.h>

#include "tests/fault/commerce/scene.hpp"
#include "tests/fault/queue/fault_fixture.hpp"

namespace barid::fault {
namespace {

using namespace std::chrono_literals;

enum class Fate {
    undone,  ///< the transaction that was under way is rolled back
    landed,  ///< it commits, and nobody hears of it
    asking,  ///< no transaction is under way: the gateway has the request
};

struct KillCase {
    std::string name;
    Fate fate = Fate::undone;
    Place place = {};
    std::string path = {};  ///< whose answer never comes, with `step` before it
    std::string step = "hang";
};

void PrintTo(const KillCase& one, std::ostream* out) {
    *out << one.name;
}
auto case_name() {
    return [](const auto& info) { return info.param.name; };
}

class Kill : public testing::TestWithParam<KillCase> {
  protected:
    /// Starts a worker, waits until it is at the place, kills it, and starts another one.
    void kill_there() {
        const KillCase& one = GetParam();
        if (one.fate == Fate::asking) {
            scene.gateway().control("script", {{"path", one.path}, {"steps", {one.step}}});
        } else {
            scene.stop_at(one.place);
        }
        const std::size_t victim = scene.start();
        ASSERT_TRUE(wait_until([&] { return there(one); }, 30s))
            << "nobody came to the place: " << scene.errors();
        scene.kill(victim);
        if (one.fate == Fate::undone) scene.undo_who_waits();
        if (one.fate != Fate::asking) scene.go_on();
        scene.start();
        ASSERT_TRUE(wait_until([&] { return scene.live_jobs() == 0; }, 60s));
    }

    void TearDown() override {
        EXPECT_EQ(scene.wrong(), "");
        scene.stop();
    }

    Scene scene;

  private:
    bool there(const KillCase& one) {
        return one.fate == Fate::asking ? scene.gateway().calls(one.path) > 0
                                        : scene.somebody_waits();
    }
};

class KillReconcile : public Kill {};

TEST_P(KillReconcile, APaymentThatCameIsPlacedOnce) {
    scene.order("o1");
    scene.submitted("o1", "a1", "1001");
    scene.gateway().pay("1001");
    scene.enqueue("payment.reconcile");
    ASSERT_NO_FATAL_FAILURE(kill_there());
    ASSERT_TRUE(scene.run_everything());
    EXPECT_EQ(scene.status("o1"), "PAID");
    EXPECT_EQ(scene.count("SELECT count(*) FROM shop.charges"), 1);
    EXPECT_EQ(scene.count("SELECT count(*) FROM shop.refunds"), 0);
}

INSTANTIATE_TEST_SUITE_P(
    At, KillReconcile,
    testing::Values(KillCase{"TheGatewaysAnswer", Fate::asking, {}, "/v2/GetPaymentStatus"},
                    KillCase{"TheEvidence", Fate::undone, {"barid.payment_check"}},
                    KillCase{"TheEvidencesCommit", Fate::landed, {"barid.payment_check", "", true}},
                    KillCase{"ThePayment", Fate::undone, {"shop.charges"}},
                    KillCase{
                        "ThePaymentsCommitUndone", Fate::undone, {"shop.placements", "", true}},
                    KillCase{"ThePaymentsCommit", Fate::landed, {"shop.placements", "", true}}),
    case_name());

class KillExecute : public Kill {};

TEST_P(KillExecute, APaymentIsExecutedOnceOrNotAtAll) {
    scene.order("o1");
    scene.sql("SELECT shop.begin_attempt('o1', 'myfatoorah', attempt_id => 'a1')");
    scene.enqueue("payment.execute", R"({"attempt": "a1"})");
    ASSERT_NO_FATAL_FAILURE(kill_there());
    // Its claim is over after two seconds, and then its fate is looked up.
    ASSERT_TRUE(wait_until(
        [&] {
            return scene.run_everything() &&
                   scene.sql("SELECT state FROM shop.attempts") != "EXECUTING";
        },
        30s));
    ASSERT_TRUE(scene.run_everything());
    const bool happened = scene.gateway().state().at("invoices").as_array().size() == 1;
    const std::string state = scene.sql("SELECT state FROM shop.attempts");
    EXPECT_EQ(state, happened ? "SUBMITTED" : "UNKNOWN");
    EXPECT_EQ(scene.sql("SELECT barid_shop.claim_attempt('a1', '1 minute')"), "");
    if (happened) {
        scene.gateway().pay(scene.sql("SELECT invoice_id FROM shop.attempts"));
        ASSERT_TRUE(scene.run_everything());
        EXPECT_EQ(scene.status("o1"), "PAID");
    }
}

const std::string kClaimed = "NEW.state = 'EXECUTING'";
const std::string kSubmitted = "NEW.state = 'SUBMITTED'";
INSTANTIATE_TEST_SUITE_P(
    At, KillExecute,
    testing::Values(
        KillCase{"TheClaim", Fate::undone, {"shop.attempts", kClaimed}},
        KillCase{"TheClaimsCommit", Fate::landed, {"shop.attempts", kClaimed, true}},
        KillCase{"TheRequest", Fate::asking, {}, "/v2/ExecutePayment"},
        KillCase{"TheGatewaysAnswer", Fate::asking, {}, "/v2/ExecutePayment", "same!hang"},
        KillCase{"TheOutcome", Fate::undone, {"shop.attempts", kSubmitted}},
        KillCase{"TheOutcomesCommit", Fate::landed, {"shop.attempts", kSubmitted, true}}),
    case_name());

class KillRefund : public Kill {};

TEST_P(KillRefund, ARefundIsAskedForOnceOrNotAtAll) {
    scene.order("o1");
    for (const std::string number : {"1", "2"}) {
        scene.submitted("o1", "a" + number, "100" + number);
        scene.gateway().pay("100" + number);
    }
    scene.sql(
        "SELECT barid_shop.mark_paid('o1', a.id, '0707' || a.invoice_id || '0001', a.amount_minor, "
        "a.currency, 'callback', 1) FROM shop.attempts a ORDER BY a.id");
    ASSERT_EQ(scene.sql("SELECT state FROM shop.refunds"), "DUE");
    scene.enqueue("payment.refund");
    ASSERT_NO_FATAL_FAILURE(kill_there());
    ASSERT_TRUE(wait_until(
        [&] {
            return scene.run_everything() &&
                   scene.sql("SELECT state FROM shop.refunds") != "REQUESTING";
        },
        30s));
    ASSERT_TRUE(scene.run_everything());
    const json::array refunds = scene.gateway().state().at("refunds").as_array();
    EXPECT_EQ(scene.sql("SELECT state FROM shop.refunds"),
              refunds.empty() ? "UNKNOWN" : "REQUESTED");
    if (refunds.empty()) return;
    ASSERT_EQ(refunds.size(), 1U);
    scene.gateway().control("refund", {{"id", refunds[0].at("id")}, {"status", "Refunded"}});
    ASSERT_TRUE(scene.run_everything());
    EXPECT_EQ(scene.sql("SELECT state FROM shop.refunds"), "REFUNDED");
}

const std::string kRequesting = "NEW.state = 'REQUESTING'";
const std::string kRequested = "NEW.state = 'REQUESTED'";
INSTANTIATE_TEST_SUITE_P(
    At, KillRefund,
    testing::Values(KillCase{"TheClaim", Fate::undone, {"shop.refunds", kRequesting}},
                    KillCase{"TheClaimsCommit", Fate::landed, {"shop.refunds", kRequesting, true}},
                    KillCase{"TheRequest", Fate::asking, {}, "/v2/MakeRefund"},
                    KillCase{"TheGatewaysAnswer", Fate::asking, {}, "/v2/MakeRefund", "same!hang"},
                    KillCase{"TheOutcome", Fate::undone, {"shop.refunds", kRequested}},
                    KillCase{
                        "TheOutcomesCommit", Fate::landed, {"shop.refunds", kRequested, true}}),
    case_name());

class KillExpire : public Kill {};

TEST_P(KillExpire, AnUnpaidOrderIsCancelledOnce) {
    scene.order("o1", R"([{"variant": "OUD", "quantity": 10}])", "-1 minute");
    scene.submitted("o1", "a1", "1001");
    scene.enqueue("order.expire");
    ASSERT_NO_FATAL_FAILURE(kill_there());
    ASSERT_TRUE(scene.run_everything());
    EXPECT_EQ(scene.status("o1"), "CANCELLED");
    EXPECT_EQ(scene.sql("SELECT available FROM shop.stock WHERE variant_id = 'OUD' "
                        "AND location_id = 'KW'"),
              "10");
}

TEST_P(KillExpire, MoneyThatComesMeanwhileIsNotLost) {
    scene.order("o1", R"([{"variant": "OUD", "quantity": 10}])", "-1 minute");
    scene.submitted("o1", "a1", "1001");
    scene.enqueue("order.expire");
    const KillCase& one = GetParam();
    if (one.fate == Fate::asking) {
        scene.gateway().control("script", {{"path", one.path}, {"steps", {"pay!hang"}}});
        const std::size_t victim = scene.start();
        ASSERT_TRUE(wait_until([&] { return scene.gateway().calls(one.path) > 0; }, 30s));
        scene.kill(victim);
    } else {
        scene.stop_at(one.place);
        const std::size_t victim = scene.start();
        ASSERT_TRUE(wait_until([&] { return scene.somebody_waits(); }, 30s));
        scene.gateway().pay("1001");
        scene.kill(victim);
        if (one.fate == Fate::undone) scene.undo_who_waits();
        scene.go_on();
    }
    scene.start();
    ASSERT_TRUE(wait_until([&] { return scene.live_jobs() == 0; }, 60s));
    ASSERT_TRUE(scene.run_everything());
    EXPECT_EQ(scene.status("o1"), "PAID");
    EXPECT_EQ(scene.count("SELECT count(*) FROM shop.placements"), 1);
}

const std::string kCancelled = "NEW.status = 'CANCELLED'";
INSTANTIATE_TEST_SUITE_P(
    At, KillExpire,
    testing::Values(KillCase{"TheGatewaysAnswer", Fate::asking, {}, "/v2/GetPaymentStatus"},
                    KillCase{"TheEvidencesCommit", Fate::landed, {"barid.payment_check", "", true}},
                    KillCase{"TheCancellation", Fate::undone, {"shop.orders", kCancelled}},
                    KillCase{
                        "TheCancellationsCommit", Fate::landed, {"shop.orders", kCancelled, true}}),
    case_name());

class KillRelay : public Kill {};

TEST_P(KillRelay, EachEventIsOneJobInItsOrder) {
    scene.sql(
        "SELECT barid.enqueue('outbox.relay', '{\"stream\": \"orders\"}', "
        "unique_key => 'outbox.relay:orders')");
    for (int order = 1; order <= 5; ++order) {
        const std::string id = "o" + std::to_string(order);
        scene.order(id);
        scene.sql("SELECT shop.cancel_order('" + id + "', 'سالم')");
    }
    ASSERT_NO_FATAL_FAILURE(kill_there());
    ASSERT_TRUE(wait_until(
        [&] {
            return scene.count("SELECT count(*) FROM shop.outbox WHERE stream = 'orders'") == 0;
        },
        60s));
    EXPECT_EQ(scene.count("SELECT count(*) FROM barid.job WHERE kind = 'shop.event'"), 10);
    EXPECT_EQ(scene.count("SELECT count(*) FROM shop.outbox_delivered WHERE stream = 'orders'"),
              10);
}

INSTANTIATE_TEST_SUITE_P(
    At, KillRelay,
    testing::Values(
        KillCase{"TheDelivery", Fate::undone, {"shop.outbox_delivered"}},
        KillCase{"TheDeliverysCommitUndone", Fate::undone, {"shop.outbox_delivered", "", true}},
        KillCase{"TheDeliverysCommit", Fate::landed, {"shop.outbox_delivered", "", true}}),
    case_name());

class KillRebuild : public Kill {};

TEST_P(KillRebuild, ReadersGetTheNewVersionAllTheSame) {
    scene.sql(
        "SELECT shop.wish_add('noura', 'ROSE', 'KW'), shop.wish_add('sam', 'OUD', 'SA'), "
        "shop.wish_add('sam', 'DATES', 'KW'), shop.wish_remove('sam', 'DATES', 'KW')");
    for (const char* stream : {"product", "wishlist"}) {
        scene.sql("SELECT barid.enqueue('outbox.relay', '{\"stream\": \"" + std::string(stream) +
                  "\"}', unique_key => 'outbox.relay:" + stream + "')");
    }
    scene.sql("SELECT barid.projection_rebuild('wishlist', 'سالم', 'a new column')");
    ASSERT_NO_FATAL_FAILURE(kill_there());
    ASSERT_TRUE(
        wait_until([&] { return scene.count("SELECT count(*) FROM shop.outbox") == 0; }, 60s));
    EXPECT_EQ(scene.sql("SELECT version FROM shop.wishlist_version"), "2");
    EXPECT_EQ(scene.sql("SELECT string_agg(variant_id, ' ' ORDER BY variant_id) "
                        "FROM shop.wishlist_view"),
              "OUD ROSE");
}

INSTANTIATE_TEST_SUITE_P(
    At, KillRebuild,
    testing::Values(
        KillCase{"Draining", Fate::landed, {"barid.projection", "NEW.step = 'draining'", true}},
        KillCase{"Filling", Fate::undone, {"barid.projection", "NEW.step = 'filling'"}},
        KillCase{
            "FillingsCommit", Fate::landed, {"barid.projection", "NEW.step = 'filling'", true}},
        KillCase{"Verifying", Fate::landed, {"barid.projection", "NEW.step = 'verifying'", true}},
        KillCase{"Swapping", Fate::undone, {"shop.wishlist_version"}},
        KillCase{"TheSwapsCommit", Fate::landed, {"shop.wishlist_version", "", true}}),
    case_name());

}  // namespace
}  // namespace barid::fault
