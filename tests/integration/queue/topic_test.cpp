// Topics: who gets what, in whose transaction, and with which rights.
#include <gtest/gtest.h>

#include "tests/support/database.hpp"

namespace barid::queue {
namespace {

class Topic : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    std::string jobs() { return sql("SELECT count(*) FROM barid.job"); }
    /// Both ways of asking: the function, and what a publish does with a subscription.
    bool matches(const std::string& topic, const std::string& pattern) {
        const std::string says =
            sql("SELECT barid.topic_matches('" + topic + "', '" + pattern + "')");
        const std::string gets =
            sql("BEGIN; SELECT barid.subscribe('m', '" + pattern +
                "', 'k'); SELECT count(*) = 1 FROM barid.publish('" + topic + "')");
        EXPECT_EQ(says, gets) << topic << " " << pattern;
        return says == "t";
    }
    std::string refusal(const std::string& statement) {
        return sql(
            "CREATE OR REPLACE FUNCTION pg_temp.try() RETURNS text LANGUAGE plpgsql AS $try$ BEGIN "
            "EXECUTE $stmt$" +
            statement +
            "$stmt$; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN SQLERRM; END $try$; "
            "SELECT pg_temp.try()");
    }
    support::TestDatabase database;
};

TEST_F(Topic, AWordMatchesItself) {
    EXPECT_TRUE(matches("order", "order"));
    EXPECT_TRUE(matches("order.paid", "order.paid"));
    EXPECT_FALSE(matches("order.paid", "order"));
    EXPECT_FALSE(matches("order", "order.paid"));
    EXPECT_FALSE(matches("Order", "order"));
    EXPECT_FALSE(matches("orders", "order"));
    EXPECT_FALSE(matches("my-order", "order"));
}

TEST_F(Topic, AStarIsExactlyOneWord) {
    EXPECT_TRUE(matches("order", "*"));
    EXPECT_FALSE(matches("order.paid", "*"));
    EXPECT_TRUE(matches("order.paid", "order.*"));
    EXPECT_FALSE(matches("order", "order.*"));
    EXPECT_FALSE(matches("order.paid.late", "order.*"));
    EXPECT_TRUE(matches("order.paid", "*.paid"));
    EXPECT_TRUE(matches("order.7.paid", "order.*.paid"));
    EXPECT_FALSE(matches("order.paid", "order.*.paid"));
    EXPECT_FALSE(matches("orders.paid", "order.*"));
}

TEST_F(Topic, AHashIsAnyNumberOfWords) {
    for (const char* topic : {"a", "a.b", "a.b.c"}) EXPECT_TRUE(matches(topic, "#")) << topic;
    for (const char* topic : {"a", "a.b", "a.b.c"}) EXPECT_TRUE(matches(topic, "a.#")) << topic;
    EXPECT_FALSE(matches("ab", "a.#"));
    EXPECT_FALSE(matches("b.a", "a.#"));
    EXPECT_TRUE(matches("z", "#.z"));
    EXPECT_TRUE(matches("x.y.z", "#.z"));
    EXPECT_FALSE(matches("x.y", "#.z"));
    EXPECT_TRUE(matches("a.z", "a.#.z"));
    EXPECT_TRUE(matches("a.x.y.z", "a.#.z"));
    EXPECT_FALSE(matches("a", "a.#.z"));
    EXPECT_TRUE(matches("a.b", "#.*"));
    EXPECT_TRUE(matches("a", "*.#"));
    EXPECT_FALSE(matches("a", "*.*.#"));
    EXPECT_TRUE(matches("a.b.c.d", "#.b.#.d.#"));
}

TEST_F(Topic, AManyHashedPatternDoesNotRunAway) {
    std::string pattern = "#";
    std::string topic = "a";
    for (int i = 0; i < 60; ++i) pattern += i % 2 == 0 ? ".a" : ".#";
    for (int i = 0; i < 120; ++i) topic += ".a";
    EXPECT_FALSE(matches(topic + ".b", pattern + ".c"));
    EXPECT_EQ(sql("SELECT barid.topic_matches('" + topic + "', '" + pattern +
                  "') AND clock_timestamp() - now() < interval '2 seconds'"),
              "t");
}

TEST_F(Topic, RefusesTopicsAndPatternsThatAreNone) {
    for (const char* bad : {"", ".", "a.", ".a", "a..b", "a b", "a.*", "#", "a/b", "طلب"}) {
        EXPECT_TRUE(refusal(std::string("SELECT barid.publish('") + bad + "')")
                        .starts_with("message 1: the topic \""))
            << bad;
    }
    EXPECT_NE(refusal("SELECT barid.publish(NULL)"), "");
    EXPECT_NE(refusal("SELECT barid.publish('" + std::string(256, 'a') + "')"), "");
    for (const char* bad : {"", ".", "a.", "a..b", "a.**", "a*", "a.#b", "a.(b)", "a.[^.]+"}) {
        EXPECT_TRUE(refusal(std::string("SELECT barid.subscribe('s', '") + bad + "', 'k')")
                        .starts_with("the pattern \""))
            << bad;
    }
    EXPECT_NE(refusal("SELECT barid.subscribe('s', NULL, 'k')"), "");
    EXPECT_NE(refusal("SELECT barid.subscribe('S s', 'a', 'k')"), "");
    EXPECT_EQ(jobs(), "0");
}

TEST_F(Topic, EachSubscriptionGetsItsJob) {
    sql("SELECT barid.subscribe('stock', 'order.*', 'stock.book', queue => 'stock', "
        "priority => 1, max_attempts => 2, payload => '{\"depot\": \"جدة\"}')");
    sql("SELECT barid.subscribe('mail', 'order.#', 'mail.send')");
    sql("SELECT barid.subscribe('other', 'refund.#', 'refund.book')");
    EXPECT_EQ(sql("SELECT string_agg(j.kind, ' ' ORDER BY n) FROM barid.publish('order.paid') "
                  "WITH ORDINALITY AS p(id, n) JOIN barid.job j USING (id)"),
              "");  // the ids are those of jobs that the statement itself can't see yet
    EXPECT_EQ(sql("SELECT string_agg(kind, ' ' ORDER BY id) FROM barid.job"),
              "mail.send stock.book");
    EXPECT_EQ(sql("SELECT array_agg(p) = ARRAY[max(p) - 1, max(p)] FROM barid.publish('order.x') "
                  "p"),
              "t");
}

TEST_F(Topic, ThePayloadHasTheTopicAndTheMessage) {
    sql("SELECT barid.subscribe('stock', 'order.*', 'stock.book', queue => 'stock', "
        "priority => 1, max_attempts => 2, payload => '{\"depot\": \"جدة\"}')");
    sql("SELECT barid.publish('order.paid', '{\"id\": 7}', request_id => 'r', tags => '{t}', "
        "delay => '1 hour', ordering_key => 'order:7')");
    EXPECT_EQ(sql("SELECT concat_ws('|', kind, queue, priority, max_attempts, payload, request_id, "
                  "tags[1], ordering_key, run_at > now() + interval '59 minutes') FROM barid.job"),
              "stock.book|stock|1|2|{\"depot\": \"جدة\", \"topic\": \"order.paid\", \"message\": "
              "{\"id\": 7}}|r|t|stock:order:7|t");
}

TEST_F(Topic, AMergedMessageIsThePayloadItself) {
    sql("SELECT barid.subscribe('m', 'a', 'k', payload => '{\"x\": 1, \"y\": 1}', merge => true)");
    sql("SELECT barid.publish('a', '{\"y\": 2, \"z\": 2}')");
    EXPECT_EQ(sql("SELECT payload FROM barid.job"), "{\"x\": 1, \"y\": 2, \"z\": 2}");
    sql("DELETE FROM barid.job; SELECT barid.publish('a', '[1, 2]')");
    EXPECT_EQ(sql("SELECT payload FROM barid.job"), "{\"x\": 1, \"y\": 1, \"message\": [1, 2]}");
}

TEST_F(Topic, AMessageMayBeAnyJson) {
    sql("SELECT barid.subscribe('m', 'a', 'k')");
    for (const char* message : {"\"نص\"", "[1, 2]", "3", "null", "{}", "true"}) {
        sql(std::string("DELETE FROM barid.job; SELECT barid.publish('a', '") + message + "')");
        EXPECT_EQ(sql("SELECT payload->'message' FROM barid.job"), message);
    }
}

TEST_F(Topic, IsPartOfThePublishersTransaction) {
    sql("SELECT barid.subscribe('m', 'a', 'k')");
    sql("BEGIN; SELECT barid.publish('a'); ROLLBACK");
    EXPECT_EQ(jobs(), "0");
    sql("BEGIN; SELECT barid.publish('a'); COMMIT");
    EXPECT_EQ(jobs(), "1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.publish('nobody.listens')"), "0");
}

