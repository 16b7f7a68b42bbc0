// A small shop in a database of its own; what Barid asks it is asked as Barid's role does.
//
// After each test the oracles must have nothing to say, unless the test broke something on purpose.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "tests/support/shop.hpp"

namespace barid {

class ShopTest : public testing::Test {
  protected:
    void TearDown() override {
        if (books_are_right) {
            EXPECT_EQ(support::violations(db), "");
        }
    }

    std::string sql(const std::string& text) const { return db.sql(text); }

    /// SELECT barid_shop.CALL, with no right but to execute.
    std::string ask(const std::string& call) const {
        return db.sql(
            "SET ROLE barid_commerce; SET search_path = pg_catalog, pg_temp; SELECT "
            "barid_shop." +
            call);
    }

    /// "22023: what it said" of a statement that must fail; "" when it doesn't.
    std::string refused(const std::string& statement) const {
        try {
            db.sql(statement);
        } catch (const std::runtime_error& e) {
            const std::string said = e.what();
            return said.substr(0, said.find('\n'));
        }
        return {};
    }

    /// Two ROSE and one DATES for noura at Kuwait: 26.250 KWD, by card.
    std::string order(const std::string& id, const std::string& more = "") const {
        return sql(
            "SELECT shop.place_order('noura', '[{\"variant\": \"ROSE\", \"quantity\": 2}, "
            "{\"variant\": \"DATES\", \"quantity\": 1}]', order_id => '" +
            id + "'" + more + ")");
    }

    /// One that the gateway knows: its money may come.
    void submitted(const std::string& order_id, const std::string& attempt) const {
        sql("SELECT shop.begin_attempt('" + order_id +
            "', 'myfatoorah', submitted => true, "
            "invoice_id => 'inv-" +
            attempt + "', attempt_id => '" + attempt + "')");
    }

    std::string paid(const std::string& order_id, const std::string& attempt,
                     const std::string& payment, const std::string& amount = "26250",
                     const std::string& currency = "KWD") const {
        return ask("mark_paid('" + order_id + "', '" + attempt + "', '" + payment + "', " + amount +
                   ", '" + currency + "', 'webhook', 1)");
    }

    /// With all that has to be known, checked at this moment.
    std::string expire(const std::string& order_id, const std::string& attempts = "{}") const {
        return ask("expire_order('" + order_id + "', 7, clock_timestamp(), '" + attempts + "')");
    }

    void time_is_over(const std::string& order_id) const {
        sql("UPDATE shop.orders SET expires_at = now() - interval '1 second' WHERE id = '" +
            order_id + "'");
    }

    std::string status(const std::string& order_id) const {
        return sql("SELECT status FROM shop.orders WHERE id = '" + order_id + "'");
    }

    std::string state(const std::string& attempt) const {
        return sql("SELECT state FROM shop.attempts WHERE id = '" + attempt + "'");
    }

    /// "8 2 0": available, held, committed at Kuwait.
    std::string stock(const std::string& variant) const {
        return sql(
            "SELECT available || ' ' || held || ' ' || committed FROM shop.stock WHERE "
            "location_id = 'KW' AND variant_id = '" +
            variant + "'");
    }

    std::string events(const std::string& order_id) const {
        return sql(
            "SELECT string_agg(event_type, ' ' ORDER BY aggregate_version) FROM shop.outbox "
            "WHERE aggregate_type = 'order' AND aggregate_id = '" +
            order_id + "'");
    }

    /// Everything that the shop knows, to see that nothing changed.
    std::string everything() const {
        return sql(
            "SELECT md5(string_agg(t.row, ',' ORDER BY t.row)) FROM ("
            "SELECT 'o' || o::text AS row FROM shop.orders o UNION ALL "
            "SELECT 'a' || a::text FROM shop.attempts a UNION ALL "
            "SELECT 's' || s::text FROM shop.stock s UNION ALL "
            "SELECT 'r' || r::text FROM shop.reservations r UNION ALL "
            "SELECT 'p' || p::text FROM shop.promos p UNION ALL "
            "SELECT 'u' || u::text FROM shop.promo_uses u UNION ALL "
            "SELECT 'c' || c::text FROM shop.charges c UNION ALL "
            "SELECT 'f' || f::text FROM shop.refunds f UNION ALL "
            "SELECT 'l' || p::text FROM shop.placements p UNION ALL "
            "SELECT 'x' || x::text FROM shop.outbox x UNION ALL "
            "SELECT 'j' || j.payload::text FROM barid.job j) t");
    }

    support::TestDatabase db = support::small_shop();
    bool books_are_right = true;
};

}  // namespace barid
