// Digests: collected once, told once, whoever races.
#include <latch>
#include <vector>

#include "tests/integration/notify/decision_fixture.hpp"

namespace barid::notify {
namespace {

using support::Session;

class Digest : public support::DecisionTest {
  protected:
    Digest() {
        sql(R"(SELECT barid.upsert_template('many', '{"en": {"title": "{count} orders", "body":
            "last: {no}"}}', '{count,no}'))");
        sql(R"(SELECT barid.upsert_template('one',
            '{"en": {"title": "Order {no}", "body": "sent"}}', '{no}'))");
        sql("SELECT barid.upsert_category('orders', digest_window => '1 hour', digest_template => "
            "'many', channels => '{push}')");
    }
    /// A member that is not collected yet.
    std::string order(int no, const std::string& user = "u") const {
        return sql("SELECT barid.notify('" + user +
                   "', 'orders', template => 'one', vars => "
                   "'{\"no\": \"" +
                   std::to_string(no) + "\"}')");
    }
    static std::string collect(const std::string& id, const std::string& user = "u") {
        return "SELECT barid.collect('" + id + "', '" + user + "', 'orders', 'push')";
    }
    std::string told(const std::string& id) const {
        return sql("SELECT title || ' / ' || body FROM barid.notification WHERE id = '" + id + "'");
    }
};

TEST_F(Digest, OpensWithTheJobThatClosesIt) {
    sql(collect(order(1)));
    sql(collect(order(2)));
    EXPECT_EQ(sql("SELECT count(*) || ' ' || max(payload::text) FROM barid.job WHERE kind = "
                  "'notify.digest'"),
              R"(1 {"digest": 1})");
    EXPECT_EQ(sql("SELECT j.run_at = d.closes_at AND d.closes_at > now() + interval '59 minutes' "
                  "FROM barid.job j, barid.digest d WHERE j.kind = 'notify.digest'"),
              "t");
}

