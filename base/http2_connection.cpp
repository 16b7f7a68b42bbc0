#include "base/http2_connection.hpp"

#include <algorithm>

namespace barid::http {
namespace {

using std::chrono::milliseconds;
using Retry = Error::Retry;
using Did = TlsSocket::Did;

constexpr std::size_t kRecord = 16UL * 1024;  // what one TLS record holds
constexpr int kReadsAtOnce = 32;              // then others get a turn

}  // namespace

Http2Connection::Http2Connection(asio::io_context& io, Http2Owner& owner, const Http2Target& target)
    : io_(io),
      owner_(&owner),
      target_(target),
      socket_(io),
      opened_at_(std::chrono::steady_clock::now()),
      last_used_(opened_at_),
      last_read_(opened_at_) {}

Http2Connection::~Http2Connection() = default;

void Http2Connection::open(milliseconds limit) {
    asio::co_spawn(
        io_, [self = shared_from_this(), limit]() { return self->run_open(limit); },
        asio::detached);
}

awaitable<void> Http2Connection::run_open(milliseconds limit) {
    const auto self = shared_from_this();
    std::optional<OpenError> failed;
    try {
        co_await socket_.open(target_.tls, target_.host, target_.port, limit);
    } catch (const OpenError& e) {
        failed = e;
    } catch (const std::exception& e) {
        failed = OpenError("connect_failed", e.what());
    }
    if (state_ != State::opening || owner_ == nullptr) co_return;
    if (failed) {
        state_ = State::closed;
        socket_.close();
        owner_->not_opened(*this, *failed);
        co_return;
    }
    make_session();
    flush();
    if (state_ == State::opening) wait_readable();
}

std::size_t Http2Connection::room() const {
    const std::size_t most = std::min(target_.max_streams, peer_streams_);
    return state_ == State::open && active_ < most ? most - active_ : 0;
}

void Http2Connection::abandon(Exchange& exchange) {
    exchange.unlink();
    exchange.connection = nullptr;
    if (!session_) return;
    nghttp2_session_set_stream_user_data(session_.get(), exchange.stream, nullptr);
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, exchange.stream, NGHTTP2_CANCEL);
    schedule_flush();
}

void Http2Connection::expire(SteadyTime now) {
    for (auto next = exchanges_.begin(); next != exchanges_.end();) {
        Exchange& exchange = *next++;
        if (exchange.deadline > now) continue;
        // Nothing came since it was sent: whatever is behind this connection may be dead.
        if (last_read_ < exchange.started_at && state_ == State::open) state_ = State::retired;
        const Sent known = exchange.sent();
        abandon(exchange);
        exchange.fail(Retry::transient, "timeout", "no answer in time", known);
    }
    if (state_ == State::retired) retire();
}

void Http2Connection::retire() {
    if (state_ == State::open) state_ = State::retired;
    if (state_ != State::retired || active_ > 0) return;
    nghttp2_session_terminate_session(session_.get(), NGHTTP2_NO_ERROR);
    flush();
    close("it was no longer needed");
}

void Http2Connection::close(const char* why) {
    if (state_ == State::closed) return;
    const bool opening = state_ == State::opening;
    state_ = State::closed;
    const auto self = shared_from_this();
    while (!exchanges_.empty()) {
        Exchange& exchange = exchanges_.front();
        const Sent known = exchange.sent();
        exchange.unlink();
        if (known == Sent::no && owner_ != nullptr) {
            refused_.push_back(exchange);
        } else {
            exchange.fail(Retry::transient, "protocol_error", why, known);
        }
    }
    session_.reset();
    socket_.close();
    active_ = 0;
    if (owner_ == nullptr) return;
    while (!refused_.empty()) {
        Exchange& exchange = refused_.front();
        exchange.unlink();
        exchange.restart();
        owner_->refused(exchange);
    }
    if (opening) {
        owner_->not_opened(*this, OpenError("protocol_error", why));
    } else {
        owner_->closed(*this);
    }
}

void Http2Connection::disown() {
    owner_ = nullptr;
    while (!refused_.empty()) {
        refused_.front().fail(Retry::transient, "cancelled", "the client ended", Sent::no);
    }
    while (!exchanges_.empty()) {
        Exchange& exchange = exchanges_.front();
        exchange.fail(Retry::transient, "cancelled", "the client ended");
    }
    close("the client ended");
}

