#include "admin/http/event_stream.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::web {
namespace {

void append_line(std::string& text, std::string_view field, std::string_view value) {
    text += field;
    text += ": ";
    std::ranges::copy_if(value, std::back_inserter(text),
                         [](char c) { return c != '\r' && c != '\n' && c != '\0'; });
    text += '\n';
}

}  // namespace

std::string event_text(std::string_view event, std::string_view data, std::string_view id) {
    std::string text;
    if (!id.empty()) append_line(text, "id", id);
    if (!event.empty()) append_line(text, "event", event);
    while (true) {
        const auto end = data.find_first_of("\r\n");
        append_line(text, "data", data.substr(0, end));
        if (end == data.npos) break;
        data.remove_prefix(data.substr(end).starts_with("\r\n") ? end + 2 : end + 1);
    }
    text += '\n';
    return text;
}

EventStream::EventStream(asio::io_context& io, Connection& connection, Connections::Place& place,
                         const ServerOptions& options, bool chunked)
    : io_(io),
      connection_(connection),
      place_(place),
      options_(options),
      chunked_(chunked),
      watch_(std::make_shared<Watch>(io)),
      sent_at_(Clock::now()) {}

awaitable<bool> EventStream::run(const std::function<awaitable<void>(EventSink&)>& handler) {
    const auto read = [](Connection& connection, std::shared_ptr<Watch> watch) -> awaitable<void> {
        co_await connection.fill(kNever);
        watch->gone = true;
    };
    asio::co_spawn(io_, read(connection_, watch_), [watch = watch_](std::exception_ptr) {
        watch->ended = true;
        watch->changed.cancel();
    });
    place_.on_stop = [watch = watch_] { watch->changed.cancel(); };
    std::exception_ptr failure;
    try {
        co_await handler(*this);
    } catch (...) {
        failure = std::current_exception();
    }
    place_.on_stop = {};
    bool whole = !failure;
    // A body that ended because of an error isn't ended as if it were whole.
    if (whole && chunked_ && !watch_->gone) {
        whole = co_await connection_.write("0\r\n\r\n", options_.write_timeout);
    }
    // The read uses the connection; it must have ended before somebody else reads.
    while (!watch_->ended) {
        connection_.cancel_read();
        watch_->changed.expires_after(std::chrono::milliseconds(100));
        co_await watch_->changed.async_wait(use_tuple);
    }
    if (failure) std::rethrow_exception(failure);
    co_return whole;
}

awaitable<bool> EventStream::write(std::string_view text) {
    if (over()) co_return false;
    std::string framed;
    if (chunked_) {
        framed = fmt::format("{:x}\r\n{}\r\n", text.size(), text);
        text = framed;
    }
    sent_at_ = Clock::now();
    if (!co_await connection_.write(text, options_.write_timeout)) {
        watch_->gone = true;
        connection_.close();
    }
    co_return !over();
}

awaitable<bool> EventStream::send(std::string_view event, std::string_view data,
                                  std::string_view id) {
    const std::string text = event_text(event, data, id);
    co_return co_await write(text);
}

awaitable<bool> EventStream::wait(std::chrono::milliseconds time) {
    const auto until = Clock::now() + time;
    while (!over()) {
        const auto now = Clock::now();
        if (now >= sent_at_ + options_.heartbeat && !co_await write(": \n\n")) co_return false;
        if (now >= until) co_return true;
        watch_->changed.expires_at(std::min(until, sent_at_ + options_.heartbeat));
        co_await watch_->changed.async_wait(use_tuple);
    }
    co_return false;
}

}  // namespace barid::web
