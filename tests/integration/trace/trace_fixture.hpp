// A worker process that traces, a collector that checks what it is sent, and a receiver of
// http.deliver.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {

class TraceTest : public testing::Test, protected support::IoFixture {
  protected:
    static constexpr std::chrono::seconds kLimit{40};
    static constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";
    static constexpr const char* kCaller = "b7ad6b7169203331";
    static constexpr const char* kTraceparent =
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    static constexpr const char* kSecret = "whsec_a2tra2tra2tra2tra2tra2tra2tra2tra2tra2tra2s=";

    TraceTest() {
        const std::string collector_port = std::to_string(collector.wait_ready());
        collector_url = "http://127.0.0.1:" + collector_port;
        cli.environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector_url;
        cli.environment["OTEL_SERVICE_NAME"] = "shop-jobs";
        cli.environment["BARID_TRACE_HEADERS"] = "X-Key: hunter2-collector";
        receiver_url = "http://127.0.0.1:" + std::to_string(receiver.wait_ready());
        cli.environment["BARID_DELIVER_ORDERS_URL"] = receiver_url + "/ok/hunter2-path";
        cli.environment["BARID_DELIVER_ORDERS_SECRETS"] = kSecret;
        cli.environment["BARID_DELIVER_ORDERS_HEADERS"] = "Authorization: Bearer hunter2-header";
        cli.environment["BARID_DELIVER_ORDERS_ALLOW_PRIVATE"] = "true";
    }

    void start() { worker = cli.start({"work"}); }
    /// Ends the worker, which flushes what it has.
    void stop() {
        worker->signal(SIGTERM);
        ASSERT_EQ(worker->wait(kLimit), 0) << cli.stderr_text();
    }
    std::string enqueue(const std::string& arguments) {
        return database.sql("SELECT barid.enqueue(" + arguments + ")");
    }
    std::string deliver(const std::string& more = "") {
        return enqueue(
            "'http.deliver', '{\"endpoint\":\"orders\",\"type\":\"order.paid\","
            "\"data\":{\"card\":\"hunter2-payload\"}}'" +
            more);
    }
    void wait_until(const std::string& query, const std::string& value) {
        const auto until = std::chrono::steady_clock::now() + kLimit;
        while (database.sql(query) != value) {
            ASSERT_FALSE(worker->wait(std::chrono::milliseconds(20))) << cli.stderr_text();
            ASSERT_LT(std::chrono::steady_clock::now(), until) << query;
        }
    }
    void wait_for_jobs() { wait_until("SELECT count(*) FROM barid.job", "0"); }
    void behave(const std::string& how) {
        http::Request request{.method = "POST", .url = collector_url + "/behave"};
        request.body = how;
        ASSERT_EQ(run(http.send(std::move(request))).status, 200);
    }
    /// What the collector took until now, by a span's name; needs the worker to have ended.
    std::vector<json::object> spans(const std::string& name = "") {
        collector.signal(SIGTERM);
        static_cast<void>(collector.wait());
        EXPECT_THAT(collector.output(), testing::Not(testing::HasSubstr("BAD ")));
        std::vector<json::object> all;
        std::istringstream lines(collector.output());
        for (std::string line; std::getline(lines, line);) {
            if (!line.starts_with("SPAN ")) continue;
            json::object span = parse_json(line.substr(5)).as_object();
            if (name.empty() || text(span, "name") == name) all.push_back(std::move(span));
        }
        return all;
    }
    static std::string text(const json::object& span, std::string_view key) {
        const json::value* value = span.if_contains(key);
        if (value == nullptr) value = span.at("attributes").as_object().if_contains(key);
        if (value == nullptr) return "(none)";
        return value->is_string() ? std::string(value->as_string()) : json::serialize(*value);
    }
    /// What the receiver saw: the next request's traceparent.
    std::string seen_traceparent() {
        const json::value seen = parse_json(receiver.wait_for_line("SEEN", kLimit));
        EXPECT_EQ(*find_string(seen, "/problem"), "");
        return std::string(*find_string(seen, "/trace"));
    }

    support::TestDatabase database;
    support::Cli cli{database.url()};
    support::ChildProcess collector{support::node_script("otlp_stub.mjs")};
    support::ChildProcess receiver{support::node_script("deliver_stub.mjs", {kSecret})};
    std::string collector_url;
    std::string receiver_url;
    http::CurlHttpClient http{io};
    std::unique_ptr<support::ChildProcess> worker;
};

}  // namespace barid