void Http2Connection::wait_readable() {
    socket_.wait_readable([self = shared_from_this()](error_code error) {
        if (self->state_ == State::closed || error == asio::error::operation_aborted) return;
        self->read_some();
    });
}

void Http2Connection::read_some() {
    std::array<char, kRecord> buffer;
    for (int reads = 0; reads < kReadsAtOnce; ++reads) {
        const auto [did, bytes] = socket_.read(buffer.data(), buffer.size());
        if (did == Did::want_read || did == Did::want_write) {
            blocked_ = false;
            after_read();
            if (state_ == State::closed) return;
            // Asking to write while reading is TLS's own business, and rare.
            if (did == Did::want_read) return wait_readable();
            return socket_.wait_writable([self = shared_from_this()](error_code error) {
                if (!error && self->state_ != State::closed) self->read_some();
            });
        }
        if (did != Did::some) {
            after_read();
            return close("the server ended the connection");
        }
        last_read_ = std::chrono::steady_clock::now();
        const auto* data = reinterpret_cast<const std::uint8_t*>(buffer.data());
        const auto taken = nghttp2_session_mem_recv(session_.get(), data, bytes);
        if (taken < 0) {
            flush();  // says GOAWAY, and why
            return close("the server broke the rules of HTTP/2");
        }
    }
    after_read();
    if (state_ == State::closed) return;
    asio::post(io_, [self = shared_from_this()] {
        if (self->state_ != State::closed) self->read_some();
    });
}

/// What had to wait until nghttp2 returned.
void Http2Connection::after_read() {
    const auto self = shared_from_this();
    freed_ = false;
    if (state_ == State::opening && settled_) {
        state_ = State::open;
        last_used_ = std::chrono::steady_clock::now();
        if (owner_ != nullptr) owner_->opened(*this);
    }
    while (!refused_.empty() && owner_ != nullptr) {
        Exchange& exchange = refused_.front();
        exchange.unlink();
        exchange.restart();
        owner_->refused(exchange);
    }
    if (state_ == State::closed) return;
    if (owner_ != nullptr) owner_->has_room(*this);
    if (state_ == State::closed) return;
    flush();
    if (state_ == State::retired && active_ == 0) retire();
}

void Http2Connection::schedule_flush() {
    if (flush_scheduled_) return;
    flush_scheduled_ = true;
    // Requests that are made in one go leave in one go.
    asio::post(io_, [self = shared_from_this()] {
        self->flush_scheduled_ = false;
        self->flush();
        // A request that was given up frees its stream when the reset has left.
        if (self->state_ != State::closed && (self->freed_ || !self->refused_.empty())) {
            self->after_read();
        }
    });
}

void Http2Connection::flush() {
    if (blocked_ || !session_) return;
    while (fill()) {
        if (!push_out()) return;
    }
    if (nghttp2_session_want_read(session_.get()) == 0 &&
        nghttp2_session_want_write(session_.get()) == 0) {
        close("the server ended the connection");
    }
}

/// Packs frames until a record is full; false when there is nothing to send.
bool Http2Connection::fill() {
    while (out_.size() < kRecord) {
        const std::uint8_t* data = nullptr;
        const auto size = nghttp2_session_mem_send(session_.get(), &data);
        if (size <= 0) break;
        out_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
    }
    return !out_.empty();
}

/// Writes a record; false when it has to wait, or the connection is over.
bool Http2Connection::push_out() {
    const auto [did, bytes] = socket_.write(std::string_view(out_).substr(0, kRecord));
    switch (did) {
        case Did::some:
            out_.erase(0, bytes);  // what is left is less than a frame, mostly
            return true;
        case Did::want_read:
            blocked_ = true;  // the next read goes on
            return false;
        case Did::want_write:
            blocked_ = true;
            socket_.wait_writable([self = shared_from_this()](error_code error) {
                if (error || self->state_ == State::closed) return;
                self->blocked_ = false;
                self->flush();
            });
            return false;
        default:
            close("the connection broke");
            return false;
    }
}

}  // namespace barid::http
