#include "base/tls_socket.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "base/timeout.hpp"

namespace barid::http {
namespace {

using asio::ip::tcp;
using std::chrono::milliseconds;

constexpr std::array<unsigned char, 3> kOffered{2, 'h', '2'};
/// More than one TLS record a system call when the other side is fast.
constexpr std::size_t kReadAhead = 64UL * 1024;

// OpenSSL's own socket BIO writes with write(2), which raises SIGPIPE.
int bio_write(BIO* bio, const char* data, int size) {
    const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    BIO_clear_retry_flags(bio);
    const auto sent = ::send(fd, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
    return static_cast<int>(sent);
}

int bio_read(BIO* bio, char* data, int size) {
    const int fd = static_cast<int>(reinterpret_cast<std::intptr_t>(BIO_get_data(bio)));
    BIO_clear_retry_flags(bio);
    const auto got = ::recv(fd, data, static_cast<std::size_t>(size), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
    if (got == 0) BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return static_cast<int>(got);
}

long bio_control(BIO* bio, int command, long, void*) {
    if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
    return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO* make_bio(int fd) {
    static BIO_METHOD* const method = [] {
        BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "barid");
        BIO_meth_set_write(made, bio_write);
        BIO_meth_set_read(made, bio_read);
        BIO_meth_set_ctrl(made, bio_control);
        return made;
    }();
    BIO* bio = BIO_new(method);
    if (bio == nullptr) throw std::bad_alloc();
    BIO_set_data(bio, reinterpret_cast<void*>(static_cast<std::intptr_t>(fd)));
    BIO_set_init(bio, 1);
    return bio;
}

std::string openssl_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    return reason != nullptr ? reason : "the connection ended";
}

}  // namespace

TlsContext make_tls_context(const std::string& ca_file) {
    TlsContext context(SSL_CTX_new(TLS_client_method()));
    if (!context) throw std::bad_alloc();
    SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE |
                                        SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                        SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_read_ahead(context.get(), 1);
    SSL_CTX_set_default_read_buffer_len(context.get(), kReadAhead);
    SSL_CTX_set_alpn_protos(context.get(), kOffered.data(), kOffered.size());
    ERR_clear_error();
    const int loaded = ca_file.empty() ? SSL_CTX_set_default_verify_paths(context.get())
                                       : SSL_CTX_load_verify_file(context.get(), ca_file.c_str());
    if (loaded != 1) {
        throw barid::Error(barid::Error::Retry::permanent,
                           "HTTP client: can't use the CA file " +
                               (ca_file.empty() ? "of the system" : ca_file) + ": " +
                               openssl_reason());
    }
    return context;
}

awaitable<void> TlsSocket::open(SSL_CTX* context, std::string host, std::string port,
                                milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    co_await connect(host, std::move(port), limit);
    check_open();
    error_code ignored;
    socket_.non_blocking(true, ignored);
    socket_.set_option(tcp::no_delay(true), ignored);
    socket_.set_option(asio::socket_base::keep_alive(true), ignored);
    prepare(context, host);
    const auto left = deadline - std::chrono::steady_clock::now();
    try {
        co_await with_timeout(shake_hands(),
                              std::max<std::chrono::nanoseconds>(left, milliseconds(1)),
                              "TLS handshake");
    } catch (const TimeoutError& e) {
        throw OpenError("timeout", e.what());
    }
    check_open();
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls_.get(), &protocol, &size);
    if (std::string_view(reinterpret_cast<const char*>(protocol), size) != "h2") {
        throw OpenError("http2_required", "the server does not offer HTTP/2");
    }
}

awaitable<void> TlsSocket::connect(std::string host, std::string port, milliseconds limit) {
    const auto deadline = std::chrono::steady_clock::now() + limit;
    tcp::resolver resolver(socket_.get_executor());
    std::string why = "no address";
    try {
        const auto found = co_await with_timeout(
            resolver.async_resolve(host, port, asio::use_awaitable), limit, "name lookup");
        std::size_t left = found.size();
        for (const auto& entry : found) {
            const auto time = deadline - std::chrono::steady_clock::now();
            if (time.count() <= 0) break;
            // One address that swallows packets must not use up the time of the others.
            const auto share = time / std::max<std::size_t>(std::min<std::size_t>(left--, 3), 1);
            error_code ignored;
            socket_.close(ignored);
            check_open();
            try {
                co_await with_timeout(socket_.async_connect(entry.endpoint(), asio::use_awaitable),
                                      share, "connecting");
                co_return;
            } catch (const boost::system::system_error& e) {
                if (e.code() == asio::error::operation_aborted) throw;
                why = e.code().message();
            } catch (const TimeoutError& e) {
                why = e.what();
            }
        }
    } catch (const boost::system::system_error& e) {
        if (e.code() == asio::error::operation_aborted) throw;
        why = "name lookup: " + e.code().message();
    } catch (const TimeoutError& e) {
        why = e.what();
    }
    throw OpenError("connect_failed", why);
}

void TlsSocket::prepare(SSL_CTX* context, const std::string& host) {
    tls_.reset(SSL_new(context));
    if (!tls_) throw std::bad_alloc();
    error_code not_an_address;
    (void)asio::ip::make_address(host, not_an_address);
    if (not_an_address) {
        SSL_set_tlsext_host_name(tls_.get(), host.c_str());
        SSL_set1_host(tls_.get(), host.c_str());
    } else {
        X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls_.get()), host.c_str());
    }
    BIO* bio = make_bio(socket_.native_handle());
    SSL_set_bio(tls_.get(), bio, bio);
    SSL_set_connect_state(tls_.get());
}

