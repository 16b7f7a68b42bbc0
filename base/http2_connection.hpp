// One HTTP/2 connection: TLS below, nghttp2 for the frames, exchanges on its streams.
//
// It gives back what the server has certainly not looked at (RFC 9113 §8.7: REFUSED_STREAM, or a
// stream beyond GOAWAY's last), ends the rest, and never sends a request a second time by itself.
// Internal to base's HTTP/2 client; io thread only; held by shared_ptr, because waits that are
// queued may outlive the client.
#pragma once

#include <nghttp2/nghttp2.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/http2_exchange.hpp"
#include "base/tls_socket.hpp"

namespace barid::http {

/// Who owns connections, and what they tell it. Calls come outside nghttp2's callbacks.
class Http2Owner {
  public:
    virtual ~Http2Owner() = default;
    /// It can be used from now on.
    virtual void opened(Http2Connection& connection) = 0;
    virtual void not_opened(Http2Connection& connection, const OpenError& why) = 0;
    /// Streams may have become free.
    virtual void has_room(Http2Connection& connection) = 0;
    /// Certainly not processed, and given up by the connection: may be sent again.
    virtual void refused(Exchange& exchange) = 0;
    /// It is over, and holds no exchange any more.
    virtual void closed(Http2Connection& connection) = 0;
};

struct Http2Target {
    std::string host;
    std::string port;
    std::string authority;
    std::string user_agent;
    SSL_CTX* tls = nullptr;
    std::size_t max_streams = 100;
};

class Http2Connection : public std::enable_shared_from_this<Http2Connection> {
  public:
    Http2Connection(asio::io_context& io, Http2Owner& owner, const Http2Target& target);
    ~Http2Connection();
    Http2Connection(const Http2Connection&) = delete;
    Http2Connection& operator=(const Http2Connection&) = delete;

    void open(std::chrono::milliseconds limit);

    /// How many more exchanges it takes now.
    [[nodiscard]] std::size_t room() const;
    [[nodiscard]] std::size_t active() const { return active_; }
    [[nodiscard]] bool usable() const { return state_ == State::open; }
    [[nodiscard]] bool opening() const { return state_ == State::opening; }
    [[nodiscard]] bool gone() const { return state_ == State::closed; }
    [[nodiscard]] SteadyTime opened_at() const { return opened_at_; }
    [[nodiscard]] SteadyTime last_used() const { return last_used_; }

    void start(Exchange& exchange, SteadyTime now);
    /// Takes the exchange off its stream, which is reset; it doesn't end it.
    void abandon(Exchange& exchange);
    /// Ends the exchanges whose time is up.
    void expire(SteadyTime now);
    /// Takes no new exchange, and closes after the last.
    void retire();
    /// Ends now. The exchanges end with what is known of them.
    void close(const char* why);
    /// The owner dies: nothing is told to it any more.
    void disown();

  private:
    enum class State { opening, open, retired, closed };
    struct FreeSession {
        void operator()(nghttp2_session* p) const { nghttp2_session_del(p); }
    };
    struct Callbacks;

    awaitable<void> run_open(std::chrono::milliseconds limit);
    void make_session();
    void wait_readable();
    void read_some();
    void schedule_flush();
    void flush();
    bool fill();
    bool push_out();
    void after_read();
    void finish_stream(std::int32_t stream, std::uint32_t code);
    void take_header(Exchange& exchange, std::string_view name, std::string_view value);
    bool take_body(Exchange& exchange, std::string_view piece);
    void build_head(const Exchange& exchange);

    asio::io_context& io_;
    Http2Owner* owner_;
    const Http2Target& target_;
    TlsSocket socket_;
    State state_ = State::opening;
    std::unique_ptr<nghttp2_session, FreeSession> session_;
    ExchangeList exchanges_;
    ExchangeList refused_;    ///< given back to the owner once nghttp2 has returned
    std::size_t active_ = 0;  ///< streams that are open, whether anybody still waits or not
    std::size_t peer_streams_ = 100;
    bool freed_ = false;    ///< streams ended since the owner was told
    bool settled_ = false;  ///< the server's SETTINGS arrived

    std::string out_;
    bool blocked_ = false;
    bool flush_scheduled_ = false;

    std::vector<nghttp2_nv> head_;
    std::string names_;
    std::string length_;
    SteadyTime opened_at_;
    SteadyTime last_used_;
    SteadyTime last_read_;
};

}  // namespace barid::http
