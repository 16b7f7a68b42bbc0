// Spans, who their parent is, and how a coroutine's span reaches the requests below it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/run_on.hpp"
#include "base/timeout.hpp"
#include "base/trace.hpp"
#include "base/trace_http.hpp"
#include "base/trace_scope.hpp"
#include "tests/support/trace_parts.hpp"
#include "tests/unit/base/run.hpp"

namespace barid::trace {
namespace {

using namespace std::chrono_literals;
using support::KeepingSink;
using support::ToldClient;
using testing::ElementsAre;

const SpanContext kCaller =
    *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");

class Spans : public testing::Test {
  protected:
    /// What a request carries, or "".
    static std::string sent(const http::Request& request) {
        std::string found;
        for (const http::Header& header : request.headers) {
            if (header.name != "traceparent") continue;
            EXPECT_EQ(found, "") << "one header alone";
            found = header.value;
        }
        return found;
    }

    asio::io_context io{1};
    support::StillClock clock;
    KeepingSink sink;
    Tracer tracer{clock, sink, 1.0};
};

TEST_F(Spans, KeepWhatHappened) {
    Span span = tracer.start({.name = "process", .kind = Kind::consumer}, kCaller);
    span.set("n", 3);
    span.set("n", 4);
    span.set("text", "مرحبا");
    span.set("ok", true);
    clock.move(1500us);
    span.fail("timeout", "took too long");
    span.end();
    span.end();
    span.set("late", 1);
    ASSERT_EQ(sink.spans.size(), 1U);
    const SpanData& data = sink.spans[0];
    EXPECT_EQ(data.context.trace_id, kCaller.trace_id);
    EXPECT_NE(data.context.span_id, kCaller.span_id);
    EXPECT_EQ(data.parent, kCaller.span_id);
    EXPECT_EQ(data.duration, 1500us);
    EXPECT_EQ(data.status, Status::error);
    EXPECT_EQ(data.description, "took too long");
    EXPECT_EQ(data.attributes.size(), 4U);
    EXPECT_EQ(std::get<std::int64_t>(*sink.attribute(0, "n")), 4);
}

TEST_F(Spans, ThatDontEndAreLost) {
    {
        Span span = tracer.start({.name = "x"}, kCaller);
    }
    EXPECT_TRUE(sink.spans.empty());
}

TEST_F(Spans, AreBounded) {
    Span span = tracer.start({.name = std::string(5000, 'n')}, kCaller);
    for (int i = 0; i < 100; ++i) span.set("key" + std::to_string(i), std::string(5000, 'x'));
    span.set("key0", std::string("\xff\xfe broken"));
    span.end();
    EXPECT_LE(sink.spans[0].name.size(), kMaxTextBytes);
    EXPECT_EQ(sink.spans[0].attributes.size(), kMaxAttributes);
    EXPECT_LE(std::get<std::string>(*sink.attribute(0, "key1")).size(), kMaxTextBytes);
    EXPECT_EQ(std::get<std::string>(*sink.attribute(0, "key0")), "�� broken");
}

TEST_F(Spans, HonourTheCallersFlag) {
    SpanContext silent = kCaller;
    silent.sampled = false;
    Span span = tracer.start({.name = "x"}, silent);
    EXPECT_FALSE(span.recording());
    EXPECT_FALSE(span.context().sampled);
    EXPECT_EQ(span.context().trace_id, kCaller.trace_id);
    const Tracer never(clock, sink, 0);
    EXPECT_TRUE(never.start({.name = "x"}, kCaller).recording());
    EXPECT_FALSE(never.start({.name = "x"}).recording());
}

TEST_F(Spans, BeginATraceWithoutAParent) {
    const TraceId id = trace_id_of("job 7");
    const Span first = tracer.start({.name = "x", .trace_id = id});
    EXPECT_EQ(first.context().trace_id, id);
    EXPECT_TRUE(first.context().valid());
    EXPECT_NE(tracer.start({.name = "x"}).context().trace_id,
              tracer.start({.name = "x"}).context().trace_id);
}

TEST_F(Spans, OfATracerThatIsOffPassTheContextOn) {
    const Tracer off;
    Span span = off.start({.name = "x"}, kCaller);
    EXPECT_EQ(span.context(), kCaller);
    EXPECT_FALSE(span.recording());
    EXPECT_FALSE(off.start({.name = "x"}).context().valid());
    span.end();
}

TEST_F(Spans, AreKnownToWhatACoroutineAwaits) {
    ThreadPool pool{1};
    std::vector<SpanContext> seen;
    const auto note = [&]() -> awaitable<void> { seen.push_back(co_await current_span()); };
    const auto work = [&]() -> awaitable<void> {
        co_await note();
        co_await sleep_for(1ms);
        co_await run_on(pool, [] { return 1; });
        co_await note();
        co_await with_timeout(note(), 10s, "a note");
        // As jobs start several things at once.
        const auto executor = co_await asio::this_coro::executor;
        co_await asio::co_spawn(executor, note(), asio::use_awaitable);
        co_await asio::co_spawn(io, note(), asio::use_awaitable);
    };
    asio::co_spawn(in_span(io.get_executor(), kCaller), work(), asio::detached);
    io.run_for(20s);
    EXPECT_THAT(seen, ElementsAre(kCaller, kCaller, kCaller, kCaller, SpanContext{}));
}

TEST_F(Spans, OfRequestsStandBelowTheCoroutines) {
    auto told = std::make_unique<ToldClient>();
    const ToldClient& client = *told;
    CallMeter meter;
    TracedHttp http(std::move(told), tracer, &meter);
    const auto work = [&]() -> awaitable<void> {
        co_await http.send({.method = "POST",
                            .url = "https://shop.example:8443/hook/s3cret?token=s3cret",
                            .headers = {{"Traceparent", "forged"}, {"X-Key", "s3cret"}},
                            .authorization = Secret("Bearer s3cret"),
                            .body = "s3cret"});
    };
    asio::co_spawn(in_span(io.get_executor(), kCaller), work(), asio::detached);
    io.run_for(20s);
    ASSERT_EQ(sink.spans.size(), 1U);
    const SpanData& span = sink.spans[0];
    EXPECT_EQ(span.kind, Kind::client);
    EXPECT_EQ(span.name, "POST");
    EXPECT_EQ(span.parent, kCaller.span_id);
    EXPECT_EQ(sent(client.requests.at(0)), format_traceparent(span.context));
    EXPECT_EQ(std::get<std::string>(*sink.attribute(0, "server.address")), "shop.example");
    EXPECT_EQ(std::get<std::int64_t>(*sink.attribute(0, "server.port")), 8443);
    EXPECT_EQ(std::get<std::int64_t>(*sink.attribute(0, "http.response.status_code")), 200);
    for (const Attribute& each : span.attributes) {
        if (const auto* text = std::get_if<std::string>(&each.value)) {
            EXPECT_THAT(*text, testing::Not(testing::HasSubstr("s3cret")));
        }
    }
    EXPECT_EQ(meter.answers[2], 1U);
}

TEST_F(Spans, OfRequestsSayHowTheyFailed) {
    auto told = std::make_unique<ToldClient>();
    ToldClient& client = *told;
    CallMeter meter;
    TracedHttp http(std::move(told), tracer, &meter);
    const auto work = [&]() -> awaitable<void> {
        client.respond = [](const http::Request&) { return support::response(503); };
        co_await http.send({.url = "http://a.example"});
        client.respond = [](const http::Request&) -> http::Response {
            throw http::Error(Error::Retry::transient, http::Sent::no, "connect_failed",
                              "GET http://a.example: password=s3cret");
        };
        co_await http.send({.url = "http://a.example"});
    };
    std::exception_ptr failure;
    asio::co_spawn(in_span(io.get_executor(), kCaller), work(),
                   [&](std::exception_ptr e) { failure = e; });
    io.run_for(20s);
    EXPECT_THROW(std::rethrow_exception(failure), http::Error);
    ASSERT_EQ(sink.spans.size(), 2U);
    EXPECT_EQ(std::get<std::string>(*sink.attribute(0, "error.type")), "503");
    EXPECT_EQ(std::get<std::string>(*sink.attribute(1, "error.type")), "connect_failed");
    EXPECT_EQ(sink.spans[1].status, Status::error);
    EXPECT_EQ(sink.spans[1].description, "");
    EXPECT_EQ(meter.answers[5], 1U);
    EXPECT_EQ(meter.answers[0], 1U);
}

TEST_F(Spans, OutsideATraceRequestsGoOutAsTheyAre) {
    auto told = std::make_unique<ToldClient>();
    const ToldClient& client = *told;
    TracedHttp http(std::move(told), tracer);
    test::run(io, [&]() -> awaitable<void> { co_await http.send({.url = "http://a.example"}); }());
    EXPECT_TRUE(client.requests.at(0).headers.empty());
    EXPECT_TRUE(sink.spans.empty());
}

}  // namespace
}  // namespace barid::trace
