#include "jobs/http_deliver.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

#include "tests/integration/deliver/deliver_fixture.hpp"
#include "tests/support/worker_fixture.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

class HttpDeliver : public DeliverTest {
  protected:
    std::string url(const std::string& path) const {
        return "http://127.0.0.1:" + std::to_string(port_) + path;
    }
    void use_path(const std::string& path) { use(endpoint(url(path), {secret_})); }
    json::value seen() { return parse_json(stub_.wait_for_line("SEEN")); }

    std::string secret_ = new_secret();
    support::ChildProcess stub_{support::node_script("deliver_stub.mjs", {secret_})};
    int port_ = stub_.wait_ready();
};

TEST_F(HttpDeliver, SendsASignedMessageAndKeepsTheAnswer) {
    use_path("/ok");
    const json::object output =
        done(run(R"({"total": 12345678901234567890.10, "ملاحظة": "هدية"})"));
    EXPECT_EQ(output.at("status").as_int64(), 200);
    EXPECT_EQ(output.at("endpoint").as_string(), "orders");
    EXPECT_EQ(output.at("body").as_string(), "شكرًا");
    EXPECT_FALSE(output.at("cut").as_bool());
    const json::value request = seen();
    EXPECT_EQ(request.at("problem").as_string(), "");
    EXPECT_EQ(request.at("id").as_string(), "job_42_1763776000123456");
    EXPECT_EQ(request.at("body").as_string(),
              R"({"type":"order.paid","timestamp":"2025-11-22T01:46:40.123456Z",)"
              R"("data":{"total": 12345678901234567890.10, "ملاحظة": "هدية"}})");
    EXPECT_THAT(std::string(request.at("trace").as_string()), HasSubstr("0af7651916cd43dd"));
}

TEST_F(HttpDeliver, GivesEveryAttemptTheSameId) {
    use_path("/flaky/1");
    EXPECT_THAT(std::get<queue::Retry>(run()).error, HasSubstr("answered 500"));
    const json::value first = seen();
    done(run());
    EXPECT_EQ(seen().at("id"), first.at("id"));
}

TEST_F(HttpDeliver, SendsAMessageAgainAsTheSameOne) {
    use_path("/ok");
    done(run(R"({"order": 1}, "redelivers": {"job": 7, "created_us": 1763776000000001})"));
    const json::value request = seen();
    EXPECT_EQ(request.at("problem").as_string(), "") << "signed for that id";
    EXPECT_EQ(request.at("id").as_string(), "job_7_1763776000000001");
    EXPECT_EQ(request.at("body").as_string(),
              R"({"type":"order.paid","timestamp":"2025-11-22T01:46:40.000001Z",)"
              R"("data":{"order": 1}})");
}

TEST_F(HttpDeliver, TellsHowTheHostsDo) {
    use_path("/ok");
    done(run());
    EXPECT_EQ(board_.look("orders")->breaker, Breaker::State::closed);
    EXPECT_EQ(board_.look("orders")->rests_for, 0ms);
    EXPECT_FALSE(board_.look("nobody"));
    use_path("/status/429/120");
    run();
    EXPECT_EQ(board_.look("orders")->breaker, Breaker::State::open);
    EXPECT_GT(board_.look("orders")->rests_for, 60s);
    EXPECT_EQ(board_.look("orders")->under_way, 0);
}

TEST_F(HttpDeliver, SignsWithTheOldAndTheNewSecret) {
    use(endpoint(url("/ok"), {new_secret(), secret_}));
    done(run());
    use(endpoint(url("/ok"), {secret_, new_secret()}));
    done(run());
    use(endpoint(url("/ok"), {new_secret()}));
    EXPECT_THAT(std::get<queue::Retry>(run()).error, HasSubstr("401: no signature fits"));
}

TEST_F(HttpDeliver, GoesByTheStatus) {
    use_path("/status/204");
    EXPECT_EQ(done(run()).at("status").as_int64(), 204);
    use_path("/status/410");
    EXPECT_THAT(std::get<queue::Fail>(run()).error, HasSubstr("answered 410: answer 410"));
    use_path("/status/429/120");
    EXPECT_EQ(std::get<queue::Retry>(run()).after, 120s);
    use_path("/status/307");
    EXPECT_THAT(std::get<queue::Retry>(run()).error,
                HasSubstr("answered 307 to https://shop.example/login: redirects are not"));
}

