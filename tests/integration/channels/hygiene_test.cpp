// What the upkeep of notifications deletes, and what it leaves; and what forgetting a user leaves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/database.hpp"
#include "worker/notify_upkeep.hpp"

namespace barid::worker {
namespace {

using testing::HasSubstr;

class Hygiene : public ::testing::Test {
  protected:
    std::string sql(const std::string& text) const { return database.sql(text); }
    std::string error_of(const std::string& text) const {
        try {
            sql(text);
            return "";
        } catch (const std::runtime_error& error) {
            return error.what();
        }
    }
    void upkeep() { io.run(notify_upkeep(pool, {})); }
    /// Steps until the first drop has been tried by everybody who had to be waited for.
    void upkeep_until(const std::string& condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        do {
            upkeep();
            if (std::chrono::steady_clock::now() > deadline) {
                throw std::runtime_error("never: " + condition);
            }
        } while (sql("SELECT " + condition) != "t");
    }
    /// A notification of `user`, made `days` ago, with an inbox item and an accepted delivery.
    std::string notification(int days, const std::string& user = "layla") const {
        const std::string at = "now() - interval '" + std::to_string(days) + " days'";
        const std::string id = sql(
            "INSERT INTO barid.notification (id, user_id, category, dedupe_key, locale, title, "
            "body,"
            " vars, data, created_at, expires_at) SELECT (left(barid.uuid_v7_floor(" +
            at + ")::text, 24) || substr(md5(random()::text), 1, 12))::uuid, '" + user +
            "', 'general', 'order:' || random(), 'ar', 'طلبك', 'في الطريق', '{\"name\": \"ليلى\"}',"
            " '{\"order\": \"A-1042\"}', " +
            at + ", " + at + " + interval '28 days' RETURNING id");
        sql("INSERT INTO barid.inbox_item (notification_id, user_id, category, locale, title, body,"
            " created_at) SELECT id, user_id, category, locale, title, body, created_at"
            " FROM barid.notification WHERE id = '" +
            id + "'");
        sql("WITH d AS (INSERT INTO barid.delivery (notification_id, channel, device_id, state)"
            " VALUES ('" +
            id +
            "', 'push', 1, 'accepted') RETURNING notification_id, id)"
            " INSERT INTO barid.delivery_attempt (notification_id, delivery_id, attempt_no)"
            " SELECT notification_id, id, 1 FROM d");
        return id;
    }
    /// Partitions for the last year, as if Barid had been running since.
    void a_year_of_weeks() const {
        sql("DROP TABLE barid.delivery_past, barid.delivery_attempt_past");
        sql("DELETE FROM barid.ledger_partition WHERE lower_at = '-infinity'");
        sql(R"(DO $$
            DECLARE upper_at timestamptz; lower_at timestamptz; parent text; bounds text;
            BEGIN
                SELECT min(p.lower_at) INTO upper_at FROM barid.ledger_partition p;
                FOR week IN 1..53 LOOP
                    lower_at := CASE WHEN week = 53 THEN '-infinity'
                                     ELSE upper_at - interval '7 days' END;
                    bounds := CASE WHEN week = 53 THEN 'MINVALUE'
                                   ELSE quote_literal(barid.uuid_v7_floor(lower_at)) END;
                    FOREACH parent IN ARRAY ARRAY['delivery', 'delivery_attempt'] LOOP
                        EXECUTE format('CREATE TABLE barid.%I PARTITION OF barid.%I '
                            'FOR VALUES FROM (%s) TO (%L)',
                            parent || '_' || barid.ledger_suffix(lower_at), parent, bounds,
                            barid.uuid_v7_floor(upper_at));
                    END LOOP;
                    INSERT INTO barid.ledger_partition (lower_at, upper_at)
                    VALUES (lower_at, upper_at);
                    upper_at := lower_at;
                END LOOP;
            END $$)");
    }
    std::string weeks() const {
        return sql("SELECT count(*) FROM pg_inherits WHERE inhparent = 'barid.delivery'::regclass");
    }

