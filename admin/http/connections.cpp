#include "admin/http/connections.hpp"

#include <algorithm>

#include "base/network.hpp"

namespace barid::web {
namespace {

constexpr std::chrono::milliseconds kTick{100};

}  // namespace

asio::ip::address counted_address(const asio::ip::address& peer) {
    const auto plain = without_mapping(peer);
    if (plain.is_v4()) return plain;
    auto bytes = plain.to_v6().to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return asio::ip::address_v6(bytes);
}

Connections::Place::Place(Connections& owner, Connection& connection, bool counted)
    : owner_(owner),
      connection_(connection),
      counted_(counted),
      address_(counted_address(connection.peer())),
      list_(&owner.busy_),
      entry_(owner.busy_.insert(owner.busy_.end(), this)) {
    if (counted_) ++owner_.per_address_[address_];
    owner_.watch();
}

Connections::Place::~Place() {
    list_->erase(entry_);
    if (counted_) {
        const auto found = owner_.per_address_.find(address_);
        if (--found->second == 0) owner_.per_address_.erase(found);
    }
    // A timer that nobody needs would keep the program from ending.
    if (owner_.empty()) owner_.ticks_.cancel();
    owner_.wake();
}

void Connections::Place::set_idle(bool idle) {
    if (list_ == &owner_.closing_) return;
    auto& to = idle ? owner_.idle_ : owner_.busy_;
    to.splice(to.end(), *list_, entry_);
    list_ = &to;
    if (!idle) return;
    idle_since_ = Clock::now();
    // It was let in just before the server began to stop.
    if (owner_.stopping_) owner_.close_idle(*this);
}

Connections::Connections(asio::io_context& io, ServerOptions options)
    : options_(std::move(options)),
      max_(options_.max_connections),
      ticks_(io),
      ended_(io, asio::steady_timer::time_point::max()) {}

bool Connections::make_room(const asio::ip::address& address, bool counted) {
    if (stopping_) return false;
    if (counted) {
        const auto found = per_address_.find(counted_address(address));
        if (found != per_address_.end() && found->second >= options_.max_connections_per_address) {
            return false;
        }
    }
    if (idle_.size() + busy_.size() < max_) return true;
    if (idle_.empty()) return false;
    Place& oldest = *idle_.front();
    if (Clock::now() - oldest.idle_since_ < options_.spare_idle) return false;
    close_idle(oldest);
    return true;
}

void Connections::close_idle(Place& place) {
    closing_.splice(closing_.end(), idle_, place.entry_);
    place.list_ = &closing_;
    place.connection_.close();
}

void Connections::stop() {
    stopping_ = true;
    while (!idle_.empty()) close_idle(*idle_.front());
    for (auto* place : busy_) {
        if (place->on_stop) place->on_stop();
    }
}

void Connections::close_all() {
    stop();
    for (auto* place : busy_) place->connection_.close();
}

awaitable<void> Connections::wait(Clock::time_point by) {
    ended_.expires_at(by);
    co_await ended_.async_wait(use_tuple);
}

void Connections::watch() {
    if (watching_) return;
    watching_ = true;
    ticks_.expires_after(kTick);
    ticks_.async_wait([self = shared_from_this()](error_code) {
        self->watching_ = false;
        if (self->empty()) return;
        self->check();
        self->watch();
    });
}

void Connections::check() {
    const auto now = Clock::now();
    for (auto* place : idle_) place->connection_.check(now);
    for (auto* place : busy_) place->connection_.check(now);
}

}  // namespace barid::web
