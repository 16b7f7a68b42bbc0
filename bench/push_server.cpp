#include "bench/push_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <nghttp2/nghttp2.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string_view>
#include <thread>

namespace barid::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::string_view kMessage =
    R"({"name":"projects/bench/messages/0:1700000000000000%31bd1c9631bd1c96"})";
constexpr std::string_view kToken =
    R"({"access_token":"ya29.bench-token-bench-token-bench-token-bench-token-bench-token",)"
    R"("expires_in":3599,"token_type":"Bearer"})";

class Connection {
  public:
    Connection(SSL_CTX* context, int fd, int delay_ms)
        : fd_(fd), delay_(delay_ms), tls_(SSL_new(context)) {
        SSL_set_fd(tls_.get(), fd_);
    }
    ~Connection() { ::close(fd_); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void serve() {
        if (SSL_accept(tls_.get()) != 1) return;
        ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
        make_session();
        while (receive()) {
            answer_due();
            if (!send()) return;
            wait();
        }
    }

  private:
    struct Due {
        Clock::time_point at;
        std::int32_t stream;
        bool token;
    };
    struct FreeTls {
        void operator()(SSL* p) const { SSL_free(p); }
    };
    struct FreeSession {
        void operator()(nghttp2_session* p) const { nghttp2_session_del(p); }
    };

    void make_session() {
        nghttp2_session_callbacks* callbacks = nullptr;
        nghttp2_session_callbacks_new(&callbacks);
        nghttp2_session_callbacks_set_on_frame_recv_callback(
            callbacks, [](nghttp2_session*, const nghttp2_frame* frame, void* self) {
                static_cast<Connection*>(self)->received(*frame);
                return 0;
            });
        nghttp2_session_callbacks_set_on_header_callback(
            callbacks,
            [](nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name, std::size_t size,
               const std::uint8_t* value, std::size_t value_size, std::uint8_t, void* self) {
                if (size == 5 && std::memcmp(name, ":path", 5) == 0) {
                    const std::string_view path(reinterpret_cast<const char*>(value), value_size);
                    static_cast<Connection*>(self)->token_ = path == "/token";
                }
                return 0;
            });
        nghttp2_session* session = nullptr;
        nghttp2_session_server_new(&session, callbacks, this);
        nghttp2_session_callbacks_del(callbacks);
        session_.reset(session);
        const std::array settings{
            nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, 100},
            nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20}};
        nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
        nghttp2_session_set_local_window_size(session, NGHTTP2_FLAG_NONE, 0, 1 << 24);
    }

    void received(const nghttp2_frame& frame) {
        const bool whole = (frame.hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
        const bool request = frame.hd.type == NGHTTP2_DATA || frame.hd.type == NGHTTP2_HEADERS;
        if (!whole || !request) return;
        const auto delay = token_ ? std::chrono::milliseconds(0) : delay_;
        due_.push_back({Clock::now() + delay, frame.hd.stream_id, token_});
    }

    void answer_due() {
        const auto now = Clock::now();
        while (!due_.empty() && due_.front().at <= now) {
            const std::string_view& body = due_.front().token ? kToken : kMessage;
            const auto field = [](std::string_view name, std::string_view value) {
                const auto bytes = [](std::string_view text) {
                    return const_cast<std::uint8_t*>(
                        reinterpret_cast<const std::uint8_t*>(text.data()));
                };
                return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(),
                                  NGHTTP2_NV_FLAG_NO_COPY_NAME | NGHTTP2_NV_FLAG_NO_COPY_VALUE};
            };
            const std::array head{field(":status", "200"),
                                  field("content-type", "application/json; charset=UTF-8")};
            nghttp2_data_provider provider{};
            provider.source.ptr = const_cast<std::string_view*>(&body);
            provider.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* buffer,
                                        std::size_t, std::uint32_t* flags,
                                        nghttp2_data_source* source, void*) -> ssize_t {
                const auto& text = *static_cast<const std::string_view*>(source->ptr);
                std::memcpy(buffer, text.data(), text.size());
                *flags |= NGHTTP2_DATA_FLAG_EOF;
                return static_cast<ssize_t>(text.size());
            };
            nghttp2_submit_response(session_.get(), due_.front().stream, head.data(), head.size(),
                                    &provider);
            due_.pop_front();
        }
    }

    bool receive() {
        std::array<std::uint8_t, 16384> buffer;
        for (;;) {
            const int got = SSL_read(tls_.get(), buffer.data(), buffer.size());
            if (got <= 0) return SSL_get_error(tls_.get(), got) == SSL_ERROR_WANT_READ;
            if (nghttp2_session_mem_recv(session_.get(), buffer.data(),
                                         static_cast<std::size_t>(got)) < 0) {
                return false;
            }
        }
    }

    bool send() {
        for (;;) {
            while (out_.size() < 16384) {
                const std::uint8_t* data = nullptr;
                const auto size = nghttp2_session_mem_send(session_.get(), &data);
                if (size <= 0) break;
                out_.append(reinterpret_cast<const char*>(data), static_cast<std::size_t>(size));
            }
            if (out_.empty()) return true;
            const int put = SSL_write(tls_.get(), out_.data(), static_cast<int>(out_.size()));
            if (put > 0) {
                out_.erase(0, static_cast<std::size_t>(put));
            } else if (SSL_get_error(tls_.get(), put) == SSL_ERROR_WANT_WRITE) {
                pollfd writable{fd_, POLLOUT, 0};
                ::poll(&writable, 1, -1);
            } else {
                return false;
            }
        }
    }

    /// Until something comes or the next answer is due.
    void wait() {
        int timeout = -1;
        if (!due_.empty()) {
            const auto left =
                std::chrono::ceil<std::chrono::milliseconds>(due_.front().at - Clock::now());
            timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
        }
        pollfd readable{fd_, POLLIN, 0};
        ::poll(&readable, 1, timeout);
    }

    int fd_;
    std::chrono::milliseconds delay_;
    std::unique_ptr<SSL, FreeTls> tls_;
    std::unique_ptr<nghttp2_session, FreeSession> session_;
    std::deque<Due> due_;
    std::string out_;
    bool token_ = false;
};