    support::TestDatabase database;
    support::IoFixture io;
    pg::Pool pool{io.io, io.blocking, database.options(), 4, {}};
};

TEST_F(Hygiene, ADeviceIsStaleAfterSixtyDaysWithoutASign) {
    const auto stale = [&](const std::string& registered, const std::string& ok) {
        return sql("SELECT barid.device_is_stale(" + registered + ", " + ok + ")");
    };
    EXPECT_EQ(stale("now() - interval '59 days'", "NULL"), "f");
    EXPECT_EQ(stale("now() - interval '61 days'", "NULL"), "t");
    EXPECT_EQ(stale("now() - interval '300 days'", "now() - interval '1 day'"), "f");
}

TEST_F(Hygiene, ADeviceIsPurgedAfter270DaysWithoutASign) {
    for (const char* target : {"old", "heard", "new"}) {
        sql(std::string("SELECT barid.register_device('u', '") + target + "', 'ios')");
    }
    sql("UPDATE barid.device SET last_registered_at = now() - interval '271 days' "
        "WHERE target <> 'new'");
    sql("UPDATE barid.device SET last_ok_at = now() - interval '269 days' WHERE target = 'heard'");
    upkeep();
    EXPECT_EQ(sql("SELECT string_agg(target, ',' ORDER BY target) FROM barid.device"), "heard,new");
}

TEST_F(Hygiene, WalksBeyondTheFirstBatch) {
    sql("SELECT barid.register_device('u', 'd' || i, 'ios') FROM generate_series(1, 50) i");
    sql("UPDATE barid.device SET last_registered_at = now() - interval '1 year' WHERE id > 45");
    for (int step = 0; sql("SELECT barid.notify_upkeep(10)") == "t"; ++step) ASSERT_LT(step, 20);
    EXPECT_EQ(sql("SELECT count(*) FROM barid.device"), "45");
    // Once a day is enough.
    sql("UPDATE barid.device SET last_registered_at = now() - interval '1 year' WHERE id > 40");
    EXPECT_EQ(sql("SELECT barid.notify_upkeep(10)"), "f");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.device"), "45");
}

TEST_F(Hygiene, TheLedgersOldWeeksAreDroppedAndTheNextAreMade) {
    a_year_of_weeks();
    const std::string kept = notification(80);
    const std::string gone = notification(120);
    upkeep_until(
        "count(*) = 0 FROM barid.ledger_partition p "
        "WHERE p.upper_at < now() - interval '90 days'");
    EXPECT_EQ(sql("SELECT string_agg(notification_id::text, ',') FROM barid.delivery"), kept);
    EXPECT_EQ(sql("SELECT string_agg(notification_id::text, ',') FROM barid.delivery_attempt"),
              kept);
    EXPECT_EQ(sql("SELECT to_regclass('barid.delivery_past') IS NULL"), "t");
    EXPECT_EQ(sql("SELECT barid.ledger_begins() BETWEEN now() - interval '97 days' "
                  "AND now() - interval '83 days'"),
              "t");
    // The inbox keeps what it has for longer.
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox_item"), "2");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification WHERE id = '" + gone + "'"), "1");
}

TEST_F(Hygiene, AWeekThatALivingJobNeedsStays) {
    a_year_of_weeks();
    const std::string id = notification(120);
    const std::string job = sql("SELECT barid.enqueue('notify.deliver', '{}')");
    sql("UPDATE barid.delivery SET job_id = " + job + ", state = 'deferred'");
    upkeep_until(
        "count(*) = 1 FROM barid.ledger_partition p "
        "WHERE p.upper_at < now() - interval '90 days'");
    upkeep();
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery"), "1");
    sql("DELETE FROM barid.job");
    upkeep_until("count(*) = 0 FROM barid.delivery");
}

