// What a connection makes of nghttp2's frames: the head of a request, the parts of its answer.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/http2_connection.hpp"

namespace barid::http {
namespace {

using Retry = Error::Retry;

constexpr std::size_t kUsualHeaders = 12;             // of an answer
constexpr std::int32_t kStreamWindow = 1 << 20;       // answers are small
constexpr std::int32_t kConnectionWindow = 16 << 20;  // all streams' together

nghttp2_nv field(std::string_view name, std::string_view value) {
    const auto bytes = [](std::string_view text) {
        // nghttp2 takes what it only reads as non-const.
        return const_cast<std::uint8_t*>(reinterpret_cast<const std::uint8_t*>(text.data()));
    };
    return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string_view text_of(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

}  // namespace

/// nghttp2's callbacks. Nothing here calls the owner: it might call nghttp2 again.
struct Http2Connection::Callbacks {
    static Exchange* exchange(nghttp2_session* session, std::int32_t stream) {
        return static_cast<Exchange*>(nghttp2_session_get_stream_user_data(session, stream));
    }

    static int header(nghttp2_session* session, const nghttp2_frame* frame,
                      const std::uint8_t* name, std::size_t name_size, const std::uint8_t* value,
                      std::size_t value_size, std::uint8_t, void* self) {
        Exchange* const e = exchange(session, frame->hd.stream_id);
        if (e == nullptr) return 0;
        try {
            static_cast<Http2Connection*>(self)->take_header(*e, text_of(name, name_size),
                                                             text_of(value, value_size));
            return 0;
        } catch (const std::bad_alloc&) {
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }

    static int chunk(nghttp2_session* session, std::uint8_t, std::int32_t stream,
                     const std::uint8_t* data, std::size_t size, void* self) {
        Exchange* const e = exchange(session, stream);
        if (e == nullptr) return 0;
        try {
            if (!static_cast<Http2Connection*>(self)->take_body(*e, text_of(data, size))) {
                nghttp2_session_set_stream_user_data(session, stream, nullptr);
                nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, stream, NGHTTP2_CANCEL);
            }
            return 0;
        } catch (const std::bad_alloc&) {
            return NGHTTP2_ERR_CALLBACK_FAILURE;
        }
    }

    static int frame_received(nghttp2_session* session, const nghttp2_frame* frame, void* data) {
        auto& self = *static_cast<Http2Connection*>(data);
        if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0) {
            self.settled_ = true;
            self.peer_streams_ = nghttp2_session_get_remote_settings(
                session, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
            return 0;
        }
        if (frame->hd.type == NGHTTP2_GOAWAY) {
            if (self.state_ == State::open) self.state_ = State::retired;
            return 0;
        }
        if (frame->hd.type != NGHTTP2_HEADERS && frame->hd.type != NGHTTP2_DATA) return 0;
        Exchange* const e = exchange(session, frame->hd.stream_id);
        if (e == nullptr) return 0;
        e->head_arrived = e->head_arrived || e->response.status >= 200;
        if ((frame->hd.flags & NGHTTP2_FLAG_END_STREAM) == 0) return 0;
        nghttp2_session_set_stream_user_data(session, frame->hd.stream_id, nullptr);
        if (e->body_read < e->request.body.size()) {
            // Answered before it had read everything: the rest is not wanted.
            nghttp2_submit_rst_stream(session, NGHTTP2_FLAG_NONE, frame->hd.stream_id,
                                      NGHTTP2_NO_ERROR);
        }
        e->succeed();
        return 0;
    }

    static int before_send(nghttp2_session* session, const nghttp2_frame* frame, void*) {
        if (frame->hd.type != NGHTTP2_HEADERS) return 0;
        if (Exchange* const e = exchange(session, frame->hd.stream_id)) e->on_wire = true;
        return 0;
    }

    static int stream_closed(nghttp2_session*, std::int32_t stream, std::uint32_t code,
                             void* self) {
        static_cast<Http2Connection*>(self)->finish_stream(stream, code);
        return 0;
    }

    static ssize_t body(nghttp2_session* session, std::int32_t stream, std::uint8_t* buffer,
                        std::size_t room, std::uint32_t* flags, nghttp2_data_source*, void*) {
        Exchange* const e = exchange(session, stream);
        if (e == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;  // given up meanwhile
        const std::string& body = e->request.body;
        const std::size_t size = std::min(room, body.size() - e->body_read);
        std::copy_n(body.data() + e->body_read, size, buffer);
        e->body_read += size;
        if (e->body_read == body.size()) *flags |= NGHTTP2_DATA_FLAG_EOF;
        return static_cast<ssize_t>(size);
    }
};

void Http2Connection::make_session() {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session* session = nullptr;
    if (nghttp2_session_callbacks_new(&callbacks) != 0) throw std::bad_alloc();
    nghttp2_session_callbacks_set_on_header_callback(callbacks, &Callbacks::header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, &Callbacks::chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, &Callbacks::frame_received);
    nghttp2_session_callbacks_set_before_frame_send_callback(callbacks, &Callbacks::before_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, &Callbacks::stream_closed);
    const int made = nghttp2_session_client_new(&session, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    if (made != 0) throw std::bad_alloc();
    session_.reset(session);
    const std::array settings{
        nghttp2_settings_entry{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
        nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, kStreamWindow}};
    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
    nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, kConnectionWindow);
}

void Http2Connection::build_head(const Exchange& exchange) {
    const Request& request = exchange.request;
    head_.clear();
    names_.clear();
    std::size_t letters = 0;
    for (const Header& header : request.headers) letters += header.name.size();
    names_.reserve(letters);  // the fields point into it
    head_.push_back(field(":method", request.method));
    head_.push_back(field(":scheme", "https"));
    head_.push_back(field(":authority", target_.authority));
    head_.push_back(field(":path", exchange.path));
    head_.push_back(field("user-agent", target_.user_agent));
    for (const Header& header : request.headers) {
        const std::size_t at = names_.size();
        for (const char c : header.name) {
            names_ += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
        }
        head_.push_back(field(std::string_view(names_).substr(at), header.value));
    }
    if (!request.authorization.empty()) {
        head_.push_back(field("authorization", request.authorization.reveal()));
    }
    if (!request.body.empty() || request.method == "POST") {
        length_ = std::to_string(request.body.size());
        head_.push_back(field("content-length", length_));
    }
}

void Http2Connection::start(Exchange& exchange, SteadyTime now) {
    build_head(exchange);
    nghttp2_data_provider body{.source = {.ptr = nullptr}, .read_callback = &Callbacks::body};
    const std::int32_t stream =
        nghttp2_submit_request(session_.get(), nullptr, head_.data(), head_.size(),
                               exchange.request.body.empty() ? nullptr : &body, &exchange);
    ++exchange.attempts;
    if (stream < 0) {
        // Out of stream ids, or of memory: another connection may do better.
        if (state_ == State::open) state_ = State::retired;
        refused_.push_back(exchange);
        schedule_flush();
        return;
    }
    exchange.connection = this;
    exchange.stream = stream;
    exchange.started_at = now;
    exchange.deadline = now + exchange.request.total_timeout;
    exchanges_.push_back(exchange);
    ++active_;
    last_used_ = now;
    schedule_flush();
}

void Http2Connection::finish_stream(std::int32_t stream, std::uint32_t code) {
    if (active_ > 0) --active_;
    freed_ = true;
    Exchange* const exchange = Callbacks::exchange(session_.get(), stream);
    if (exchange == nullptr) return;  // answered, or given up
    const bool unseen = code == NGHTTP2_REFUSED_STREAM || !exchange->on_wire;
    if (unseen && exchange->response.status < 200) {
        exchange->unlink();
        refused_.push_back(*exchange);
        return;
    }
    exchange->fail(Retry::transient, "protocol_error",
                   fmt::format("the server reset the stream ({})", nghttp2_http2_strerror(code)));
}

void Http2Connection::take_header(Exchange& exchange, std::string_view name,
                                  std::string_view value) {
    if (name == ":status") {
        // An interim answer (1xx) may come before the final one. nghttp2 checked the digits.
        exchange.response.headers.clear();
        exchange.response.status = std::atoi(std::string(value).c_str());
        return;
    }
    if (exchange.head_arrived || name.starts_with(':')) return;  // a trailer
    if (exchange.response.headers.empty()) exchange.response.headers.reserve(kUsualHeaders);
    exchange.response.headers.push_back({std::string(name), std::string(value)});
}

bool Http2Connection::take_body(Exchange& exchange, std::string_view piece) {
    const std::size_t most = exchange.request.max_response_bytes;
    const std::size_t room = most - std::min(most, exchange.response.body.size());
    exchange.response.body += piece.substr(0, room);
    if (piece.size() <= room) return true;
    exchange.fail(Retry::permanent, "too_large",
                  fmt::format("the answer is larger than {} bytes", most), Sent::yes);
    return false;
}

}  // namespace barid::http
