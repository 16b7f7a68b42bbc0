// One client's connection: bytes in and out, over TCP or TLS, each wait with a deadline.
//
// The deadlines are plain members that the set of connections looks at ten times a second
// (connections.hpp): a read that is late is cancelled, a write that is late ends the connection.
// One read and one write may wait at a time. Io thread only.
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/asio.hpp"

namespace barid::web {

using Clock = std::chrono::steady_clock;
inline constexpr auto kNever = Clock::time_point::max();

class TlsLayer;
class TlsContext;

class Connection {
  public:
    Connection(asio::ip::tcp::socket socket, std::shared_ptr<TlsContext> tls);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    enum class Read { some, ended, late };

    /// True at once without TLS.
    awaitable<bool> shake_hands(Clock::time_point by);
    /// Adds what arrives next to `in`. Ended: the client has closed, or the connection broke.
    awaitable<Read> fill(Clock::time_point by);
    /// False when the client is gone or doesn't take 64 KiB within `each`.
    awaitable<bool> write(std::string_view bytes, std::chrono::milliseconds each);
    /// Says that nothing more comes, and reads for a moment what the client still sends: closing
    /// while unread bytes wait would reset the connection and could take the answer with it.
    awaitable<void> say_goodbye(std::chrono::milliseconds at_most);
    /// Ends every wait; nothing is sent or received any more.
    void close();
    /// Ends the read that waits, if one does.
    void cancel_read();

    /// Cuts what is late.
    void check(Clock::time_point now);

    [[nodiscard]] bool is_tls() const { return tls_ != nullptr; }
    [[nodiscard]] const asio::ip::address& peer() const { return peer_; }

    std::string in;  ///< received and not looked at yet

  private:
    awaitable<error_code> read_into(char* buffer, std::size_t room, std::size_t& size);
    awaitable<void> shut_tls(Clock::time_point by);

    asio::ip::tcp::socket socket_;
    std::unique_ptr<TlsLayer> tls_;
    asio::ip::address peer_;
    Clock::time_point read_by_ = kNever;
    Clock::time_point write_by_ = kNever;
    bool late_ = false;
};

}  // namespace barid::web
