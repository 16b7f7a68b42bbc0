// The connections of one server: how many there may be, from whom, and which one is late.
//
// Io thread only. The set must outlive its places; it keeps itself alive while it has any.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <functional>
#include <list>
#include <map>

#include "admin/http/connection.hpp"
#include "admin/http/options.hpp"
#include "base/asio.hpp"

namespace barid::web {

/// Whose places a connection takes: an IPv4 address, or the first half of an IPv6 one, because
/// whoever has one address of a /64 has all of them.
asio::ip::address counted_address(const asio::ip::address& peer);

class Connections : public std::enable_shared_from_this<Connections> {
  public:
    Connections(asio::io_context& io, ServerOptions options);

    /// One connection's entry, from when it is let in until its coroutine ends.
    class Place {
      public:
        Place(Connections& owner, Connection& connection, bool counted);
        ~Place();
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;

        /// Idle: no whole head of a request has arrived. Such a connection may be closed at any
        /// time, so that neither silent nor slow clients can keep others out.
        void set_idle(bool idle);
        [[nodiscard]] bool stopping() const { return owner_.stopping_; }

        std::function<void()> on_stop;  ///< called when the server begins to stop

      private:
        friend class Connections;
        Connections& owner_;
        Connection& connection_;
        bool counted_;
        asio::ip::address address_;  ///< as it is counted
        std::list<Place*>* list_;
        Clock::time_point idle_since_{};
        std::list<Place*>::iterator entry_;
    };

    /// Whether another connection from `address` may be served. When all places are taken it makes
    /// one, if a connection has been idle for long enough.
    bool make_room(const asio::ip::address& address, bool counted);
    void set_max(std::size_t connections) { max_ = connections; }

    [[nodiscard]] bool empty() const { return idle_.empty() && busy_.empty() && closing_.empty(); }

    /// Closes idle connections, and lets the others end after their answer.
    void stop();
    void close_all();
    /// Completes when a connection has ended or `wake` was called, or at `by`.
    awaitable<void> wait(Clock::time_point by);
    void wake() { ended_.cancel(); }

  private:
    void watch();
    void check();
    void close_idle(Place& place);

    const ServerOptions options_;
    std::size_t max_;
    std::list<Place*> idle_;  ///< the longest idle first
    std::list<Place*> busy_;
    std::list<Place*> closing_;  ///< closed while idle: gone as soon as their coroutines notice
    std::map<asio::ip::address, std::size_t> per_address_;
    asio::steady_timer ticks_;
    asio::steady_timer ended_;
    bool watching_ = false;
    bool stopping_ = false;
};

}  // namespace barid::web
