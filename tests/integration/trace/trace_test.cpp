// One trace from the producer through the job to whoever is called, and what its spans say.
#include "tests/integration/trace/trace_fixture.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

TEST_F(TraceTest, GoesFromTheProducerThroughTheJobToTheReceiver) {
    const std::string id = deliver(std::string(", traceparent => '") + kTraceparent + "'");
    start();
    wait_for_jobs();
    const std::string received = seen_traceparent();
    stop();
    const auto jobs = spans("process http.deliver");
    ASSERT_EQ(jobs.size(), 1U);
    const json::object& job = jobs[0];
    EXPECT_EQ(text(job, "trace"), kTrace);
    EXPECT_EQ(text(job, "parent"), kCaller);
    EXPECT_EQ(text(job, "service"), "shop-jobs");
    EXPECT_EQ(text(job, "kind"), "5");
    EXPECT_EQ(text(job, "messaging.system"), "barid");
    EXPECT_EQ(text(job, "messaging.destination.name"), "default");
    EXPECT_EQ(text(job, "messaging.message.id"), id);
    EXPECT_EQ(text(job, "barid.job.kind"), "http.deliver");
    EXPECT_EQ(text(job, "barid.job.attempt"), "1");
    EXPECT_EQ(text(job, "barid.job.outcome"), "complete");
    const auto calls = spans("POST");
    ASSERT_EQ(calls.size(), 1U);
    EXPECT_EQ(text(calls[0], "parent"), text(job, "id"));
    EXPECT_EQ(text(calls[0], "kind"), "3");
    EXPECT_EQ(text(calls[0], "http.response.status_code"), "200");
    EXPECT_EQ(received, std::string("00-") + kTrace + "-" + text(calls[0], "id") + "-01");
    EXPECT_THAT(collector.output(), Not(HasSubstr("hunter2")));
    EXPECT_THAT(collector.output(), Not(HasSubstr("/ok")));
}

TEST_F(TraceTest, BeginsWithTheJobWhenTheProducerHasNone) {
    cli.environment["BARID_DELIVER_ORDERS_URL"] = receiver_url + "/flaky/1";
    deliver();
    start();
    const std::string first = seen_traceparent();
    wait_until("SELECT count(*) FROM barid.job WHERE state = 'waiting' AND attempt = 1", "1");
    database.sql("SELECT barid.run_now(id) FROM barid.job");
    wait_for_jobs();
    const std::string second = seen_traceparent();
    stop();
    const auto jobs = spans("process http.deliver");
    ASSERT_EQ(jobs.size(), 2U);
    EXPECT_EQ(text(jobs[0], "parent"), "");
    EXPECT_EQ(text(jobs[0], "trace"), text(jobs[1], "trace")) << "attempts share the job's trace";
    EXPECT_NE(text(jobs[0], "id"), text(jobs[1], "id"));
    EXPECT_EQ(first.substr(3, 32), text(jobs[0], "trace"));
    EXPECT_EQ(second.substr(3, 32), text(jobs[0], "trace"));
    EXPECT_EQ(text(jobs[0], "barid.job.outcome"), "retry");
    EXPECT_EQ(text(jobs[0], "error.type"), "retried");
    EXPECT_EQ(json::serialize(jobs[0].at("status").at("code")), "2");
    EXPECT_THAT(collector.output(), Not(HasSubstr("hunter2")));
}

TEST_F(TraceTest, IsPassedOnButNotKeptWhenItIsNotSampled) {
    cli.environment["BARID_TRACE_SAMPLE_RATIO"] = "1";
    deliver(std::string(", traceparent => '00-") + kTrace + "-" + kCaller + "-00'");
    start();
    const std::string received = seen_traceparent();
    wait_for_jobs();
    stop();
    EXPECT_EQ(received.substr(0, 36), std::string("00-") + kTrace + "-");
    EXPECT_TRUE(received.ends_with("-00"));
    EXPECT_THAT(received, Not(HasSubstr(kCaller)));
    EXPECT_TRUE(spans().empty());
}

TEST_F(TraceTest, PassesThroughUnchangedWhileNothingIsExported) {
    cli.environment.erase("OTEL_EXPORTER_OTLP_ENDPOINT");
    deliver(std::string(", traceparent => '") + kTraceparent + "'");
    start();
    EXPECT_EQ(seen_traceparent(), kTraceparent);
    wait_for_jobs();
    deliver(", traceparent => '00-not-a-traceparent'");
    EXPECT_EQ(seen_traceparent(), "") << "what is no traceparent isn't sent to anybody";
    wait_for_jobs();
    deliver();
    EXPECT_EQ(seen_traceparent(), "");
    wait_for_jobs();
    stop();
    EXPECT_TRUE(spans().empty());
}

TEST_F(TraceTest, IsInheritedByTheJobsOfAJob) {
    database.sql(
        "CREATE SCHEMA shop; CREATE TABLE shop.seen (traceparent text);"
        "CREATE FUNCTION shop.close_day(arguments jsonb) RETURNS void LANGUAGE sql AS $$"
        "  INSERT INTO shop.seen VALUES (current_setting('barid.traceparent'));"
        "  SELECT barid.enqueue('shop.later', queue => 'elsewhere') $$;"
        "SELECT barid.allow_function('shop.close_day')");
    enqueue(std::string("'sql.call', '{\"function\":\"shop.close_day\"}', traceparent => '") +
            kTraceparent + "'");
    start();
    wait_until("SELECT count(*) FROM barid.job WHERE queue = 'elsewhere'", "1");
    stop();
    const auto jobs = spans("process sql.call");
    ASSERT_EQ(jobs.size(), 1U);
    const std::string expected = std::string("00-") + kTrace + "-" + text(jobs[0], "id") + "-01";
    EXPECT_EQ(database.sql("SELECT traceparent FROM barid.job"), expected);
    EXPECT_EQ(database.sql("SELECT traceparent FROM shop.seen"), expected);
}

TEST_F(TraceTest, OfABroadcastHoldsItsChunks) {
    database.sql("SELECT barid.register_device('layla', 'token-layla', 'android')");
    database.sql("BEGIN; SET LOCAL barid.traceparent = '" + std::string(kTraceparent) +
                 "'; SELECT barid.broadcast_start(barid.broadcast('general', "
                 "title => '{\"ar\":\"تخفيضات\"}', body => '{\"ar\":\"اليوم\"}', "
                 "users => '{layla}')); COMMIT");
    start();
    wait_for_jobs();
    stop();
    const auto coordinator = spans("process notify.broadcast");
    const auto chunks = spans("process notify.chunk");
    ASSERT_FALSE(coordinator.empty());
    ASSERT_FALSE(chunks.empty());
    EXPECT_EQ(text(coordinator[0], "parent"), kCaller);
    EXPECT_EQ(text(chunks[0], "trace"), kTrace);
    EXPECT_NE(text(chunks[0], "parent"), kCaller);
}

}  // namespace
}  // namespace barid
