// The order in which locks are taken: order, attempts by id, stock by variant, promotion by id.
//
// A row is held by one session, the function is started in another until it waits for it, and a
// third one looks which rows can still be had: those before the held one can't, those after it can.
#include "tests/integration/commerce_shop/shop_fixture.hpp"

#include <libpq-fe.h>

#include <memory>

namespace barid {
namespace {

class Session {
  public:
    explicit Session(const std::string& url) : conn_(PQconnectdb(url.c_str())) {
        if (PQstatus(conn_.get()) != CONNECTION_OK) throw std::runtime_error("no session");
        PQsetNoticeReceiver(conn_.get(), [](void*, const PGresult*) {}, nullptr);
    }

    std::string run(const std::string& sql) {
        if (PQsendQuery(conn_.get(), sql.c_str()) != 1) throw std::runtime_error("not sent");
        return answer();
    }

    void send(const std::string& sql) {
        if (PQsendQuery(conn_.get(), sql.c_str()) != 1) throw std::runtime_error("not sent");
    }

    /// The last row's first column, or "ERROR: …".
    std::string answer() {
        std::string said;
        while (PGresult* result = PQgetResult(conn_.get())) {
            const std::unique_ptr<PGresult, decltype(&PQclear)> owned(result, &PQclear);
            if (PQresultStatus(result) == PGRES_FATAL_ERROR) {
                said = PQresultErrorField(result, PG_DIAG_SQLSTATE);
            } else if (PQntuples(result) > 0) {
                said = PQgetvalue(result, 0, 0);
            }
        }
        return said;
    }

    [[nodiscard]] std::string pid() const { return std::to_string(PQbackendPID(conn_.get())); }

  private:
    struct Finish {
        void operator()(PGconn* conn) const { PQfinish(conn); }
    };
    std::unique_ptr<PGconn, Finish> conn_;
};

struct Row {
    const char* name;
    const char* where;  ///< "shop.orders WHERE id = 'A1'"
};

constexpr Row kOrder = {"order", "shop.orders WHERE id = 'A1'"};
constexpr Row kAttempt1 = {"attempt 1", "shop.attempts WHERE id = 'T1'"};
constexpr Row kAttempt2 = {"attempt 2", "shop.attempts WHERE id = 'T2'"};
constexpr Row kDates = {"DATES", "shop.stock WHERE variant_id = 'DATES' AND location_id = 'KW'"};
constexpr Row kRose = {"ROSE", "shop.stock WHERE variant_id = 'ROSE' AND location_id = 'KW'"};
constexpr Row kPromo = {"promotion", "shop.promos WHERE id = 'EID10'"};
constexpr Row kOutbox = {"outbox",
                         "shop.outbox_aggregate WHERE aggregate_id = 'A1' AND "
                         "aggregate_type = 'order'"};

class LockOrder : public ShopTest {
  protected:
    LockOrder() {
        // ROSE stands before DATES in the lines, T2 was made before T1.
        order("A1", ", promo => 'EID10'");
        submitted("A1", "T2");
        submitted("A1", "T1");
    }

