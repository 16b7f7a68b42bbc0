// For tests of traces: a clock that stands still, a sink that keeps, an HTTP client that is told
// what to answer.
#pragma once

#include <functional>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/trace.hpp"

namespace barid::support {

class StillClock final : public Clock {
  public:
    [[nodiscard]] SystemTime system_now() const override {
        return SystemTime(std::chrono::microseconds(1'763'776'000'123'456)) +
               std::chrono::duration_cast<std::chrono::microseconds>(moved_);
    }
    [[nodiscard]] SteadyTime steady_now() const override { return SteadyTime{} + moved_; }
    void move(std::chrono::nanoseconds by) { moved_ += by; }

  private:
    std::chrono::nanoseconds moved_{std::chrono::hours(1)};
};

struct KeepingSink final : trace::Sink {
    void add(trace::SpanData span) override { spans.push_back(std::move(span)); }
    /// nullptr when there is none.
    [[nodiscard]] const trace::AttributeValue* attribute(std::size_t span,
                                                         std::string_view key) const {
        for (const trace::Attribute& each : spans.at(span).attributes) {
            if (each.key == key) return &each.value;
        }
        return nullptr;
    }
    std::vector<trace::SpanData> spans;
};

inline http::Response response(int status, std::vector<http::Header> headers = {},
                               std::string body = "") {
    http::Response made;
    made.status = status;
    made.headers = std::move(headers);
    made.body = std::move(body);
    return made;
}

/// Runs `respond` for each request; it may throw.
struct ToldClient final : http::HttpClient {
    awaitable<http::Response> send(http::Request request) override {
        requests.push_back(request);
        co_return respond(request);
    }
    std::function<http::Response(const http::Request&)> respond = [](const http::Request&) {
        return response(200);
    };
    std::vector<http::Request> requests;
};

}  // namespace barid::support
