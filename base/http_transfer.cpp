#include "base/http_transfer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <cstring>

#include "base/address_guard.hpp"
#include "base/text.hpp"

namespace barid::http {
namespace {

constexpr std::size_t kMaxErrorBody = 64U << 10U;  // of an answer that the caller streams
constexpr int kMaxAttempts = 3;                    // of a request that is refused unseen

std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

Transfer::Transfer(const Request& request, const Url& url, const ClientOptions& options,
                   std::chrono::milliseconds time_left)
    : request_(request),
      url_(url),
      easy_(curl_easy_init()),
      body_size_(request.body_source ? request.body_size.value_or(0) : request.body.size()) {
    if (!easy_) throw std::bad_alloc();
    set_connection(options);
    set_method_and_body();
    set_headers(options);
    set_deadlines(time_left);
}

void Transfer::set_connection(const ClientOptions& options) {
    CURL* easy = easy_.get();
    curl_easy_setopt(easy, CURLOPT_URL, url_.text.c_str());
    curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    // Without it, giving up a transfer whose name is being resolved blocks the io thread until
    // the resolver returns.
    curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
    curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_2TLS));
    curl_easy_setopt(easy, CURLOPT_PIPEWAIT, url_.scheme == "https" ? 1L : 0L);
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
    if (!options.ca_file.empty()) {
        curl_easy_setopt(easy, CURLOPT_CAINFO, options.ca_file.c_str());
        curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
    }
    curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
    curl_easy_setopt(easy, CURLOPT_MAXAGE_CONN, static_cast<long>(options.max_idle.count()));
    curl_easy_setopt(easy, CURLOPT_MAXLIFETIME_CONN,
                     static_cast<long>(options.max_lifetime.count()));
    curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message_.data());
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &Transfer::on_open);
    curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
    curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &Transfer::on_request);
    curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &Transfer::on_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &Transfer::on_write);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
}

void Transfer::set_method_and_body() {
    CURL* easy = easy_.get();
    const std::string& method = request_.method;
    const bool has_body = body_size_ > 0;
    if (has_body || method == "POST" || method == "PUT" || method == "PATCH") {
        curl_easy_setopt(easy, CURLOPT_POST, 1L);
        curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_size_));
        if (!has_body) curl_easy_setopt(easy, CURLOPT_POSTFIELDS, "");
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    } else if (method == "HEAD") {
        curl_easy_setopt(easy, CURLOPT_NOBODY, 1L);
    } else if (method != "GET") {
        curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
    }
    // libcurl repeats a request, POST included, when a reused connection ends without an answer.
    // It can't repeat a body that it has to ask for again and is refused, and a request without
    // a body gets a fresh connection, unless repeating it does no harm.
    curl_easy_setopt(easy, CURLOPT_READFUNCTION, &Transfer::on_read);
    curl_easy_setopt(easy, CURLOPT_READDATA, this);
    curl_easy_setopt(easy, CURLOPT_SEEKFUNCTION, &Transfer::on_seek);
    curl_easy_setopt(easy, CURLOPT_SEEKDATA, this);
    if (!has_body && !is_idempotent(method)) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
}

void Transfer::set_headers(const ClientOptions& options) {
    std::vector<std::string> lines{"Expect:"};
    bool content_type = false;
    for (const Header& header : request_.headers) {
        // libcurl's spelling of a header with an empty value.
        lines.push_back(header.value.empty() ? header.name + ";"
                                             : header.name + ": " + header.value);
        content_type = content_type || equals_no_case(header.name, "content-type");
    }
    if (!content_type) lines.emplace_back("Content-Type:");
    if (!request_.authorization.empty()) {
        lines.push_back("Authorization: " + request_.authorization.reveal());
    }
    for (const std::string& line : lines) {
        curl_slist* longer = curl_slist_append(headers_.get(), line.c_str());
        if (longer == nullptr) throw std::bad_alloc();
        static_cast<void>(headers_.release());
        headers_.reset(longer);
    }
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, headers_.get());
    curl_easy_setopt(easy_.get(), CURLOPT_USERAGENT, options.user_agent.c_str());
}