int select_h2(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
              unsigned in_size, void*) {
    for (unsigned at = 0; at < in_size; at += in[at] + 1U) {
        if (in[at] == 2 && at + 2 < in_size && std::memcmp(in + at + 1, "h2", 2) == 0) {
            *out = in + at + 1;
            *out_size = 2;
            return SSL_TLSEXT_ERR_OK;
        }
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

int listen_on_any_port() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        ::listen(fd, 128) != 0) {
        throw std::runtime_error("the push server can't listen");
    }
    socklen_t size = sizeof address;
    ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
    fmt::print("READY {}\n", ntohs(address.sin_port));
    std::fflush(stdout);
    return fd;
}

}  // namespace

int run_push_server(const std::string& folder, int delay_ms) {
    SSL_CTX* const context = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(context, (folder + "/cert.pem").c_str()) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, (folder + "/key.pem").c_str(), SSL_FILETYPE_PEM) !=
            1) {
        throw std::runtime_error("the push server can't use the certificate in " + folder);
    }
    SSL_CTX_set_alpn_select_cb(context, select_h2, nullptr);
    SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    const int listener = listen_on_any_port();
    std::thread([listener, context, delay_ms] {
        for (;;) {
            const int fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
            if (fd < 0) continue;
            const int on = 1;
            ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
            std::thread([=] { Connection(context, fd, delay_ms).serve(); }).detach();
        }
    }).detach();
    char byte = 0;
    while (::read(STDIN_FILENO, &byte, 1) > 0) {
    }
    _exit(0);
}

}  // namespace barid::bench
