#include "base/http_url.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <memory>

namespace barid::http {
namespace {

constexpr std::size_t kMaxUrlBytes = 8192;
constexpr unsigned kFlags = CURLU_DISALLOW_USER | CURLU_URLENCODE | CURLU_PATH_AS_IS;

struct FreeUrl {
    void operator()(CURLU* p) const { curl_url_cleanup(p); }
};
struct FreeText {
    void operator()(char* p) const { curl_free(p); }
};
using UrlHandle = std::unique_ptr<CURLU, FreeUrl>;

[[noreturn]] void bad_url(Sent sent, const std::string& why) {
    throw Error(Error::Retry::permanent, sent, "bad_url", "bad URL: " + why);
}

std::string part(CURLU* url, CURLUPart what, unsigned flags = 0) {
    char* raw = nullptr;
    if (curl_url_get(url, what, &raw, flags) != CURLUE_OK) return {};
    return std::unique_ptr<char, FreeText>(raw).get();
}

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string comparable_host(std::string_view host) {
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host.ends_with('.')) host.remove_suffix(1);
    std::string text(host);
    std::transform(text.begin(), text.end(), text.begin(), lower);
    return text;
}

void set(CURLU* handle, const std::string& text, Sent sent) {
    if (text.size() > kMaxUrlBytes) {
        bad_url(sent, fmt::format("{} bytes, at most {} are allowed", text.size(), kMaxUrlBytes));
    }
    if (text.find('\0') != std::string::npos) bad_url(sent, "contains a NUL character");
    const CURLUcode code = curl_url_set(handle, CURLUPART_URL, text.c_str(), kFlags);
    if (code != CURLUE_OK) bad_url(sent, curl_url_strerror(code));
}

Url describe(CURLU* handle, Sent sent) {
    Url url;
    curl_url_set(handle, CURLUPART_FRAGMENT, nullptr, 0);
    url.text = part(handle, CURLUPART_URL);
    url.scheme = part(handle, CURLUPART_SCHEME);
    url.host = comparable_host(part(handle, CURLUPART_HOST));
    if (url.scheme != "http" && url.scheme != "https") {
        bad_url(sent, "the scheme must be http or https");
    }
    if (url.host.empty()) bad_url(sent, "there is no host");
    const std::string port = part(handle, CURLUPART_PORT, CURLU_DEFAULT_PORT);
    std::from_chars(port.data(), port.data() + port.size(), url.port);
    return url;
}

}  // namespace

std::string Url::origin() const {
    const bool v6 = host.find(':') != std::string::npos;
    return fmt::format("{}://{}{}{}:{}", scheme, v6 ? "[" : "", host, v6 ? "]" : "", port);
}

bool Url::same_origin(const Url& other) const {
    return scheme == other.scheme && host == other.host && port == other.port;
}

Url parse_url(const std::string& text) {
    const UrlHandle handle(curl_url());
    set(handle.get(), text, Sent::no);
    return describe(handle.get(), Sent::no);
}

Url redirect_target(const Url& from, const std::string& location, const Request& request) {
    const UrlHandle handle(curl_url());
    set(handle.get(), from.text, Sent::yes);
    set(handle.get(), location, Sent::yes);
    Url target = describe(handle.get(), Sent::yes);
    if (from.scheme == "https" && target.scheme == "http") {
        bad_url(Sent::yes, from.origin() + " redirects from https to http");
    }
    const bool usual_port = target.port == 80 || target.port == 443 || target.port == from.port;
    if (request.addresses == Addresses::public_only && !usual_port &&
        !is_allowed_host(request, target.host)) {
        bad_url(Sent::yes, fmt::format("{} redirects to port {}", from.origin(), target.port));
    }
    return target;
}

bool equals_no_case(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char x, char y) { return lower(x) == lower(y); });
}

bool is_allowed_host(const Request& request, std::string_view host) {
    const auto matches = [&](const std::string& name) { return comparable_host(name) == host; };
    return std::any_of(request.allowed_hosts.begin(), request.allowed_hosts.end(), matches);
}

}  // namespace barid::http
