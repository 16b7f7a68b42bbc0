#include "base/token_issuer.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::oauth {
namespace {

/// What goes into a header must not be able to end it.
bool is_header_safe(std::string_view token) {
    return !token.empty() && token.size() <= 8192 &&
           std::ranges::all_of(token, [](char c) { return c > ' ' && c < 0x7F; });
}

std::chrono::seconds life_of(const json::value& answer) {
    const json::object* object = answer.if_object();
    const json::value* field = object != nullptr ? object->if_contains("expires_in") : nullptr;
    boost::system::error_code ec;
    const std::int64_t seconds =
        field != nullptr && field->is_number() ? field->to_number<std::int64_t>(ec) : 3600;
    return std::chrono::seconds(std::clamp<std::int64_t>(ec ? 3600 : seconds, 1, 86'400));
}

}  // namespace

IssuedToken read_token(const http::Response& response) {
    json::value answer;
    try {
        answer = parse_json(response.body);
    } catch (const Error&) {
        throw TokenError(Error::Retry::transient, "access token: the answer is not JSON");
    }
    const json::string* value = find_string(answer, "/access_token");
    if (value == nullptr || !is_header_safe(*value)) {
        throw TokenError(Error::Retry::transient,
                         "access token: the answer holds no usable access_token");
    }
    return {.value = Secret(std::string(*value)), .life = life_of(answer)};
}

std::string token_refusal(const http::Response& response) {
    std::string text = fmt::format("the token endpoint answered HTTP {}", response.status);
    try {
        const json::value body = parse_json(response.body);
        for (const char* pointer : {"/error", "/error_description"}) {
            if (const json::string* part = find_string(body, pointer)) {
                text += ": " + truncate_utf8(std::string_view(*part), 200);
            }
        }
    } catch (const Error&) {
        text += " without a readable reason";
    }
    return text;
}

MetadataIssuer::MetadataIssuer(http::HttpClient& http, std::string url, std::string project_id,
                               std::chrono::milliseconds timeout)
    : http_(http), url_(std::move(url)), project_id_(std::move(project_id)), timeout_(timeout) {
    while (url_.ends_with('/')) url_.pop_back();
    url_ += "/computeMetadata/v1/instance/service-accounts/default/token";
}

awaitable<IssuedToken> MetadataIssuer::issue() {
    http::Request request;
    request.url = url_;
    request.headers = {{"Metadata-Flavor", "Google"}};
    request.total_timeout = timeout_;
    request.connect_timeout = std::min(request.connect_timeout, timeout_);
    request.max_response_bytes = 64UL * 1024;
    http::Response response;
    try {
        response = co_await http_.send(std::move(request));
    } catch (const http::Error& error) {
        if (error.code() == "cancelled") throw;
        throw TokenError(Error::Retry::transient,
                         std::string("access token: the metadata server: ") + error.what());
    }
    if (response.status != 200) {
        // 404: the machine has no service account. Anything else may pass.
        const bool never = response.status == 403 || response.status == 404;
        throw TokenError(
            never ? Error::Retry::permanent : Error::Retry::transient,
            fmt::format(
                "access token: the metadata server answered HTTP {}{}", response.status,
                response.status == 404 ? "; is a service account attached to this machine?" : ""));
    }
    // Whoever answers for every name on this network doesn't know this header.
    if (response.header("metadata-flavor") != "Google") {
        throw TokenError(Error::Retry::transient,
                         "access token: what answered is not Google's metadata server");
    }
    co_return read_token(response);
}

}  // namespace barid::oauth
