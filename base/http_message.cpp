#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstring>
#include <vector>

#include "base/http_client.hpp"
#include "base/http_transfer.hpp"
#include "base/http_url.hpp"

namespace barid::http {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

/// A number made of digits only, or nothing.
std::optional<int> number(std::string_view text) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool digits = !text.empty() && text.front() >= '0' && text.front() <= '9';
    if (!digits || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::optional<unsigned> month(std::string_view name) {
    static constexpr std::array<std::string_view, 12> kNames{
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::find(kNames.begin(), kNames.end(), name);
    if (found == kNames.end()) return std::nullopt;
    return static_cast<unsigned>(found - kNames.begin()) + 1;
}

std::optional<seconds> time_of_day(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto h = number(text.substr(0, 2));
    const auto m = number(text.substr(3, 2));
    const auto s = number(text.substr(6, 2));
    // 60 is a leap second.
    if (!h || !m || !s || *h > 23 || *m > 59 || *s > 60) return std::nullopt;
    return seconds(*h * 3600 + *m * 60 + *s);
}

std::optional<sys_seconds> date(std::optional<int> y, std::optional<unsigned> m,
                                std::optional<int> d, std::optional<seconds> time) {
    if (!y || !m || !d || !time) return std::nullopt;
    const std::chrono::year_month_day day{std::chrono::year(*y), std::chrono::month(*m),
                                          std::chrono::day(static_cast<unsigned>(*d))};
    if (!day.ok()) return std::nullopt;
    return std::chrono::sys_days(day) + *time;
}

std::vector<std::string_view> words(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> found;
    while (!text.empty()) {
        const auto end = std::min(text.find_first_of(separators), text.size());
        if (end > 0) found.push_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return found;
}

/// RFC 850's two digits: a date more than 50 years ahead means the century before.
std::optional<int> full_year(std::optional<int> two_digits, sys_seconds now) {
    if (!two_digits) return std::nullopt;
    const std::chrono::year_month_day today(std::chrono::floor<std::chrono::days>(now));
    const int this_year = static_cast<int>(today.year());
    const int year = this_year - this_year % 100 + *two_digits;
    return year > this_year + 50 ? year - 100 : year;
}

/// RFC 9110 §5.6.7: IMF-fixdate, RFC 850's form and asctime's.
std::optional<sys_seconds> http_date(std::string_view text, sys_seconds now) {
    const auto w = words(text, " ");
    if (w.size() == 6 && w[0].ends_with(',') && w[5] == "GMT") {
        return date(number(w[3]), month(w[2]), number(w[1]), time_of_day(w[4]));
    }
    if (w.size() == 4 && w[0].ends_with(',') && w[3] == "GMT") {
        const auto d = words(w[1], "-");
        if (d.size() != 3 || d[2].size() != 2) return std::nullopt;
        return date(full_year(number(d[2]), now), month(d[1]), number(d[0]), time_of_day(w[2]));
    }
    if (w.size() == 5) return date(number(w[4]), month(w[1]), number(w[2]), time_of_day(w[3]));
    return std::nullopt;
}

/// RFC 9110 §5.6.2.
bool is_token(std::string_view text) {
    const auto is_tchar = [](char c) {
        return std::isalnum(static_cast<unsigned char>(c)) != 0 ||
               (c != '\0' && std::strchr("!#$%&'*+-.^_`|~", c) != nullptr);
    };
    return !text.empty() && std::all_of(text.begin(), text.end(), is_tchar);
}

bool is_header_value(std::string_view text) {
    return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

[[noreturn]] void bad_request(const std::string& why) {
    throw Error(Error::Retry::permanent, Sent::no, "bad_request", "HTTP request: " + why);
}

}  // namespace

bool is_idempotent(std::string_view method) {
    static constexpr std::array<std::string_view, 5> kMethods{"GET", "HEAD", "PUT", "DELETE",
                                                              "OPTIONS"};
    return std::find(kMethods.begin(), kMethods.end(), method) != kMethods.end();
}

void check_request(const Request& request) {
    if (!is_token(request.method)) bad_request("the method is not a token");
    for (const Header& header : request.headers) {
        if (!is_token(header.name)) bad_request("a header name is not a token");
        if (!is_header_value(header.value)) {
            bad_request("header " + header.name + " contains CR, LF or NUL");
        }
        // Both follow from the body; a second opinion is how requests are smuggled.
        if (equals_no_case(header.name, "content-length") ||
            equals_no_case(header.name, "transfer-encoding")) {
            bad_request("header " + header.name + " is set by the client itself");
        }
    }
    if (!is_header_value(request.authorization.reveal())) {
        bad_request("the authorization contains CR, LF or NUL");
    }
    if (request.body_source && !request.body_size) bad_request("body_source needs body_size");
    if (request.body_source && !request.body.empty()) {
        bad_request("there is a body and a body_source");
    }
}

std::optional<std::string_view> Response::header(std::string_view name) const {
    const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
        return equals_no_case(header.name, name);
    });
    if (found == headers.end()) return std::nullopt;
    return found->value;
}

std::optional<seconds> retry_after(const Response& response, sys_seconds now) {
    const auto text = response.header("retry-after");
    if (!text) return std::nullopt;
    if (const auto delay = number(*text)) return seconds(*delay);
    const auto when = http_date(*text, now);
    if (!when) return std::nullopt;
    return std::max(*when - now, seconds(0));
}

std::optional<sys_seconds> server_time(const Response& response, sys_seconds now) {
    const auto text = response.header("date");
    return text ? http_date(*text, now) : std::nullopt;
}

}  // namespace barid::http