TEST_F(HttpDeliver, EndsWithAnAnswerThatDoesNot) {
    use_path("/huge");
    const json::object huge = done(run());
    EXPECT_TRUE(huge.at("cut").as_bool());
    EXPECT_LE(huge.at("body").as_string().size(), kKeptAnswerBytes);
    EXPECT_THAT(std::string(huge.at("body").as_string()), HasSubstr("سسس"));

    DeliverEndpoint slow = endpoint(url("/trickle"), {secret_});
    slow.timeout = 300ms;
    use(slow);
    EXPECT_TRUE(done(run()).at("cut").as_bool());
}

TEST_F(HttpDeliver, KeepsWhatJsonbCanTake) {
    use_path("/nul");
    const queue::Outcome outcome = run();
    EXPECT_EQ(done(outcome).at("body").as_string(), "a\uFFFDb\uFFFDc\uFFFD");
    EXPECT_THAT(std::get<queue::Done>(outcome).output, Not(HasSubstr("u0000")));
}

TEST_F(HttpDeliver, RetriesWhenNoAnswerComes) {
    use_path("/reset");
    EXPECT_THAT(std::get<queue::Retry>(run()).error, HasSubstr("endpoint orders: POST http://127"));
    DeliverEndpoint silent = endpoint(url("/hang"), {secret_});
    silent.timeout = 200ms;
    use(silent);
    const queue::Outcome outcome = run();
    EXPECT_TRUE(std::get<queue::Retry>(outcome).spend_attempt);
    EXPECT_THAT(std::get<queue::Retry>(outcome).error, HasSubstr("timed out"));
}

TEST_F(HttpDeliver, LeavesPrivateAddressesAloneUnlessAllowed) {
    DeliverEndpoint guarded = endpoint(url("/ok"), {secret_});
    guarded.allow_private = false;
    use(guarded);
    EXPECT_THAT(std::get<queue::Fail>(run()).error,
                HasSubstr("allow_private = true in [deliver.orders]"));
}

TEST_F(HttpDeliver, ShowsNoSecretThatTheReceiverEchoes) {
    DeliverEndpoint chatty = endpoint(url("/echo"), {secret_});
    chatty.headers.push_back({"Authorization", Secret("Bearer kalima-sirriya-1")});
    chatty.headers.push_back({"X-Shop", Secret("souq-eight-12")});
    use(chatty);
    const queue::Outcome outcome = run();
    EXPECT_EQ(seen().at("custom").as_string(), "souq-eight-12");
    const std::string& output = std::get<queue::Done>(outcome).output;
    EXPECT_THAT(output, HasSubstr("***"));
    EXPECT_THAT(output, Not(HasSubstr("kalima")));
    EXPECT_THAT(output, Not(HasSubstr("souq-eight")));
}

TEST_F(HttpDeliver, RefusesAPayloadThatNamesNoEndpointOfOurs) {
    registry_ = std::make_unique<Registry>();
    register_http_deliver(*registry_, {.http = http_, .clock = clock_});
    EXPECT_THAT(std::get<queue::Retry>(run()).error, HasSubstr("no [deliver.orders]"));
}

TEST_F(HttpDeliver, AsksAHostNoMoreThanItsPlaces) {
    DeliverEndpoint narrow = endpoint(url("/slow/100"), {secret_});
    narrow.concurrency = 2;
    use(narrow, {.breaker = {}, .longest_wait = 10s});
    int finished = 0;
    int given_back = 0;
    for (int i = 0; i < 6; ++i) {
        asio::co_spawn(fixture_.io, attempt("{}"),
                       [&](const std::exception_ptr&, const queue::Outcome& outcome) {
                           const auto* retry = std::get_if<queue::Retry>(&outcome);
                           if (retry != nullptr && !retry->spend_attempt) ++given_back;
                           if (++finished == 6) fixture_.io.stop();
                       });
    }
    fixture_.io.restart();
    fixture_.io.run_for(20s);
    ASSERT_EQ(finished, 6);
    EXPECT_EQ(given_back, 2);  // two run, two wait, the others don't fill the worker
    std::int64_t most = 0;
    for (int i = 0; i < 4; ++i) most = seen().at("most").as_int64();
    EXPECT_EQ(most, 2);
}