void Transfer::set_deadlines(std::chrono::milliseconds time_left) {
    CURL* easy = easy_.get();
    const auto connect = std::min(request_.connect_timeout, time_left);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(time_left.count()));
    if (request_.low_speed_time.count() > 0) {
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, request_.low_speed_bytes);
        curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME,
                         static_cast<long>(request_.low_speed_time.count()));
    }
}

std::size_t Transfer::on_read(char* buffer, std::size_t size, std::size_t count, void* self) {
    auto* const transfer = static_cast<Transfer*>(self);
    try {
        return transfer->read_body(buffer, size * count).size();
    } catch (...) {
        transfer->thrown_ = std::current_exception();
        return CURL_READFUNC_ABORT;
    }
}

std::string_view Transfer::read_body(char* buffer, std::size_t room) {
    const auto left = body_size_ - body_read_;
    room = static_cast<std::size_t>(std::min<std::uint64_t>(room, left));
    if (room == 0) return {};
    std::string_view piece;
    std::string owned;
    if (request_.body_source) {
        owned = request_.body_source(room);
        piece = owned;
        if (piece.empty() || piece.size() > room) {
            throw error(Error::Retry::permanent, "bad_request",
                        fmt::format("the body's source gave {} bytes at {} of {}", piece.size(),
                                    body_read_, body_size_));
        }
    } else {
        piece = std::string_view(request_.body).substr(static_cast<std::size_t>(body_read_), room);
    }
    std::memcpy(buffer, piece.data(), piece.size());
    body_read_ += piece.size();
    return {buffer, piece.size()};
}

int Transfer::on_seek(void* self, curl_off_t offset, int origin) {
    auto* const transfer = static_cast<Transfer*>(self);
    if (transfer->body_read_ > 0 && transfer->stream_refused()) {
        transfer->refused_ = true;
        const bool again = !transfer->request_.body_source && transfer->attempts_ < kMaxAttempts;
        if (again) transfer->body_read_ = 0;
    }
    const bool unread = transfer->body_read_ == 0 && offset == 0 && origin == SEEK_SET;
    return unread ? CURL_SEEKFUNC_OK : CURL_SEEKFUNC_FAIL;
}

std::size_t Transfer::on_header(char* data, std::size_t size, std::size_t count, void* self) {
    auto* const transfer = static_cast<Transfer*>(self);
    try {
        transfer->header_bytes_ += size * count;
        transfer->too_large_ = transfer->header_bytes_ > kMaxHeaderBytes;
        if (transfer->too_large_) return 0;
        transfer->take_header({data, size * count});
        return size * count;
    } catch (...) {
        transfer->thrown_ = std::current_exception();
        return 0;
    }
}

void Transfer::take_header(std::string_view line) {
    if (line.starts_with("HTTP/")) {
        // An interim answer (1xx) may come before the final one.
        response_.headers.clear();
        response_.status = 0;
        head_arrived_ = false;
        const auto blank = line.find(' ');
        for (std::size_t i = blank;
             i != std::string_view::npos && ++i < line.size() && i <= blank + 3;) {
            if (line[i] < '0' || line[i] > '9') break;
            response_.status = response_.status * 10 + (line[i] - '0');
        }
        return;
    }
    head_arrived_ = head_arrived_ || (trim(line).empty() && response_.status >= 200);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || received_ > 0) return;  // The end, or a trailer.
    response_.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(trim(line.substr(colon + 1)))});
}

std::size_t Transfer::on_write(char* data, std::size_t size, std::size_t count, void* self) {
    auto* const transfer = static_cast<Transfer*>(self);
    try {
        return transfer->take_body({data, size * count}) ? size * count : 0;
    } catch (...) {
        transfer->thrown_ = std::current_exception();
        return 0;
    }
}

bool Transfer::take_body(std::string_view piece) {
    if (received_ == 0) {
        curl_off_t announced = -1;
        curl_easy_getinfo(easy_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &announced);
        too_large_ =
            announced > 0 && static_cast<std::uint64_t>(announced) > request_.max_response_bytes;
    }
    if (request_.keep_beginning && !request_.on_body) {
        response_.body += piece.substr(0, request_.max_response_bytes - response_.body.size());
        received_ += piece.size();
        return received_ <= request_.max_response_bytes;
    }
    received_ += piece.size();
    too_large_ = too_large_ || received_ > request_.max_response_bytes;
    if (too_large_) return false;
    if (!request_.on_body) {
        response_.body += piece;
    } else if (response_.status / 100 == 2) {
        stopped_ = !request_.on_body(piece);
    } else if (response_.body.size() < kMaxErrorBody) {
        response_.body += piece.substr(0, kMaxErrorBody - response_.body.size());
    }
    return !stopped_;
}

