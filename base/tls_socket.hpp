// A TCP connection with TLS on it that never blocks: what HTTP/2 is spoken over.
//
// `open` resolves, connects and shakes hands; then `read` and `write` say what they could do, and
// the owner waits for the socket when they say so. Certificates and names are always verified.
// Internal to base's HTTP/2 client; io thread only.
#pragma once

#include <openssl/ssl.h>

#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "base/asio.hpp"
#include "base/error.hpp"

namespace barid::http {

/// Why there is no connection; `code` as in http::Error: connect_failed, tls_failed, timeout,
/// http2_required.
class OpenError : public barid::Error {
  public:
    OpenError(std::string code, const std::string& why)
        : barid::Error(Retry::transient, why), code_(std::move(code)) {}
    [[nodiscard]] const std::string& code() const { return code_; }

  private:
    std::string code_;
};

struct FreeTlsContext {
    void operator()(SSL_CTX* p) const { SSL_CTX_free(p); }
};
using TlsContext = std::unique_ptr<SSL_CTX, FreeTlsContext>;

/// Trusts `ca_file`, or the system's authorities; offers HTTP/2 only, TLS 1.2 or newer. Throws a
/// permanent barid::Error when the file can't be used.
TlsContext make_tls_context(const std::string& ca_file);

class TlsSocket {
  public:
    enum class Did { some, want_read, want_write, closed, failed };
    struct Result {
        Did did = Did::failed;
        std::size_t bytes = 0;
    };

    explicit TlsSocket(asio::io_context& io) : socket_(io) {}

    /// Throws OpenError. Each of the host's addresses gets a part of the time.
    awaitable<void> open(SSL_CTX* context, std::string host, std::string port,
                         std::chrono::milliseconds limit);

    Result read(char* buffer, std::size_t room);
    Result write(std::string_view bytes);

    template <class Handler>
    void wait_readable(Handler handler) {
        socket_.async_wait(asio::ip::tcp::socket::wait_read, std::move(handler));
    }
    template <class Handler>
    void wait_writable(Handler handler) {
        socket_.async_wait(asio::ip::tcp::socket::wait_write, std::move(handler));
    }

    /// Ends both directions at once; pending waits end with operation_aborted.
    void close();

  private:
    struct FreeTls {
        void operator()(SSL* p) const { SSL_free(p); }
    };

    awaitable<void> connect(std::string host, std::string port, std::chrono::milliseconds limit);
    awaitable<void> shake_hands();
    void prepare(SSL_CTX* context, const std::string& host);
    Result result_of(int returned);

    void check_open() const;

    asio::ip::tcp::socket socket_;
    bool closed_ = false;
    std::unique_ptr<SSL, FreeTls> tls_;
};

}  // namespace barid::http
