// http.deliver's handler with the real HTTP client, and a receiver that is a process of its own.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/http_curl.hpp"
#include "jobs/http_deliver.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/database.hpp"

namespace barid::jobs {

inline std::string new_secret() {
    return "whsec_" + base64_encode(sha256_hex(random_uuid()).substr(0, 32));
}

class DeliverTest : public ::testing::Test {
  protected:
    DeliverEndpoint endpoint(const std::string& url, const std::vector<std::string>& secrets) {
        DeliverEndpoint endpoint{.name = "orders", .url = url};
        for (const std::string& secret : secrets) endpoint.secrets.emplace_back(secret);
        endpoint.allow_private = true;
        return endpoint;
    }

    void use(DeliverEndpoint endpoint, LaneOptions lane = {}) {
        registry_ = std::make_unique<Registry>();
        register_http_deliver(*registry_, {.http = http_,
                                           .clock = clock_,
                                           .endpoints = {endpoint},
                                           .lane = lane,
                                           .board = &board_});
    }

    /// One attempt, as the executor makes it.
    awaitable<queue::Outcome> attempt(std::string data, int number = 1, std::string more = "") {
        queue::Job job;
        job.id = 42;
        job.attempt = number;
        job.payload =
            R"({"endpoint": "orders", "type": "order.paid", "data": )" + data + more + "}";
        job.created_at = SystemTime(std::chrono::microseconds(1'763'776'000'123'456));
        job.traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        JobContext context{.job = job,
                           .log = {},
                           .deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1),
                           .progress = {},
                           .cancelled = [] { return false; },
                           .trace = *trace::parse_traceparent(job.traceparent)};
        const json::value payload = parse_json(job.payload);
        const Registry::Kind* kind = registry_->find("http.deliver");
        co_return co_await kind->run(context, payload);
    }
    queue::Outcome run(const std::string& data = "{}") { return fixture_.run(attempt(data)); }

    static json::object done(const queue::Outcome& outcome) {
        if (const auto* fail = std::get_if<queue::Fail>(&outcome)) {
            throw std::runtime_error("failed: " + fail->error);
        }
        if (const auto* retry = std::get_if<queue::Retry>(&outcome)) {
            throw std::runtime_error("to be retried: " + retry->error);
        }
        return parse_json(std::get<queue::Done>(outcome).output).as_object();
    }

    support::IoFixture fixture_;
    http::CurlHttpClient http_{fixture_.io, {.max_host_connections = 50}};
    SystemClock clock_;
    DeliverBoard board_;
    std::unique_ptr<Registry> registry_;
};

}  // namespace barid::jobs