bool Transfer::may_connect(const asio::ip::address& address) {
    if (request_.addresses == Addresses::any || is_allowed_host(request_, url_.host)) return true;
    const auto why = why_not_public(address);
    if (!why.empty()) denied_ = fmt::format("{} is not public: {}", address.to_string(), why);
    return why.empty();
}

curl_socket_t Transfer::on_open(void* self, curlsocktype purpose, curl_sockaddr* address) {
    auto* const transfer = static_cast<Transfer*>(self);
    try {
        const bool tcp = purpose == CURLSOCKTYPE_IPCXN && address->socktype == SOCK_STREAM;
        if (!tcp || !transfer->may_connect(address_of(&address->addr, address->addrlen))) {
            return CURL_SOCKET_BAD;
        }
        transfer->connected_any_ = true;
        return ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
    } catch (...) {
        transfer->thrown_ = std::current_exception();
        return CURL_SOCKET_BAD;
    }
}

int Transfer::on_request(void* self, char* remote_ip, char*, int, int) {
    auto* const transfer = static_cast<Transfer*>(self);
    try {
        // A pooled connection may have been opened by a request with other rules.
        error_code unreadable;
        const auto address = asio::ip::make_address(remote_ip, unreadable);
        if (!transfer->may_connect(unreadable ? asio::ip::address() : address)) {
            transfer->connected_any_ = false;
            return CURL_PREREQFUNC_ABORT;
        }
        transfer->http1_ = transfer->request_.require_http2 && !transfer->negotiated_http2();
        if (transfer->http1_) return CURL_PREREQFUNC_ABORT;
        transfer->repeated_ =
            transfer->attempts_ > 0 && !transfer->refused_ && !transfer->repeats_harmlessly();
        if (transfer->repeated_) return CURL_PREREQFUNC_ABORT;
        transfer->refused_ = false;
        ++transfer->attempts_;
        return CURL_PREREQFUNC_OK;
    } catch (...) {
        transfer->thrown_ = std::current_exception();
        return CURL_PREREQFUNC_ABORT;
    }
}

bool Transfer::repeats_harmlessly() const {
    return body_size_ > 0 ? body_read_ == 0 : is_idempotent(request_.method);
}

const SSL* Transfer::tls_session() const {
    curl_tlssessioninfo* session = nullptr;
    curl_easy_getinfo(easy_.get(), CURLINFO_TLS_SSL_PTR, &session);
    if (session == nullptr || session->backend != CURLSSLBACKEND_OPENSSL) return nullptr;
    return static_cast<const SSL*>(session->internals);
}

bool Transfer::negotiated_http2() const {
    const SSL* tls = tls_session();
    if (tls == nullptr) return false;
    const unsigned char* protocol = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(tls, &protocol, &size);
    return std::string_view(reinterpret_cast<const char*>(protocol), size) == "h2";
}

/// Asked when libcurl wants the body again: true when the server refused the stream unprocessed
/// (RFC 9113 §8.7: REFUSED_STREAM, or a GOAWAY below this stream). libcurl doesn't say so, but it
/// repeats an HTTP/2 request for no other reason than that or a broken connection, and a broken
/// one has left an error message or a TLS shutdown.
bool Transfer::stream_refused() const {
    const SSL* tls = tls_session();
    return tls != nullptr && negotiated_http2() && message_[0] == '\0' &&
           SSL_get_shutdown(tls) == 0;
}

Response Transfer::take_response(CURLcode code) {
    if (thrown_) std::rethrow_exception(thrown_);
    response_.cut = code != CURLE_OK && request_.keep_beginning && head_arrived_;
    if (code != CURLE_OK && !response_.cut) throw failure(code);
    long version = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_HTTP_VERSION, &version);
    switch (version) {
        case CURL_HTTP_VERSION_1_0:
            response_.http_version = 10;
            break;
        case CURL_HTTP_VERSION_2:
            response_.http_version = 20;
            break;
        default:
            response_.http_version = 11;
    }
    response_.effective_url = url_.text;
    return std::move(response_);
}

}  // namespace barid::http
