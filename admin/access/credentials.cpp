#include "admin/access/credentials.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/http_url.hpp"

namespace barid::access {
namespace {

constexpr std::string_view kCookie = "__Host-barid";
constexpr std::size_t kMaxCredentialBytes = std::size_t{8} << 10U;

std::string_view trimmed(std::string_view text) {
    const std::size_t first = text.find_first_not_of(" \t");
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

Denial denied(std::string detail) {
    return {.detail = std::move(detail)};
}

/// The values of our cookie in all Cookie headers (RFC 6265 §5.4 sends one; others may differ).
std::vector<std::string_view> cookies(const web::RequestHead& head) {
    std::vector<std::string_view> found;
    for (const auto& [name, value] : head.headers) {
        if (!http::equals_no_case(name, "cookie")) continue;
        std::string_view rest = value;
        while (!rest.empty()) {
            const std::size_t end = std::min(rest.find(';'), rest.size());
            const std::string_view pair = trimmed(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            const std::size_t equals = pair.find('=');
            if (equals != pair.npos && pair.substr(0, equals) == kCookie) {
                found.push_back(pair.substr(equals + 1));
            }
        }
    }
    return found;
}

/// "https://host:port" of this request, as a browser would write its own page's origin.
bool is_own_origin(const web::Request& request, std::string_view origin) {
    const std::string_view host = request.head.header("host");
    if (host.empty()) return false;
    if (http::equals_no_case(origin, fmt::format("https://{}", host))) return true;
    return !request.secure && http::equals_no_case(origin, fmt::format("http://{}", host));
}

bool is_json(const web::RequestHead& head) {
    if (head.count("content-type") > 1) return false;
    std::string_view type = head.header("content-type");
    if (type.empty()) {
        const std::string_view length = head.header("content-length");
        return head.count("transfer-encoding") == 0 && (length.empty() || length == "0");
    }
    type = trimmed(type.substr(0, type.find(';')));
    return http::equals_no_case(type, "application/json");
}

Denial cross_site(std::string detail) {
    return {.status = 403, .code = "cross_site", .detail = std::move(detail)};
}

}  // namespace

Credentials credentials_of(const web::RequestHead& head) {
    const std::size_t headers = head.count("authorization");
    if (headers > 1) return denied("send one Authorization header");
    if (headers == 1) {
        const std::string_view value = trimmed(head.header("authorization"));
        const std::size_t space = std::min(value.find(' '), value.size());
        const std::string_view text = trimmed(value.substr(space));
        if (!http::equals_no_case(value.substr(0, space), "bearer") || text.empty()) {
            return denied("send Authorization: Bearer and a token");
        }
        if (text.size() > kMaxCredentialBytes) return denied("the token is longer than 8 KiB");
        return BearerToken{std::string(text)};
    }
    const auto values = cookies(head);
    if (values.empty()) return NoCredentials{};
    const bool same = std::ranges::all_of(values, [&](auto each) { return each == values[0]; });
    if (!same || values[0].size() > 100) return denied("the session's cookie is not one of ours");
    return SessionCookie{std::string(values[0])};
}

std::optional<Denial> origin_problem(const web::Request& request) {
    const web::RequestHead& head = request.head;
    if (head.method == "GET" || head.method == "HEAD") return std::nullopt;
    if (head.count("sec-fetch-site") > 1 || head.count("origin") > 1) {
        return cross_site("the request says twice where it comes from");
    }
    if (head.count("sec-fetch-site") == 1) {
        if (head.header("sec-fetch-site") != "same-origin") {
            return cross_site(
                "another site's page sent this request; a session's cookie is for "
                "the dashboard alone, others use a token");
        }
    } else if (!is_own_origin(request, head.header("origin"))) {
        return cross_site(
            "the request doesn't say that it comes from the dashboard "
            "(Sec-Fetch-Site, Origin); programs use a token");
    }
    if (!is_json(head)) return cross_site("send Content-Type: application/json");
    return std::nullopt;
}

bool may_carry_password(const web::Request& request) {
    if (request.secure) return true;
    std::string_view host = request.head.header("host");
    if (host.starts_with('[')) {
        host = host.substr(0, host.find(']') + 1);
    } else {
        host = host.substr(0, host.find(':'));
    }
    return http::equals_no_case(host, "localhost") || host == "127.0.0.1" || host == "[::1]";
}

std::string session_cookie(std::string_view text) {
    return fmt::format("{}={}; Path=/; Secure; HttpOnly; SameSite=Lax", kCookie, text);
}

std::string no_session_cookie() {
    return fmt::format("{}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0", kCookie);
}

std::string new_secret_text() {
    return base64url_encode(random_bytes(32));
}

std::string secret_hash(std::string_view text) {
    return "\\x" + sha256_hex(text);
}

}  // namespace barid::access
