// Bodies of requests: how one is read within its limits.
#include <fmt/format.h>

#include <algorithm>

#include "admin/http/chunks.hpp"
#include "admin/http/exchange.hpp"

namespace barid::web {
namespace {

Refusal too_large(std::size_t max_bytes) {
    return {.status = 413,
            .reason = max_bytes == 0 ? std::string("this request has no body")
                                     : fmt::format("the body is longer than {} bytes", max_bytes),
            .code = "too_large"};
}

}  // namespace

awaitable<bool> Exchange::read_body(std::size_t max_bytes) {
    if (!has_body()) co_return true;
    const bool sized = framing_.kind == Framing::Kind::sized;
    if (max_bytes == 0 || (sized && framing_.length > max_bytes)) {
        refusal_ = too_large(max_bytes);
        co_return false;
    }
    // A client that has sent a part already doesn't wait for it.
    if (framing_.expects_continue && connection_.in.empty() &&
        !co_await connection_.write("HTTP/1.1 100 Continue\r\n\r\n", site_.options.write_timeout)) {
        co_return false;
    }
    co_return sized ? co_await read_sized(max_bytes) : co_await read_chunked(max_bytes);
}

awaitable<bool> Exchange::read_sized(std::size_t) {
    auto& in = connection_.in;
    const auto began = Clock::now();
    const auto length = static_cast<std::size_t>(framing_.length);
    while (in.size() < length) {
        if (!co_await read_more_body(began, in.size())) co_return false;
    }
    request_.body = in.substr(0, length);
    in.erase(0, length);
    co_return true;
}

awaitable<bool> Exchange::read_chunked(std::size_t max_bytes) {
    auto& in = connection_.in;
    const auto began = Clock::now();
    ChunkReader reader(max_bytes);
    while (true) {
        std::string_view rest = in;
        const auto state = reader.feed(rest, request_.body);
        in.erase(0, in.size() - rest.size());
        if (state == ChunkReader::State::complete) co_return true;
        if (state == ChunkReader::State::refused) {
            refusal_ = reader.refusal();
            co_return false;
        }
        if (!co_await read_more_body(began, request_.body.size())) co_return false;
    }
}

awaitable<bool> Exchange::read_more_body(Clock::time_point began, std::size_t received) {
    const auto& options = site_.options;
    const std::chrono::milliseconds earned(1'000 * received / options.body_bytes_per_second);
    const auto allowed = std::min(options.body_timeout, options.body_grace + earned);
    const auto read = co_await connection_.fill(began + allowed);
    if (read == Connection::Read::late) {
        refusal_ = {.status = 408, .reason = "the body came too slowly", .code = "timeout"};
    }
    co_return read == Connection::Read::some;
}

}  // namespace barid::web
