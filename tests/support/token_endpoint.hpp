// A clock that a test turns, and a token endpoint that answers as it is told. Io thread only.
#pragma once

#include <functional>
#include <string>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/json.hpp"

namespace barid::support {

class ManualClock final : public Clock {
  public:
    [[nodiscard]] SystemTime system_now() const override { return SystemTime(now_); }
    [[nodiscard]] SteadyTime steady_now() const override { return SteadyTime(now_); }
    void advance(std::chrono::seconds by) { now_ += by; }

  private:
    std::chrono::microseconds now_{std::chrono::seconds(1'800'000'000)};
};

/// Answers the token endpoint as it is told, after one turn of the io loop.
class FakeEndpoint final : public http::HttpClient {
  public:
    explicit FakeEndpoint(asio::io_context& io) : io_(io) {}

    awaitable<http::Response> send(http::Request request) override {
        ++exchanges;
        last = request;
        bodies.push_back(request.body);
        if (first_hangs && exchanges == 1) {
            asio::steady_timer never(io_, SteadyTime::max());
            co_await never.async_wait(asio::use_awaitable);
        }
        co_await asio::post(io_, asio::use_awaitable);
        if (answer) co_return answer();
        co_return ok("token-" + std::to_string(exchanges), 3600);
    }

    static http::Response ok(const std::string& token, int life) {
        http::Response response;
        response.status = 200;
        response.body =
            json::serialize(json::object{{"access_token", token}, {"expires_in", life}});
        return response;
    }

    int exchanges = 0;
    bool first_hangs = false;
    http::Request last;
    std::vector<std::string> bodies;
    std::function<http::Response()> answer;

  private:
    asio::io_context& io_;
};

}  // namespace barid::support
