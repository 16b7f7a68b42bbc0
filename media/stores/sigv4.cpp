#include "media/stores/sigv4.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/crypto.hpp"

namespace barid::media::sigv4 {
namespace {

constexpr std::string_view kAlgorithm = "AWS4-HMAC-SHA256";

bool is_unreserved(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_' || c == '~';
}

std::string lower(std::string_view text) {
    std::string result(text);
    for (char& c : result) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    }
    return result;
}

/// Blanks at the ends go, runs of blanks inside become one.
std::string collapse_blanks(std::string_view value) {
    std::string result;
    for (const char c : value) {
        const bool blank = c == ' ' || c == '\t';
        if (!blank) {
            result += c;
        } else if (!result.empty() && result.back() != ' ') {
            result += ' ';
        }
    }
    if (!result.empty() && result.back() == ' ') result.pop_back();
    return result;
}

/// Sorted by name; values of a repeated header are joined by commas in their order.
std::map<std::string, std::string> canonical_headers(const Request& request) {
    std::map<std::string, std::string> result;
    for (const auto& [name, value] : request.headers) {
        const auto [at, added] = result.try_emplace(lower(name), collapse_blanks(value));
        if (!added) at->second += "," + collapse_blanks(value);
    }
    return result;
}

std::string signed_headers(const Request& request) {
    std::string result;
    for (const auto& [name, value] : canonical_headers(request)) {
        if (!result.empty()) result += ';';
        result += name;
    }
    return result;
}

std::string canonical_query(const Request& request) {
    std::vector<std::pair<std::string, std::string>> encoded;
    for (const auto& [name, value] : request.query) {
        encoded.emplace_back(uri_encode(name), uri_encode(value));
    }
    std::ranges::sort(encoded);
    std::string result;
    for (const auto& [name, value] : encoded) {
        if (!result.empty()) result += '&';
        result += name + "=" + value;
    }
    return result;
}

std::string scope_text(const Scope& scope, std::string_view date) {
    return fmt::format("{}/{}/{}/aws4_request", date.substr(0, 8), scope.region, scope.service);
}

std::string_view bytes_of(const Sha256Digest& digest) {
    // Reading an object's bytes through char is what the language allows a cast for.
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::string uri_encode(std::string_view text) {
    std::string result;
    for (const char c : text) {
        if (is_unreserved(c)) {
            result += c;
        } else {
            result += fmt::format("%{:02X}", static_cast<unsigned char>(c));
        }
    }
    return result;
}

std::string amz_date(std::chrono::sys_seconds time) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    return fmt::format("{:04}{:02}{:02}T{:02}{:02}{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::string canonical_request(const Request& request) {
    std::string result = request.method + "\n" + request.path + "\n" + canonical_query(request);
    result += '\n';
    for (const auto& [name, value] : canonical_headers(request)) {
        result += fmt::format("{}:{}\n", name, value);
    }
    result += "\n" + signed_headers(request) + "\n" + request.payload_sha256;
    return result;
}

std::string string_to_sign(const Request& request, const Scope& scope, std::string_view date) {
    return fmt::format("{}\n{}\n{}\n{}", kAlgorithm, date, scope_text(scope, date),
                       sha256_hex(canonical_request(request)));
}

namespace {

std::string signature(const Request& request, const Scope& scope, std::string_view date,
                      const Credentials& credentials) {
    auto key = hmac_sha256("AWS4" + credentials.secret_key.reveal(), date.substr(0, 8));
    for (const std::string_view part :
         {std::string_view(scope.region), std::string_view(scope.service),
          std::string_view("aws4_request")}) {
        key = hmac_sha256(bytes_of(key), part);
    }
    return to_hex(hmac_sha256(bytes_of(key), string_to_sign(request, scope, date)));
}

}  // namespace

Secret authorization(const Request& request, const Scope& scope, std::string_view date,
                     const Credentials& credentials) {
    return Secret(fmt::format("{} Credential={}/{}, SignedHeaders={}, Signature={}", kAlgorithm,
                              credentials.access_key, scope_text(scope, date),
                              signed_headers(request),
                              signature(request, scope, date, credentials)));
}

std::string presigned_query(Request request, const Scope& scope, std::string_view date,
                            std::chrono::seconds lifetime, const Credentials& credentials) {
    request.payload_sha256 = "UNSIGNED-PAYLOAD";
    request.query.emplace_back("X-Amz-Algorithm", kAlgorithm);
    request.query.emplace_back("X-Amz-Credential",
                               credentials.access_key + "/" + scope_text(scope, date));
    request.query.emplace_back("X-Amz-Date", date);
    request.query.emplace_back("X-Amz-Expires", std::to_string(lifetime.count()));
    request.query.emplace_back("X-Amz-SignedHeaders", signed_headers(request));
    if (!credentials.session_token.empty()) {
        request.query.emplace_back("X-Amz-Security-Token", credentials.session_token.reveal());
    }
    return canonical_query(request) +
           "&X-Amz-Signature=" + signature(request, scope, date, credentials);
}

}  // namespace barid::media::sigv4