TEST_F(Hygiene, AProcessThatOwnsNothingDeletesRows) {
    a_year_of_weeks();
    notification(120);
    const std::string kept = notification(10);
    const std::string before = weeks();
    pg::ConnectOptions options = database.options();
    options.settings.push_back({"role", "barid_worker"});
    pg::Pool limited(io.io, io.blocking, options, 2, {});
    io.run(notify_upkeep(limited, {}));
    EXPECT_EQ(weeks(), before);
    EXPECT_EQ(sql("SELECT string_agg(notification_id::text, ',') FROM barid.delivery"), kept);
    EXPECT_EQ(sql("SELECT barid.ledger_begins() > now() - interval '98 days'"), "t");
}

TEST_F(Hygiene, TheInboxKeepsHalfAYearAndArchivedItemsLess) {
    a_year_of_weeks();
    const std::string old = notification(181);
    const std::string archived = notification(100);
    const std::string kept = notification(170);
    sql("UPDATE barid.inbox_item SET archived_at = now() - interval '91 days' "
        "WHERE notification_id = '" +
        archived + "'");
    upkeep_until("count(*) = 0 FROM barid.notification WHERE id = '" + old + "'");
    EXPECT_EQ(sql("SELECT string_agg(notification_id::text, ',') FROM barid.inbox_item"), kept);
    // In no inbox and without a ledger, a notification is of no use.
    upkeep_until("count(*) = 1 FROM barid.notification");
    EXPECT_EQ(sql("SELECT id FROM barid.notification"), kept);
}

TEST_F(Hygiene, WhatIsKeptCanBeSet) {
    sql("SELECT barid.set_notify_retention(inbox => '30 days', ledger => '40 days')");
    EXPECT_EQ(sql("SELECT concat_ws(' ', inbox, archived, ledger) FROM barid.notify_retention"),
              "30 days 90 days 40 days");
    notification(31);
    notification(29);
    upkeep();
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox_item"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification"), "2");
    EXPECT_THAT(error_of("SELECT barid.set_notify_retention(ledger => '20 days')"),
                HasSubstr("ledger must be between"));
    EXPECT_THAT(error_of("SELECT barid.set_notify_retention(inbox => '0 days')"),
                HasSubstr("inbox must be between"));
}

TEST_F(Hygiene, TheRestDoesntGrowEither) {
    sql("INSERT INTO barid.notify_throttle VALUES "
        "('a', 'general', 'push', ARRAY[now() - interval '32 days']), "
        "('b', 'general', 'push', ARRAY[now() - interval '32 days', now()])");
    sql("INSERT INTO barid.digest (user_id, category, channel, closes_at, closed_at) VALUES "
        "('a', 'general', 'push', now(), now() - interval '91 days'), "
        "('b', 'general', 'push', now(), now() - interval '1 day')");
    sql("INSERT INTO barid.dev_push (notification_id, user_id, platform, locale, title, body, at) "
        "SELECT barid.uuid_v7(), u, 'ios', 'ar', 't', 'b', now() - a::interval "
        "FROM (VALUES ('a', '31 days'), ('b', '1 day')) v(u, a)");
    sql("INSERT INTO barid.delivery_run VALUES (1, 'gone', now() - interval '2 hours')");
    sql("INSERT INTO barid.bounce (address, kind, at) VALUES "
        "('a@example.com', 'soft', now() - interval '91 days'), ('b@example.com', 'soft', now())");
    sql("WITH b AS (INSERT INTO barid.broadcast (dedupe_key, category, channels, created_by, "
        "state, "
        "finished_at) VALUES ('x', 'general', '{push}', 'me', 'done', now() - interval '8 days'), "
        "('y', 'general', '{push}', 'me', 'running', NULL) RETURNING id) "
        "INSERT INTO barid.broadcast_user SELECT id, 'u' FROM b");
    upkeep();
    EXPECT_EQ(sql("SELECT string_agg(user_id, '') FROM barid.notify_throttle"), "b");
    EXPECT_EQ(sql("SELECT string_agg(user_id, '') FROM barid.digest"), "b");
    EXPECT_EQ(sql("SELECT string_agg(user_id, '') FROM barid.dev_push"), "b");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery_run"), "0");
    EXPECT_EQ(sql("SELECT string_agg(address, '') FROM barid.bounce"), "b@example.com");
    EXPECT_EQ(sql("SELECT string_agg(state, '') FROM barid.broadcast_user u "
                  "JOIN barid.broadcast b ON b.id = u.broadcast_id"),
              "running");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.broadcast"), "2");
}