TEST_F(Topic, ASubscriptionIsChangedAndRemovedByItsName) {
    sql("SELECT barid.subscribe('m', 'a', 'k')");
    sql("SELECT barid.subscribe('m', 'b.#', 'k2')");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.publish('a')"), "0");
    sql("SELECT barid.publish('b.c')");
    EXPECT_EQ(sql("SELECT kind FROM barid.job"), "k2");
    EXPECT_EQ(sql("SELECT barid.unsubscribe('m')"), "t");
    EXPECT_EQ(sql("SELECT barid.unsubscribe('m')"), "f");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.publish('b.c')"), "0");
    EXPECT_EQ(jobs(), "1");
}

TEST_F(Topic, ManyMessagesComeInOneStatementInTheirOrder) {
    sql("SELECT barid.subscribe('m1', 'a.*', 'k1'), barid.subscribe('m2', '#', 'k2')");
    EXPECT_EQ(
        sql("SELECT count(*) FROM barid.publish_many((SELECT jsonb_agg(jsonb_build_object("
            "'topic', 'a.' || n, 'payload', n) ORDER BY n) FROM generate_series(1, 5000) n))"),
        "10000");
    EXPECT_EQ(sql("SELECT bool_and((payload->'message')::int = n AND kind = 'k' || which) FROM "
                  "(SELECT payload, kind, (row_number() OVER (ORDER BY id) + 1) / 2 AS n, "
                  "1 + (row_number() OVER (ORDER BY id) + 1) % 2 AS which FROM barid.job) x"),
              "t");
    EXPECT_TRUE(refusal("SELECT barid.publish_many('[{\"topic\": \"a.x\"}, {\"topic\": \"\"}]')")
                    .starts_with("message 2: "));
    EXPECT_TRUE(refusal("SELECT barid.publish_many('{}')").contains("JSON array"));
    EXPECT_NE(refusal("SELECT barid.publish_many('[1]')"), "");
    EXPECT_EQ(jobs(), "10000");
}

