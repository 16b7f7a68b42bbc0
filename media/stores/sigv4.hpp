// AWS Signature Version 4 for requests whose body is known: the `Authorization` header.
//
// The caller gives the path as it goes over the wire (already percent-encoded, as S3 wants it: not
// encoded twice) and every header that is to be signed, `host` and `x-amz-date` among them.
// Pure, thread-safe; the hashing is OpenSSL's. Tested with the vectors that AWS publishes.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/secret.hpp"

namespace barid::media::sigv4 {

struct Credentials {
    std::string access_key;
    Secret secret_key;
    Secret session_token;  ///< empty: long-lived keys
};

struct Request {
    std::string method;
    std::string path = "/";  ///< percent-encoded, starts with a slash
    /// Names and values before percent-encoding, in any order.
    std::vector<std::pair<std::string, std::string>> query = {};
    /// Signed headers, names in any case and order; values as they are sent.
    std::vector<std::pair<std::string, std::string>> headers = {};
    std::string payload_sha256;  ///< lower-case hex
};

struct Scope {
    std::string region;
    std::string service = "s3";
};

/// RFC 3986: everything but unreserved characters is encoded, with upper-case digits.
std::string uri_encode(std::string_view text);

/// "20150830T123600Z".
std::string amz_date(std::chrono::sys_seconds time);

std::string canonical_request(const Request& request);

/// `date` is `amz_date`'s text, the same as the x-amz-date header.
std::string string_to_sign(const Request& request, const Scope& scope, std::string_view date);

/// The value of the `Authorization` header. The session token is not added here: it is a header
/// (x-amz-security-token) that the caller sends and has signed.
Secret authorization(const Request& request, const Scope& scope, std::string_view date,
                     const Credentials& credentials);

/// The query (percent-encoded, without '?') that lets anyone send `request` for `lifetime`, at most
/// seven days: X-Amz-Signature and the rest. `request` has the header `host` and no payload hash.
std::string presigned_query(Request request, const Scope& scope, std::string_view date,
                            std::chrono::seconds lifetime, const Credentials& credentials);

}  // namespace barid::media::sigv4