TEST_F(Hygiene, OneProcessWorksAtATime) {
    sql("INSERT INTO barid.delivery_run VALUES (1, 'gone', now() - interval '2 hours')");
    const auto beside_another = [&]() -> awaitable<void> {
        const auto other = co_await pool.acquire();
        co_await other->execute_script("BEGIN; SELECT barid.notify_upkeep(); SAVEPOINT held",
                                       std::chrono::seconds(10));
        sql("INSERT INTO barid.delivery_run VALUES (2, 'gone', now() - interval '2 hours')");
        co_await notify_upkeep(pool, {});
        EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery_run"), "2");
        co_await other->execute_script("ROLLBACK", std::chrono::seconds(10));
    };
    io.run(beside_another());
    upkeep();
    EXPECT_EQ(sql("SELECT count(*) FROM barid.delivery_run"), "0");
}

TEST_F(Hygiene, AForgottenUserLeavesCountsAndNothingElse) {
    sql("SELECT barid.register_device('layla', 'phone', 'ios')");
    sql("SELECT barid.set_contact('layla', 'layla@example.com')");
    sql("SELECT barid.set_preference('layla', false, channel => 'email')");
    sql("SELECT barid.record_bounce('layla@example.com', 'complaint', 'layla said so')");
    const std::string first = notification(1);
    notification(2);
    notification(1, "omar");
    sql("UPDATE barid.delivery SET state = 'pending' WHERE notification_id = '" + first + "'");
    EXPECT_EQ(sql("SELECT concat_ws(' ', devices, notifications, more) "
                  "FROM barid.forget_user('layla', 1)"),
              "1 1 t");
    EXPECT_EQ(sql("SELECT concat_ws(' ', devices, notifications, more) "
                  "FROM barid.forget_user('layla')"),
              "0 1 f");
    for (const char* table : {"app_user", "device", "contact", "preference", "inbox_item",
                              "notification", "delivery", "suppression", "bounce"}) {
        EXPECT_EQ(sql(std::string("SELECT count(*) FROM barid.") + table +
                      " t WHERE t::text ~ "
                      "'layla|A-1042|ليلى|order:' AND t::text !~ 'omar'"),
                  std::string(table) == "suppression" ? "1" : "0")
            << table;
    }
    EXPECT_EQ(sql("SELECT detail IS NULL FROM barid.suppression"), "t");
    EXPECT_EQ(sql("SELECT count(*) || ' ' || count(title) FROM barid.notification"), "3 1");
    EXPECT_EQ(sql("SELECT string_agg(state || coalesce(':' || reason, ''), ' ' ORDER BY state, "
                  "reason) FROM barid.delivery"),
              "accepted accepted suppressed:forgotten");
    EXPECT_EQ(sql("SELECT user_id FROM barid.inbox_item"), "omar");
}

TEST_F(Hygiene, OperatorsForgetAndOthersDont) {
    for (const char* role : {"barid_producer", "barid_worker", "barid_readonly"}) {
        EXPECT_THAT(error_of(std::string("SET ROLE ") + role + "; SELECT barid.forget_user('u')"),
                    HasSubstr("denied"))
            << role;
    }
    EXPECT_EQ(error_of("SET ROLE barid_operator; SELECT barid.forget_user('u')"), "");
    EXPECT_THAT(error_of("SELECT barid.forget_user('')"), HasSubstr("user_id must"));
}

}  // namespace
}  // namespace barid::worker