TEST_F(HttpDeliver, RestsAfterFailuresAndTriesAgain) {
    use(endpoint(url("/flaky/3"), {secret_}),
        {.breaker = {.failures = 2, .first_rest = 200ms, .longest_rest = 1s}, .longest_wait = 1s});
    for (int i = 0; i < 2; ++i) EXPECT_TRUE(std::get<queue::Retry>(run()).spend_attempt);
    const queue::Outcome resting = run();
    const auto& back = std::get<queue::Retry>(resting);
    EXPECT_FALSE(back.spend_attempt);
    EXPECT_GT(*back.after, 0ms);
    EXPECT_THAT(back.error, HasSubstr("rests"));
    // The try at the rest's end fails, and the next rest is longer; then the host is well again.
    int given_back = 0;
    int tries = 0;
    const auto until = std::chrono::steady_clock::now() + 20s;
    while (std::chrono::steady_clock::now() < until) {
        const queue::Outcome outcome = run();
        if (std::holds_alternative<queue::Done>(outcome)) break;
        (std::get<queue::Retry>(outcome).spend_attempt ? tries : given_back) += 1;
    }
    EXPECT_EQ(tries, 1);
    EXPECT_GT(given_back, 1);
    done(run());
}

TEST_F(HttpDeliver, LetsGoOfItsPlaceWhenItIsCancelled) {
    DeliverEndpoint silent = endpoint(url("/hang"), {secret_});
    silent.concurrency = 1;
    use(silent, {.breaker = {}, .longest_wait = 20s});
    asio::cancellation_signal cancel;
    std::exception_ptr thrown;
    const auto stop = [&](const std::exception_ptr& e, const queue::Outcome&) {
        thrown = e;
        fixture_.io.stop();
    };
    asio::co_spawn(fixture_.io, attempt("{}"), asio::bind_cancellation_slot(cancel.slot(), stop));
    asio::co_spawn(fixture_.io, attempt("{}"), [](const std::exception_ptr&, auto) {});
    const auto cancel_when_it_runs = [&]() -> awaitable<void> {
        while (stub_.output().find("SEEN") == std::string::npos) {
            co_await sleep_for(5ms);
            co_await run_on(fixture_.blocking, [&] { return stub_.wait_for_line("SEEN"); });
        }
        cancel.emit(asio::cancellation_type::terminal);
    };
    asio::co_spawn(fixture_.io, cancel_when_it_runs(), asio::detached);
    fixture_.io.restart();
    fixture_.io.run_for(20s);
    EXPECT_TRUE(thrown);
    // The one that waited has the place now, and arrives.
    fixture_.io.restart();
    const auto second = [&]() -> awaitable<std::string> {
        co_return co_await run_on(fixture_.blocking, [&] { return stub_.wait_for_line("SEEN"); });
    };
    EXPECT_THAT(fixture_.run(second()), HasSubstr("job_42"));
}

class DeliverJob : public support::WorkerFixture {};

TEST_F(DeliverJob, RecordsTheAnswerInTheHistory) {
    const std::string secret = new_secret();
    support::ChildProcess stub{support::node_script("deliver_stub.mjs", {secret})};
    http::CurlHttpClient client(io);
    const SystemClock clock;
    DeliverEndpoint endpoint{.name = "orders"};
    endpoint.url = "http://127.0.0.1:" + std::to_string(stub.wait_ready()) + "/ok";
    endpoint.secrets.emplace_back(secret);
    endpoint.allow_private = true;
    register_http_deliver(registry, {.http = client, .clock = clock, .endpoints = {endpoint}});
    const std::string id = database.sql(R"(SELECT barid.enqueue('http.deliver',
        '{"endpoint": "orders", "type": "order.paid", "data": {"اسم": "ليلى", "total": 19.90}}'))");
    worker::Worker worker(io, blocking, pool, registry, options(), {});
    EXPECT_TRUE(run_until(
        worker, [&] { return database.sql("SELECT count(*) FROM barid.job_history") == "1"; }));
    EXPECT_EQ(database.sql("SELECT state || ' ' || (output->>'status') || ' ' || "
                           "(output->>'body') FROM barid.job_history WHERE id = " +
                           id),
              "completed 200 شكرًا");
    EXPECT_THAT(stub.wait_for_line("SEEN"), HasSubstr(R"(\"total\": 19.90)"));
}

}  // namespace
}  // namespace barid::jobs
