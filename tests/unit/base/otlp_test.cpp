// What is sent to a collector, when, and what becomes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"
#include "base/otlp_exporter.hpp"
#include "base/timeout.hpp"
#include "tests/support/trace_parts.hpp"
#include "tests/unit/base/run.hpp"

namespace barid::trace {
namespace {

using namespace std::chrono_literals;
using support::response;
using support::ToldClient;

SpanData span_called(std::string name) {
    SpanData span{.name = std::move(name)};
    span.context = {new_trace_id(), new_span_id(), true};
    return span;
}

TEST(OtlpJson, IsProtobufsJsonWithHexIds) {
    SpanData span{
        .context = *parse_traceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")};
    span.parent = {0, 1, 2, 3, 4, 5, 6, 7};
    span.name = "process \"ترجمة\"";
    span.kind = Kind::consumer;
    span.start = SystemTime(1'763'776'000'123'456us);
    span.duration = 42ms + 7ns;
    span.attributes = {
        {"text", "a\nb"}, {"n", std::int64_t{9'007'199'254'740'993}}, {"b", true}, {"d", 0.5}};
    span.status = Status::error;
    span.description = "timed out";
    const json::value root =
        parse_json(otlp_request({.service_name = "shop", .service_version = "1"}, {span}));
    EXPECT_EQ(root, parse_json(R"({"resourceSpans":[{"resource":{"attributes":[
        {"key":"service.name","value":{"stringValue":"shop"}},
        {"key":"service.version","value":{"stringValue":"1"}}]},
      "scopeSpans":[{"scope":{"name":"barid","version":"1"},"spans":[{
        "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",
        "parentSpanId":"0001020304050607","flags":1,"name":"process \"ترجمة\"","kind":5,
        "startTimeUnixNano":"1763776000123456000","endTimeUnixNano":"1763776000165456007",
        "attributes":[{"key":"text","value":{"stringValue":"a\nb"}},
                      {"key":"n","value":{"intValue":"9007199254740993"}},
                      {"key":"b","value":{"boolValue":true}},
                      {"key":"d","value":{"doubleValue":0.5}}],
        "status":{"code":2,"message":"timed out"}}]}]}]})"));
}

TEST(OtlpJson, ReadsHowManyWereRejected) {
    EXPECT_EQ(otlp_rejected(R"({"partialSuccess":{"rejectedSpans":"3","errorMessage":"x"}})"), 3U);
    EXPECT_EQ(otlp_rejected(R"({"partialSuccess":{"rejectedSpans":4}})"), 4U);
    for (const char* text : {"", "{}", "[]", "no", R"({"partialSuccess":{}})",
                             R"({"partialSuccess":{"rejectedSpans":-1}})",
                             R"({"partialSuccess":{"rejectedSpans":"x"}})"}) {
        EXPECT_EQ(otlp_rejected(text), 0U) << text;
    }
}

TEST(SpanBatches, AreDueWhenFullOrOldEnough) {
    SpanBatcher batcher({.max_spans = 3, .max_queued = 10, .max_delay = 100ms});
    const SteadyTime start{1h};
    EXPECT_FALSE(batcher.due());
    batcher.add(span_called("1"), start);
    batcher.add(span_called("2"), start + 90ms);
    EXPECT_EQ(*batcher.due(), start + 100ms);
    EXPECT_TRUE(batcher.take(start + 99ms).empty());
    EXPECT_EQ(batcher.take(start + 100ms).size(), 2U);
    EXPECT_FALSE(batcher.due());
    for (int i = 0; i < 4; ++i) batcher.add(span_called("x"), start + 200ms);
    EXPECT_EQ(batcher.take(start + 200ms).size(), 3U) << "full, so at once";
    EXPECT_TRUE(batcher.take(start + 201ms).empty());
    EXPECT_EQ(batcher.take(start + 201ms, true).size(), 1U) << "flushed";
}

TEST(SpanBatches, DropTheOldestWhenThereIsNoRoom) {
    SpanBatcher batcher({.max_spans = 2, .max_queued = 2});
    EXPECT_TRUE(batcher.add(span_called("1"), SteadyTime{}));
    EXPECT_TRUE(batcher.add(span_called("2"), SteadyTime{}));
    EXPECT_FALSE(batcher.add(span_called("3"), SteadyTime{}));
    const auto batch = batcher.take(SteadyTime{} + 1h);
    ASSERT_EQ(batch.size(), 2U);
    EXPECT_EQ(batch[0].name, "2");
    EXPECT_EQ(batch[1].name, "3");
}

TEST(ExportPauses, GrowAreJitteredAndFollowTheServer) {
    EXPECT_EQ(export_pause(1, 0, {}), 1s);
    EXPECT_EQ(export_pause(2, 0, {}), 2s);
    EXPECT_EQ(export_pause(5, 0, {}), 16s);
    EXPECT_EQ(export_pause(60, 0, {}), 30s);
    EXPECT_EQ(export_pause(2, 1, {}), 1s);
    EXPECT_EQ(export_pause(1, 0, 7s), 7s);
    EXPECT_EQ(export_pause(1, 0, 3600s), 60s) << "nobody stops us for an hour";
    EXPECT_EQ(export_pause(1, 0, -5s), 0s);
}

TEST(ExportAnswers, WorthAnotherTry) {
    for (const int status : {0, 429, 502, 503, 504}) EXPECT_TRUE(is_retryable(status)) << status;
    for (const int status : {200, 301, 400, 401, 404, 413, 500}) {
        EXPECT_FALSE(is_retryable(status)) << status;
    }
}

class Exporter : public testing::Test {
  protected:
    OtlpExporter make(ExporterOptions options = {}) {
        options.url = "http://collector.example/v1/traces";
        options.headers = {{"X-Key", "k"}};
        return {io, client, clock, std::move(options), {}};
    }
    void serve(OtlpExporter& exporter) { asio::co_spawn(io, exporter.run(), asio::detached); }

    asio::io_context io{1};
    ToldClient client;
    SystemClock clock;
};

TEST_F(Exporter, SendsAFullBatchAtOnce) {
    OtlpExporter exporter = make({.limits = {.max_spans = 2, .max_delay = 1h}});
    serve(exporter);
    test::run(io, [&]() -> awaitable<void> {
        exporter.add(span_called("one"));
        exporter.add(span_called("two"));
        while (exporter.figures().exported < 2) co_await sleep_for(1ms);
        co_await exporter.shut_down(5s);
    }());
    ASSERT_EQ(client.requests.size(), 1U);
    const http::Request& request = client.requests[0];
    EXPECT_EQ(request.method, "POST");
    EXPECT_EQ(request.url, "http://collector.example/v1/traces");
    EXPECT_EQ(request.headers.at(0).value, "k");
    EXPECT_EQ(request.headers.at(1).value, "application/json");
    EXPECT_THAT(request.body, testing::HasSubstr(R"("name":"two")"));
}

TEST_F(Exporter, TriesAgainWhenTheCollectorSaysLater) {
    OtlpExporter exporter = make({.limits = {.max_spans = 1}});
    client.respond = [&](const http::Request&) {
        return client.requests.size() < 3 ? response(429, {{"Retry-After", "0"}}) : response(200);
    };
    serve(exporter);
    test::run(io, [&]() -> awaitable<void> {
        exporter.add(span_called("one"));
        while (exporter.figures().exported < 1) co_await sleep_for(1ms);
        co_await exporter.shut_down(5s);
    }());
    EXPECT_EQ(client.requests.size(), 3U);
    EXPECT_EQ(client.requests[0].body, client.requests[2].body);
    EXPECT_EQ(exporter.figures().requests_failed, 2U);
}

TEST_F(Exporter, GivesABatchUpAndGoesOn) {
    OtlpExporter exporter = make({.limits = {.max_spans = 1}, .max_tries = 2});
    client.respond = [&](const http::Request& request) -> http::Response {
        if (request.body.find("\"bad\"") != std::string::npos) return response(400);
        if (request.body.find("\"unlucky\"") != std::string::npos) {
            return response(503, {{"Retry-After", "0"}});
        }
        return response(200, {}, R"({"partialSuccess":{"rejectedSpans":"1"}})");
    };
    serve(exporter);
    test::run(io, [&]() -> awaitable<void> {
        for (const char* name : {"bad", "unlucky", "rejected"}) exporter.add(span_called(name));
        while (exporter.figures().dropped_rejected < 2) co_await sleep_for(1ms);
        co_await exporter.shut_down(5s);
    }());
    EXPECT_EQ(client.requests.size(), 4U) << "one, two tries, one";
    EXPECT_EQ(exporter.figures().dropped_failed, 1U);
    EXPECT_EQ(exporter.figures().exported, 0U);
}

TEST_F(Exporter, FlushesAtTheEndWhateverThereIs) {
    OtlpExporter exporter = make({.limits = {.max_spans = 2, .max_delay = 1h}});
    serve(exporter);
    test::run(io, [&]() -> awaitable<void> {
        co_await sleep_for(1ms);
        exporter.add(span_called("one"));
        co_await exporter.shut_down(5s);
    }());
    EXPECT_EQ(exporter.figures().exported, 1U);
    exporter.add(span_called("late"));
    EXPECT_EQ(exporter.figures().dropped_failed, 1U);
}

TEST_F(Exporter, EndsInTimeWhenTheCollectorIsAway) {
    OtlpExporter exporter = make({.limits = {.max_spans = 1, .max_delay = 1h}});
    client.respond = [](const http::Request&) -> http::Response {
        throw http::Error(Error::Retry::transient, http::Sent::no, "connect_failed", "away");
    };
    serve(exporter);
    const auto started = std::chrono::steady_clock::now();
    test::run(io, [&]() -> awaitable<void> {
        for (int i = 0; i < 5; ++i) exporter.add(span_called("x"));
        co_await sleep_for(5ms);
        co_await exporter.shut_down(10s);
    }());
    EXPECT_LT(std::chrono::steady_clock::now() - started, 5s) << "it doesn't sit out the pause";
    EXPECT_EQ(exporter.figures().dropped_failed, 5U);
    EXPECT_EQ(exporter.figures().queued, 0U);
}

}  // namespace
}  // namespace barid::trace
