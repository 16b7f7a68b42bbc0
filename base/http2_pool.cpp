#include "base/http2_pool.hpp"

#include <algorithm>

#include "base/http_transfer.hpp"
#include "base/http_url.hpp"

namespace barid::http {
namespace {

using namespace std::chrono_literals;
using Retry = Error::Retry;

constexpr int kMaxAttempts = 3;  // of a request that is refused unseen
constexpr auto kTick = 200ms;    // how exactly time limits are kept
constexpr auto kReopenDelay = 1s;

std::chrono::steady_clock::time_point now() {
    return std::chrono::steady_clock::now();
}

[[noreturn]] void refuse(const char* code, const std::string& why) {
    throw Error(Retry::permanent, Sent::no, code, "HTTP request: " + why);
}

}  // namespace

Http2Pool::Http2Pool(asio::io_context& io, Http2Options options)
    : io_(io), options_(std::move(options)), tls_(make_tls_context(options_.ca_file)), timer_(io) {
    while (options_.origin.ends_with('/')) options_.origin.pop_back();
    const Url url = parse_url(options_.origin);
    if (url.scheme != "https" || options_.connections == 0 || options_.streams == 0) {
        throw barid::Error(barid::Error::Retry::permanent,
                           "HTTP/2 client: needs an https origin, connections and streams");
    }
    target_ = {.host = url.host,
               .port = std::to_string(url.port),
               .authority = options_.origin.substr(std::string_view("https://").size()),
               .user_agent = options_.user_agent,
               .tls = tls_.get(),
               .max_streams = options_.streams};
}

void Http2Pool::check(Exchange& exchange) const {
    const Request& request = exchange.request;
    exchange.origin = options_.origin;
    const std::string_view url = request.url;
    const std::size_t at = options_.origin.size();
    if (!url.starts_with(options_.origin) || (url.size() > at && url[at] != '/')) {
        refuse("bad_url", "the URL is not of " + options_.origin);
    }
    exchange.path = url.size() > at ? url.substr(at) : std::string_view("/");
    const bool printable =
        std::ranges::all_of(exchange.path, [](char c) { return c > ' ' && c < 0x7F && c != '#'; });
    if (!printable) refuse("bad_url", "the URL holds characters that must be escaped");
    if (request.body_source || request.on_body || request.addresses != Addresses::any) {
        refuse("bad_request", "this client streams no bodies and checks no addresses");
    }
    check_request(request);
}

ExchangeList& Http2Pool::queue_of(const Exchange& exchange) {
    return queues_[exchange.request.background ? 1 : 0];
}

void Http2Pool::submit(Exchange& exchange) {
    exchange.queued_at = now();
    if (stopped_) {
        return exchange.fail(Retry::transient, "cancelled", "the client has ended", Sent::no);
    }
    Http2Connection* const connection = nobody_waits() ? with_most_room() : nullptr;
    if (connection != nullptr) {
        connection->start(exchange, exchange.queued_at);
    } else if (waiting_ >= options_.max_waiting) {
        exchange.fail(Retry::transient, "busy", "too many requests wait for a stream", Sent::no);
    } else {
        enqueue(exchange, false);
        open_more();
    }
    if (!armed_) arm();
}

void Http2Pool::enqueue(Exchange& exchange, bool first) {
    ExchangeList& queue = queue_of(exchange);
    queue.insert(first ? queue.begin() : queue.end(), exchange);
    exchange.queued = true;
    ++waiting_;
}

void Http2Pool::take_out(Exchange& exchange) {
    exchange.unlink();
    exchange.queued = false;
    --waiting_;
}

Exchange* Http2Pool::next() {
    for (ExchangeList& queue : queues_) {
        if (queue.empty()) continue;
        Exchange& exchange = queue.front();
        take_out(exchange);
        return &exchange;
    }
    return nullptr;
}

Http2Connection* Http2Pool::with_most_room() const {
    Http2Connection* best = nullptr;
    std::size_t most = 0;
    for (const auto& connection : connections_) {
        if (connection->room() > most) {
            most = connection->room();
            best = connection.get();
        }
    }
    return best;
}

void Http2Pool::cancel(Exchange& exchange) {
    if (exchange.done) return;
    const Sent known = exchange.sent();
    if (exchange.connection != nullptr) {
        exchange.connection->abandon(exchange);
    } else if (exchange.queued) {
        take_out(exchange);
    }
    exchange.fail(Retry::transient, "cancelled", "cancelled by the caller", known);
}

void Http2Pool::open_more() {
    std::size_t opening = 0;
    std::size_t usable = 0;
    for (const auto& connection : connections_) {
        opening += connection->opening() ? 1 : 0;
        usable += connection->usable() ? 1 : 0;
    }
    const SteadyTime time = now();
    if (usable + opening > 0 && time < open_after_) return;
    std::size_t wanted = (waiting_ + options_.streams - 1) / options_.streams;
    wanted = std::min(
        wanted, opening + options_.connections - std::min(options_.connections, opening + usable));
    for (; opening < wanted; ++opening) {
        connections_.push_back(std::make_shared<Http2Connection>(io_, *this, target_));
        connections_.back()->open(options_.connect_timeout);
        ++opened_;
    }
}

void Http2Pool::opened(Http2Connection&) {
    open_after_ = {};
}

void Http2Pool::not_opened(Http2Connection& connection, const OpenError& why) {
    forget(connection);
    if (stopped_) return;
    open_after_ = now() + kReopenDelay;
    // Those that wait are carried by the connections that there are, if there are any.
    const bool hope = std::ranges::any_of(
        connections_, [](const auto& other) { return other->usable() || other->opening(); });
    if (!hope) fail_waiting(why);
}

void Http2Pool::fail_waiting(const OpenError& why) {
    while (Exchange* const exchange = next()) {
        exchange->fail(Retry::transient, why.code(), why.what(), Sent::no);
    }
}

void Http2Pool::has_room(Http2Connection& connection) {
    if (nobody_waits() || stopped_) return;
    const SteadyTime time = now();
    while (connection.room() > 0) {
        Exchange* const exchange = next();
        if (exchange == nullptr) return;
        connection.start(*exchange, time);
    }
    open_more();
}

void Http2Pool::refused(Exchange& exchange) {
    if (stopped_ || exchange.attempts >= kMaxAttempts) {
        return exchange.fail(Retry::transient, "protocol_error", "the server refused the stream",
                             Sent::no);
    }
    enqueue(exchange, true);
    // Not on the spot: the connection that it comes from is in the middle of something.
    if (refilling_) return;
    refilling_ = true;
    asio::post(io_, [self = shared_from_this()] {
        self->refilling_ = false;
        const Connections connections = self->connections_;
        for (const auto& connection : connections) self->has_room(*connection);
        if (!self->nobody_waits() && !self->stopped_) self->open_more();
    });
}

void Http2Pool::closed(Http2Connection& connection) {
    forget(connection);
    if (!stopped_ && !nobody_waits()) open_more();
}

void Http2Pool::forget(const Http2Connection& connection) {
    std::erase_if(connections_, [&](const auto& one) { return one.get() == &connection; });
}

void Http2Pool::stop() {
    stopped_ = true;
    timer_.cancel();
    while (Exchange* const exchange = next()) {
        exchange->fail(Retry::transient, "cancelled", "the client ended", Sent::no);
    }
    const Connections connections = std::move(connections_);
    connections_.clear();
    for (const auto& connection : connections) connection->disown();
}

void Http2Pool::arm() {
    if (stopped_ || connections_.empty()) return;
    const bool busy = !nobody_waits() || std::ranges::any_of(connections_, [](const auto& one) {
        return one->active() > 0 || one->opening();
    });
    armed_ = busy;
    const auto rest = std::clamp<std::chrono::milliseconds>(options_.max_idle / 2, kTick, 5s);
    timer_.expires_after(busy ? kTick : rest);
    timer_.async_wait([weak = weak_from_this()](error_code error) {
        const auto self = weak.lock();
        if (self && !error) self->tick();
    });
}

void Http2Pool::tick() {
    armed_ = false;
    const SteadyTime time = now();
    for (ExchangeList& queue : queues_) {
        while (!queue.empty() && time - queue.front().queued_at > options_.max_wait) {
            Exchange& exchange = queue.front();
            take_out(exchange);
            exchange.fail(Retry::transient, "timeout", "no stream was free in time", Sent::no);
        }
    }
    const Connections connections = connections_;
    for (const auto& connection : connections) {
        connection->expire(time);
        const bool late = time - connection->opened_at() > options_.connect_timeout + 1s;
        if (connection->opening() && late) connection->close("no HTTP/2 within the time limit");
        const bool old = time - connection->opened_at() > options_.max_lifetime;
        const bool idle =
            connection->active() == 0 && time - connection->last_used() > options_.max_idle;
        if (connection->usable() && (old || idle)) connection->retire();
    }
    if (!nobody_waits()) open_more();
    arm();
}

Http2Figures Http2Pool::figures() const {
    Http2Figures figures{.waiting = waiting_, .opened = opened_};
    for (const auto& connection : connections_) {
        figures.connections += connection->usable() ? 1 : 0;
        figures.in_flight += connection->active();
    }
    return figures;
}

}  // namespace barid::http
