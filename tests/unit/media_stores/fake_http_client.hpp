// An HttpClient that answers from a function and keeps every request. Single-threaded.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/http_client.hpp"

namespace barid::media {

class FakeHttpClient final : public http::HttpClient {
  public:
    std::function<http::Response(const http::Request&)> answer;
    std::vector<http::Request> requests;

    awaitable<http::Response> send(http::Request request) override {
        requests.push_back(request);
        if (requests.size() > 100) throw std::logic_error("the store never stops asking");
        co_return answer(request);
    }

    [[nodiscard]] std::vector<std::string> methods() const {
        std::vector<std::string> result;
        for (const auto& request : requests) result.push_back(request.method);
        return result;
    }
};

inline std::string header_of(const http::Request& request, std::string_view name) {
    for (const auto& header : request.headers) {
        if (header.name == name) return header.value;
    }
    return "(absent)";
}

inline http::Response respond(int status, std::string body = {},
                              std::vector<http::Header> headers = {}) {
    http::Response response;
    response.status = status;
    response.body = std::move(body);
    response.headers = std::move(headers);
    return response;
}

/// Always 2026-01-02T03:04:05Z; its steady time stands still too.
class FixedClock final : public Clock {
  public:
    [[nodiscard]] SystemTime system_now() const override {
        using namespace std::chrono;
        return sys_days(year(2026) / January / 2) + hours(3) + minutes(4) + seconds(5);
    }
    [[nodiscard]] SteadyTime steady_now() const override { return {}; }
};

/// Runs the coroutine on an io_context of its own and returns or throws what it did.
template <class T>
T run(awaitable<T> work) {
    asio::io_context io;
    std::exception_ptr error;
    std::optional<T> result;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
        error = e;
        if (!e) result.emplace(std::move(value));
    });
    io.run_for(std::chrono::seconds(20));
    if (error) std::rethrow_exception(error);
    if (!result) throw std::runtime_error("the coroutine did not finish in time");
    return std::move(*result);
}

inline void run(awaitable<void> work) {
    run([](awaitable<void> inner) -> awaitable<bool> {
        co_await std::move(inner);
        co_return true;
    }(std::move(work)));
}

}  // namespace barid::media
