// The connections to one server and the requests that wait for a stream on one of them.
//
// Two queues, first come first served: background requests get a stream when nobody else wants
// it. Internal to base's HTTP/2 client; io thread only; held by shared_ptr, because requests that
// are under way outlive the client.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "base/http2_client.hpp"
#include "base/http2_connection.hpp"

namespace barid::http {

class Http2Pool final : public Http2Owner, public std::enable_shared_from_this<Http2Pool> {
  public:
    Http2Pool(asio::io_context& io, Http2Options options);

    /// Fills in the exchange's path and origin; throws Error (not sent) when it can't be done.
    void check(Exchange& exchange) const;
    /// Gives it a stream, or a place in the queue; ends at once when there is none.
    void submit(Exchange& exchange);
    /// Ends it: nobody waits any more.
    void cancel(Exchange& exchange);
    /// The client dies: everything ends, nothing new begins.
    void stop();

    [[nodiscard]] Http2Figures figures() const;

    void opened(Http2Connection& connection) override;
    void not_opened(Http2Connection& connection, const OpenError& why) override;
    void has_room(Http2Connection& connection) override;
    void refused(Exchange& exchange) override;
    void closed(Http2Connection& connection) override;

  private:
    using Connections = std::vector<std::shared_ptr<Http2Connection>>;

    [[nodiscard]] bool nobody_waits() const { return waiting_ == 0; }
    ExchangeList& queue_of(const Exchange& exchange);
    void enqueue(Exchange& exchange, bool first);
    void take_out(Exchange& exchange);
    Exchange* next();
    Http2Connection* with_most_room() const;
    void open_more();
    void fail_waiting(const OpenError& why);
    void forget(const Http2Connection& connection);
    void tick();
    void arm();

    asio::io_context& io_;
    Http2Options options_;
    TlsContext tls_;
    Http2Target target_;
    Connections connections_;
    std::array<ExchangeList, 2> queues_;
    std::size_t waiting_ = 0;
    asio::steady_timer timer_;
    bool armed_ = false;
    bool stopped_ = false;
    bool refilling_ = false;
    std::uint64_t opened_ = 0;
    SteadyTime open_after_{};  ///< a connection failed lately: the next one waits
};

}  // namespace barid::http