TEST_F(Topic, AProducerPublishesButDoesNotSubscribe) {
    sql("SELECT barid.subscribe('m', 'a', 'k')");
    const auto as = [&](const std::string& role, const std::string& statement) {
        return sql(
            "CREATE OR REPLACE FUNCTION public.try() RETURNS text LANGUAGE plpgsql AS $try$ BEGIN "
            "EXECUTE $stmt$" +
            statement +
            "$stmt$; RETURN ''; EXCEPTION WHEN OTHERS THEN RETURN SQLSTATE; END $try$; SET ROLE " +
            role + "; SELECT public.try()");
    };
    EXPECT_EQ(as("barid_producer", "SELECT barid.publish('a')"), "");
    EXPECT_EQ(jobs(), "1");
    EXPECT_EQ(as("barid_producer", "SELECT * FROM barid.subscription"), "42501");
    EXPECT_EQ(as("barid_producer", "SELECT barid.subscribe('x', 'a', 'k')"), "42501");
    EXPECT_EQ(as("barid_producer", "SELECT barid.unsubscribe('m')"), "42501");
    EXPECT_EQ(as("barid_readonly", "SELECT barid.publish('a')"), "42501");
    EXPECT_EQ(as("barid_readonly", "SELECT * FROM barid.subscription"), "");
    EXPECT_EQ(as("barid_operator", "SELECT barid.subscribe('x', 'a', 'k')"), "");
}

}  // namespace
}  // namespace barid::queue
