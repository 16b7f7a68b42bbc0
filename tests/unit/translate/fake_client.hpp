// An HttpClient without a network: keeps what was sent, answers what the test prepared.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <vector>

#include "base/http_client.hpp"

namespace barid::translate {

class FakeClient final : public http::HttpClient {
  public:
    awaitable<http::Response> send(http::Request request) override {
        requests.push_back(std::move(request));
        if (failure) throw http::Error(*failure);
        http::Response response;
        response.status = status;
        response.headers = headers;
        response.body = body;
        co_return response;
    }

    int status = 200;
    std::vector<http::Header> headers;
    std::string body;
    std::optional<http::Error> failure;
    std::vector<http::Request> requests;
};

/// Runs a coroutine that never waits for anything real.
template <class T>
T run_now(awaitable<T> work) {
    asio::io_context io;
    std::optional<T> result;
    std::exception_ptr error;
    asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
        error = e;
        if (!e) result.emplace(std::move(value));
    });
    io.run();
    if (error) std::rethrow_exception(error);
    return std::move(*result);
}

}  // namespace barid::translate
