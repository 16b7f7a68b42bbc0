// Server-sent events (WHATWG HTML §9.2) on a connection of the server's.
//
// One event is written at a time and each has a deadline, so that nothing piles up for a client
// that doesn't read: `send` says false, and the handler ends. That a client has gone is seen by a
// read that runs beside; bytes that it sends end the stream too. Io thread only.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "admin/http/connection.hpp"
#include "admin/http/connections.hpp"
#include "admin/http/message.hpp"
#include "admin/http/options.hpp"

namespace barid::web {

/// One event as text. Line ends in `data` become further lines of it; in `event` and `id` they,
/// and NUL, would change the stream, and are left out.
std::string event_text(std::string_view event, std::string_view data, std::string_view id);

class EventStream final : public EventSink {
  public:
    EventStream(asio::io_context& io, Connection& connection, Connections::Place& place,
                const ServerOptions& options, bool chunked);

    /// Runs `handler` until it returns, then ends the body. False when the client is gone.
    awaitable<bool> run(const std::function<awaitable<void>(EventSink&)>& handler);

    awaitable<bool> send(std::string_view event, std::string_view data,
                         std::string_view id) override;
    awaitable<bool> wait(std::chrono::milliseconds time) override;

  private:
    /// Outlives the stream when the read beside it does.
    struct Watch {
        explicit Watch(asio::io_context& io) : changed(io) {}
        asio::steady_timer changed;  ///< cancelled when the client is gone or the read has ended
        bool gone = false;
        bool ended = false;
    };

    awaitable<bool> write(std::string_view text);
    [[nodiscard]] bool over() const { return watch_->gone || place_.stopping(); }

    asio::io_context& io_;
    Connection& connection_;
    Connections::Place& place_;
    const ServerOptions& options_;
    bool chunked_;
    std::shared_ptr<Watch> watch_;
    Clock::time_point sent_at_;
};

}  // namespace barid::web
