// One request on the wire: an easy handle, its options and callbacks, and what became of it.
//
// A transfer is one hop; redirects make a new one. Holds references to the request and the URL,
// which must outlive it. Internal to base's HTTP client; not thread-safe.
#pragma once

#include <curl/curl.h>
#include <openssl/types.h>

#include <array>
#include <boost/asio/ip/address.hpp>
#include <exception>
#include <memory>
#include <string>
#include <string_view>

#include "base/http_client.hpp"
#include "base/http_curl.hpp"
#include "base/http_url.hpp"

namespace barid::http {

/// Of an answer's head.
inline constexpr std::size_t kMaxHeaderBytes = 64U << 10U;

/// RFC 9110 §9.2.2: repeating it has no effect that sending it once has not.
bool is_idempotent(std::string_view method);

class Transfer {
  public:
    Transfer(const Request& request, const Url& url, const ClientOptions& options,
             std::chrono::milliseconds time_left);
    Transfer(const Transfer&) = delete;
    Transfer& operator=(const Transfer&) = delete;

    [[nodiscard]] CURL* handle() const { return easy_.get(); }

    /// The answer, after libcurl ended with `code`; throws Error, or what a callback threw.
    Response take_response(CURLcode code);

    /// The Error for a request that the caller gave up.
    [[nodiscard]] Error cancelled() const;

  private:
    static std::size_t on_read(char* buffer, std::size_t size, std::size_t count, void* self);
    static int on_seek(void* self, curl_off_t offset, int origin);
    static std::size_t on_header(char* data, std::size_t size, std::size_t count, void* self);
    static std::size_t on_write(char* data, std::size_t size, std::size_t count, void* self);
    static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
    static int on_request(void* self, char* remote_ip, char* local_ip, int remote_port,
                          int local_port);

    void set_connection(const ClientOptions& options);
    void set_method_and_body();
    void set_headers(const ClientOptions& options);
    void set_deadlines(std::chrono::milliseconds time_left);

    std::string_view read_body(char* buffer, std::size_t room);
    void take_header(std::string_view line);
    bool take_body(std::string_view piece);
    bool may_connect(const asio::ip::address& address);
    [[nodiscard]] bool repeats_harmlessly() const;
    [[nodiscard]] const ssl_st* tls_session() const;
    [[nodiscard]] bool negotiated_http2() const;
    [[nodiscard]] bool stream_refused() const;
    [[nodiscard]] Sent sent() const;
    [[nodiscard]] Error failure(CURLcode code) const;
    [[nodiscard]] Error error(Error::Retry retry, std::string code, std::string_view why) const;

    struct FreeEasy {
        void operator()(CURL* p) const { curl_easy_cleanup(p); }
    };
    struct FreeList {
        void operator()(curl_slist* p) const { curl_slist_free_all(p); }
    };

    const Request& request_;
    const Url& url_;
    std::unique_ptr<curl_slist, FreeList> headers_;
    std::unique_ptr<CURL, FreeEasy> easy_;
    std::array<char, CURL_ERROR_SIZE> message_{};
    Response response_;

    std::uint64_t body_size_ = 0;
    std::uint64_t body_read_ = 0;
    std::uint64_t received_ = 0;
    std::size_t header_bytes_ = 0;
    bool head_arrived_ = false;
    int attempts_ = 0;      ///< how often libcurl was about to send the request
    bool refused_ = false;  ///< the server said that it has not looked at the request
    bool repeated_ = false;
    bool http1_ = false;
    bool too_large_ = false;
    bool stopped_ = false;
    bool connected_any_ = false;
    std::string denied_;  ///< the address that was refused, and why
    std::exception_ptr thrown_;
};

/// Throws Error (bad_request, not sent) for a method or header that would not survive the wire.
void check_request(const Request& request);

}  // namespace barid::http
