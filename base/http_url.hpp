// URLs as the HTTP client understands them, and the rules for following redirects.
//
// Parsing is libcurl's own, so that the host that is checked is the host that is connected.
// Internal to base's HTTP client. Pure, thread-safe.
#pragma once

#include <string>
#include <string_view>

#include "base/http_client.hpp"

namespace barid::http {

struct Url {
    std::string text;    ///< what is requested, without the fragment
    std::string scheme;  ///< "http" or "https"
    std::string host;    ///< lower case, without brackets and a final dot
    int port = 0;

    /// "https://host:443": what errors may show; paths and queries can hold secrets.
    [[nodiscard]] std::string origin() const;
    [[nodiscard]] bool same_origin(const Url& other) const;
};

/// Throws Error (bad_url, not sent) unless it is an absolute http(s) URL without user and
/// password; characters outside ASCII are percent-encoded.
Url parse_url(const std::string& text);

/// The target of a redirect from `from`. Throws Error (bad_url, sent) when it can't be parsed,
/// leaves HTTPS for HTTP, or, under `public_only`, changes to a port other than 80 and 443.
Url redirect_target(const Url& from, const std::string& location, const Request& request);

/// ASCII letters compare without case, as in header names.
bool equals_no_case(std::string_view a, std::string_view b);

/// True when `host` is one of `request.allowed_hosts`.
bool is_allowed_host(const Request& request, std::string_view host);

}  // namespace barid::http