    /// Holds each row in turn, and sees that `call` has then locked those before it, and none of
    /// those after it.
    void expect_order(const std::string& call, const std::vector<Row>& rows) {
        for (std::size_t held = 1; held < rows.size(); ++held) {
            Session holder(db.url());
            Session caller(db.url());
            Session witness(db.url());
            holder.run("BEGIN; SELECT 1 FROM " + std::string(rows[held].where) +
                       " FOR NO KEY UPDATE");
            caller.run("BEGIN");
            caller.send("SELECT " + call);
            const std::string waits =
                "SELECT " + holder.pid() + " = ANY (pg_blocking_pids(" + caller.pid() + "))";
            for (int i = 0; i < 20'000 && witness.run(waits) != "t"; ++i) {
            }
            ASSERT_EQ(witness.run(waits), "t") << call << " doesn't lock " << rows[held].name;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                if (i == held) continue;
                const std::string got = witness.run("SELECT 1 FROM " + std::string(rows[i].where) +
                                                    " FOR NO KEY UPDATE NOWAIT");
                EXPECT_EQ(got, i < held ? "55P03" : "1")
                    << call << " waits for " << rows[held].name << "; " << rows[i].name;
            }
            holder.run("ROLLBACK");
            caller.answer();
            caller.run("ROLLBACK");
        }
    }
};

TEST_F(LockOrder, OfAPaymentIsTheDocumentedOne) {
    expect_order("barid_shop.mark_paid('A1', 'T2', 'P1', 23625, 'KWD', 'webhook', 1)",
                 {kOrder, kAttempt1, kAttempt2, kDates, kRose, kOutbox});
}

TEST_F(LockOrder, OfALatePaymentIsTheDocumentedOne) {
    sql("SELECT shop.cancel_by_customer('A1', 'noura')");
    expect_order("barid_shop.mark_paid('A1', 'T1', 'P1', 23625, 'KWD', 'webhook', 1)",
                 {kOrder, kAttempt1, kAttempt2, kDates, kRose, kPromo, kOutbox});
}

TEST_F(LockOrder, OfAnExpiryIsTheDocumentedOne) {
    time_is_over("A1");
    expect_order("barid_shop.expire_order('A1', 1, clock_timestamp(), '{T1,T2}')",
                 {kOrder, kAttempt1, kAttempt2, kDates, kRose, kPromo, kOutbox});
}

TEST_F(LockOrder, OfACancelIsTheDocumentedOne) {
    expect_order("shop.cancel_by_customer('A1', 'noura')",
                 {kOrder, kAttempt1, kAttempt2, kDates, kRose, kPromo, kOutbox});
}

TEST_F(LockOrder, OfAnOrderThatIsMadeIsTheDocumentedOne) {
    expect_order(
        "shop.place_order('sam', '[{\"variant\": \"ROSE\", \"quantity\": 1}, "
        "{\"variant\": \"DATES\", \"quantity\": 1}]', promo => 'EID10')",
        {kDates, kRose, kPromo});
}

TEST_F(LockOrder, OfANewAttemptIsTheDocumentedOne) {
    expect_order("shop.begin_attempt('A1', 'myfatoorah')", {kOrder, kAttempt1, kAttempt2});
}

TEST_F(LockOrder, OfAClaimIsTheDocumentedOne) {
    sql("UPDATE shop.attempts SET state = 'CREATED' WHERE id = 'T1'");
    expect_order("barid_shop.claim_attempt('T1', '1 minute')", {kOrder, kAttempt1, kAttempt2});
}

TEST_F(LockOrder, LetsOrdersOfOnePromotionBeMadeWithoutDeadlock) {
    // Both refer to the promotion's row by a foreign key before either locks it.
    Session one(db.url());
    Session two(db.url());
    const auto make = [](const std::string& lines) {
        return "SELECT shop.place_order('sam', '" + lines + "', promo => 'EID10')";
    };
    one.run(
        "BEGIN; INSERT INTO shop.orders (id, customer_id, location_id, payment_method, promo_id,"
        " subtotal_minor, total_minor, currency) VALUES ('X', 'sam', 'KW', 'card', 'EID10', 1, "
        "1, 'KWD')");
    EXPECT_EQ(two.run("SET lock_timeout = '10s'; " + make(R"([{"variant": "OUD", "quantity": 1}])"))
                  .size(),
              36U)
        << "a reference doesn't keep others from using the promotion";
    one.run("ROLLBACK");
}

TEST_F(LockOrder, LetsClaimsExpireAroundRowsThatOthersHold) {
    sql("UPDATE shop.attempts SET state = 'EXECUTING', fence = 1, claimed_until = now() - interval "
        "'1 second'");
    Session holder(db.url());
    holder.run("BEGIN; SELECT 1 FROM shop.attempts WHERE id = 'T1' FOR UPDATE");
    EXPECT_EQ(ask("expire_claims()"), "1");
    EXPECT_EQ(state("T2"), "UNKNOWN");
    holder.run("ROLLBACK");
    EXPECT_EQ(ask("expire_claims()"), "1");
}

}  // namespace
}  // namespace barid