TEST_F(Digest, TellsManyWithTheCategorysTemplateAndTheNewestsVariables) {
    for (int no = 1; no <= 3; ++no) sql(collect(order(no)));
    const std::string id = sql("SELECT barid.close_digest(1, 77)");
    EXPECT_EQ(told(id), "3 orders / last: 3");
    EXPECT_EQ(sql("SELECT concat_ws(' ', job_id, channels, digest_id, dedupe_key, data) FROM "
                  "barid.notification WHERE id = '" +
                  id + "'"),
              R"(77 {push} 1 digest:1 {"digest_count": "3"})");
    EXPECT_EQ(sql("SELECT barid.close_digest(1, 78)"), id) << "again, the same";
    EXPECT_EQ(sql("SELECT count(*) FROM barid.notification WHERE digest_id = 1"), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.inbox_item"), "0");
}

TEST_F(Digest, TellsASingleMemberInItsOwnWords) {
    sql(collect(order(5)));
    EXPECT_EQ(told(sql("SELECT barid.close_digest(1, 1)")), "Order 5 / sent");
    const std::string plain = sql(notify("u", ", category => 'orders'"));
    sql(collect(plain));
    EXPECT_EQ(told(sql("SELECT barid.close_digest(2, 1)")), "Hello / There");
}

TEST_F(Digest, LeavesOutWhatHasExpired) {
    const std::string late = order(1);
    sql(collect(late));
    sql(collect(order(2)));
    sql("UPDATE barid.notification SET expires_at = now() - interval '1 s' WHERE id = '" + late +
        "'");
    EXPECT_EQ(told(sql("SELECT barid.close_digest(1, 1)")), "Order 2 / sent");
    const std::string other = order(3);
    sql(collect(other));
    sql("UPDATE barid.notification SET expires_at = now() - interval '1 s' WHERE id = '" + other +
        "'");
    EXPECT_EQ(sql("SELECT barid.close_digest(2, 1)"), "");
    EXPECT_EQ(sql("SELECT closed_at IS NOT NULL FROM barid.digest WHERE id = 2"), "t");
    EXPECT_EQ(sql("SELECT barid.close_digest(99, 1)"), "");
}

TEST_F(Digest, CollectsANotificationOnceEvenAfterItsDigestIsTold) {
    const std::string id = order(1);
    sql(collect(id));
    sql(collect(id));
    sql("SELECT barid.close_digest(1, 1)");
    sql(collect(id));
    EXPECT_EQ(
        sql("SELECT count(*) FROM barid.digest_item") + sql("SELECT count(*) FROM barid.digest"),
        "11");
}

TEST_F(Digest, ACollectThatComesBeforeTheClosingIsIn) {
    const std::string first = order(1);
    const std::string second = order(2);
    sql(collect(first));
    Session collecting(database.url());
    collecting("BEGIN");
    collecting(collect(second));
    Session closing(database.url());
    std::string id;
    std::thread closer([&] { id = closing("SELECT barid.close_digest(1, 1)"); });
    EXPECT_TRUE(waits_for_lock(closing));
    collecting("COMMIT");
    closer.join();
    EXPECT_EQ(told(id), "2 orders / last: 2");
}

TEST_F(Digest, ACollectThatComesAfterItOpensTheNext) {
    sql(collect(order(1)));
    const std::string second = order(2);
    Session closing(database.url());
    closing("BEGIN");
    closing("SELECT barid.close_digest(1, 1)");
    Session collecting(database.url());
    std::thread collector([&] { collecting(collect(second)); });
    EXPECT_TRUE(waits_for_lock(collecting));
    closing("COMMIT");
    collector.join();
    EXPECT_EQ(
        sql("SELECT digest_id FROM barid.digest_item WHERE notification_id = '" + second + "'"),
        "2");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE kind = 'notify.digest'"), "2");
}

TEST_F(Digest, NothingIsLostOrDoubledWhenManyRace) {
    constexpr int kThreads = 4;
    constexpr int kEach = 10;
    std::vector<std::string> ids;
    for (int no = 0; no < kThreads * kEach; ++no) ids.push_back(order(no));
    std::latch start(kThreads + 1);
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            Session session(database.url());
            start.arrive_and_wait();
            for (int n = 0; n < kEach; ++n) {
                session(collect(ids[static_cast<std::size_t>(i * kEach + n)]));
            }
        });
    }
    threads.emplace_back([&] {
        Session session(database.url());
        start.arrive_and_wait();
        for (int n = 0; n < 20; ++n) {
            session("SELECT barid.close_digest(id, 1) FROM barid.digest WHERE closed_at IS NULL");
        }
    });
    for (std::thread& thread : threads) thread.join();
    sql("SELECT barid.close_digest(id, 1) FROM barid.digest WHERE closed_at IS NULL");
    EXPECT_EQ(sql("SELECT count(*) || ' ' || count(DISTINCT notification_id) FROM "
                  "barid.digest_item"),
              "40 40");
    // Each digest that had members told of exactly them.
    EXPECT_EQ(sql("SELECT count(*) FROM barid.digest d JOIN LATERAL (SELECT count(*) AS n FROM "
                  "barid.digest_item i WHERE i.digest_id = d.id) m ON true LEFT JOIN "
                  "barid.notification t ON t.digest_id = d.id WHERE d.closed_at IS NULL OR "
                  "(m.n > 1 AND t.title IS DISTINCT FROM m.n || ' orders') OR "
                  "(m.n = 1 AND t.title IS NULL)"),
              "0");
}

TEST_F(Digest, AJobThatDiedIsMadeUpForByTheNextMember) {
    sql(collect(order(1)));
    sql("DELETE FROM barid.job WHERE kind = 'notify.digest'");
    sql("UPDATE barid.digest SET closes_at = now() - interval '2 minutes'");
    sql(collect(order(2)));
    sql(collect(order(3)));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.job WHERE kind = 'notify.digest'"), "1");
}

}  // namespace
}  // namespace barid::notify
