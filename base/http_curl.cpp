#include "base/http_curl.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <array>

#include "base/http_multi.hpp"
#include "base/http_transfer.hpp"
#include "base/http_url.hpp"

namespace barid::http {
namespace {

using std::chrono::milliseconds;
using SteadyClock = std::chrono::steady_clock;

void init_libcurl_once() {
    static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
    if (code != CURLE_OK) {
        throw barid::Error(barid::Error::Retry::permanent,
                           std::string("libcurl: ") + curl_easy_strerror(code));
    }
}

bool is_redirect(const Response& response) {
    static constexpr std::array kStatuses{301, 302, 303, 307, 308};
    return std::find(kStatuses.begin(), kStatuses.end(), response.status) != kStatuses.end() &&
           response.header("location").has_value();
}

/// Only what tells another server about the answer, not about the caller, crosses origins.
bool crosses_origins(const Header& header) {
    std::string name = header.name;
    for (char& c : name) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return name.starts_with("accept") || name.starts_with("if-") || name == "range" ||
           name == "user-agent";
}

Error give_up(Error::Retry retry, Sent sent, const char* code, const Request& request,
              const Url& url, const std::string& why) {
    return {retry, sent, code, fmt::format("{} {}: {}", request.method, url.origin(), why)};
}

}  // namespace

CurlHttpClient::CurlHttpClient(asio::io_context& io, ClientOptions options)
    : options_(std::move(options)) {
    init_libcurl_once();
    if (!options_.ca_file.empty() && ::access(options_.ca_file.c_str(), R_OK) != 0) {
        throw barid::Error(barid::Error::Retry::permanent,
                           "HTTP client: can't read the CA file " + options_.ca_file);
    }
    multi_ = std::make_shared<Multi>(io, options_);
}

CurlHttpClient::~CurlHttpClient() = default;

awaitable<Response> CurlHttpClient::send(Request request) {
    const auto started = SteadyClock::now();
    const auto elapsed = [started] {
        return std::chrono::ceil<milliseconds>(SteadyClock::now() - started);
    };
    const auto multi = multi_;
    const ClientOptions options = options_;
    check_request(request);
    Url url = parse_url(request.url);
    if (request.require_http2 && url.scheme != "https") {
        throw give_up(Error::Retry::permanent, Sent::no, "http2_required", request, url,
                      "HTTP/2 is spoken over https only");
    }
    for (int hops = 0;; ++hops) {
        const auto time_left = request.total_timeout - elapsed();
        if (time_left.count() <= 0) {
            throw give_up(Error::Retry::transient, hops > 0 ? Sent::yes : Sent::no, "timeout",
                          request, url, "no time left");
        }
        Transfer transfer(request, url, options, time_left);
        std::optional<CURLcode> code;
        try {
            code = co_await multi->perform(transfer.handle());
        } catch (const boost::system::system_error& e) {
            // Asio's way to say that the coroutine had been cancelled before it waited.
            if (e.code() != asio::error::operation_aborted) throw;
        }
        if (!code) throw transfer.cancelled();
        Response response = transfer.take_response(*code);
        response.elapsed = elapsed();
        const bool followed = request.max_redirects > 0 && is_redirect(response) &&
                              (request.method == "GET" || request.method == "HEAD") &&
                              request.body.empty() && !request.body_source;
        if (!followed) co_return response;
        if (hops >= request.max_redirects) {
            throw give_up(Error::Retry::permanent, Sent::yes, "too_many_redirects", request, url,
                          fmt::format("more than {} redirects", request.max_redirects));
        }
        Url target = redirect_target(url, std::string(*response.header("location")), request);
        if (!target.same_origin(url)) {
            request.authorization = {};
            std::erase_if(request.headers, [](const Header& h) { return !crosses_origins(h); });
        }
        if (request.require_http2 && target.scheme != "https") {
            throw give_up(Error::Retry::permanent, Sent::yes, "http2_required", request, target,
                          "HTTP/2 is spoken over https only");
        }
        url = std::move(target);
    }
}

}  // namespace barid::http
