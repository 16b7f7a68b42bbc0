// What a transfer that failed throws: the code, whether it may be repeated, whether it was sent.
#include <fmt/format.h>

#include "base/http_transfer.hpp"
#include "base/text.hpp"

namespace barid::http {

Sent Transfer::sent() const {
    if (response_.status >= 200) return Sent::yes;
    // Without its body a request can't have been acted upon.
    if (attempts_ == 0 || refused_ || (body_size_ > 0 && body_read_ == 0)) return Sent::no;
    return Sent::unknown;
}

Error Transfer::error(Error::Retry retry, std::string code, std::string_view why) const {
    return {retry, sent(), std::move(code),
            fmt::format("{} {}: {}", request_.method, url_.origin(), why)};
}

Error Transfer::cancelled() const {
    return error(Error::Retry::transient, "cancelled", "cancelled by the caller");
}

Error Transfer::failure(CURLcode code) const {
    using Retry = Error::Retry;
    if (!denied_.empty() && !connected_any_) {
        return error(Retry::permanent, "address_denied", denied_);
    }
    if (http1_) {
        return error(Retry::transient, "http2_required", "the server does not offer HTTP/2");
    }
    if (too_large_) {
        return error(Retry::permanent, "too_large",
                     fmt::format("the answer is larger than {} bytes (headers: {})",
                                 request_.max_response_bytes, kMaxHeaderBytes));
    }
    if (stopped_) return error(Retry::permanent, "stopped", "the receiver stopped the answer");
    const std::string why =
        message_[0] != '\0' ? scrub_utf8(message_.data()) : curl_easy_strerror(code);
    switch (code) {
        case CURLE_OPERATION_TIMEDOUT:
            return error(Retry::transient, "timeout", why);
        case CURLE_URL_MALFORMAT:
        case CURLE_UNSUPPORTED_PROTOCOL:
            return error(Retry::permanent, "bad_url", why);
        case CURLE_COULDNT_RESOLVE_HOST:
        case CURLE_COULDNT_CONNECT:
            return error(Retry::transient, "connect_failed", why);
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CERTPROBLEM:
        case CURLE_SSL_CIPHER:
        case CURLE_SSL_CACERT_BADFILE:
        case CURLE_SSL_ISSUER_ERROR:
            return error(Retry::transient, "tls_failed", why);
        default:
            break;
    }
    if (attempts_ == 0) return error(Retry::transient, "connect_failed", why);
    if (refused_) return error(Retry::transient, "protocol_error", "the server refused the stream");
    if (repeated_ || code == CURLE_SEND_FAIL_REWIND) {
        return error(Retry::transient, "protocol_error",
                     "the connection ended without an answer; the request is not repeated");
    }
    return error(Retry::transient, "protocol_error", why);
}

}  // namespace barid::http