awaitable<void> TlsSocket::shake_hands() {
    for (;;) {
        check_open();
        ERR_clear_error();
        const int done = SSL_do_handshake(tls_.get());
        if (done == 1) co_return;
        const int error = SSL_get_error(tls_.get(), done);
        if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
            if (ERR_GET_REASON(ERR_peek_last_error()) ==
                SSL_R_TLSV1_ALERT_NO_APPLICATION_PROTOCOL) {
                throw OpenError("http2_required", "the server does not offer HTTP/2");
            }
            const long verdict = SSL_get_verify_result(tls_.get());
            throw OpenError("tls_failed", verdict != X509_V_OK
                                              ? X509_verify_cert_error_string(verdict)
                                              : openssl_reason());
        }
        const auto wanted =
            error == SSL_ERROR_WANT_READ ? tcp::socket::wait_read : tcp::socket::wait_write;
        co_await socket_.async_wait(wanted, asio::use_awaitable);
    }
}

TlsSocket::Result TlsSocket::read(char* buffer, std::size_t room) {
    ERR_clear_error();
    std::size_t got = 0;
    if (SSL_read_ex(tls_.get(), buffer, room, &got) == 1) return {Did::some, got};
    return result_of(0);
}

TlsSocket::Result TlsSocket::write(std::string_view bytes) {
    ERR_clear_error();
    std::size_t put = 0;
    if (SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &put) == 1) return {Did::some, put};
    return result_of(0);
}

TlsSocket::Result TlsSocket::result_of(int returned) {
    switch (SSL_get_error(tls_.get(), returned)) {
        case SSL_ERROR_WANT_READ:
            return {Did::want_read};
        case SSL_ERROR_WANT_WRITE:
            return {Did::want_write};
        case SSL_ERROR_ZERO_RETURN:
            return {Did::closed};
        default:
            return {Did::failed};
    }
}

/// Closing ends the waits that `open` is made of, but one may have ended just before.
void TlsSocket::check_open() const {
    if (closed_) throw OpenError("cancelled", "given up");
}

void TlsSocket::close() {
    closed_ = true;
    error_code ignored;
    if (tls_ && SSL_is_init_finished(tls_.get()) != 0) SSL_shutdown(tls_.get());
    // The descriptor must not be used again through OpenSSL: its number may be another's soon.
    tls_.reset();
    socket_.close(ignored);
}

}  // namespace barid::http
