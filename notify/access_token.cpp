#include "notify/access_token.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::notify {
namespace {

constexpr std::chrono::seconds kAssertionLife{3600};
/// A clock that runs ahead would issue assertions from the future, which Google refuses.
constexpr std::chrono::seconds kBackdate{30};
/// A token this close to its end may expire on the way.
constexpr std::chrono::seconds kSafetyMargin{10};

std::string refusal(const http::Response& response) {
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

struct AccessTokenSource::Flight {
    explicit Flight(const asio::any_io_executor& executor) : ended(executor, SteadyTime::max()) {}
    asio::steady_timer ended;  ///< cancelled when the exchange is over: wakes the waiters
    bool over = false;
    std::exception_ptr error;
    Secret token;  ///< both stay empty when the leader was cancelled: a waiter takes over
};

std::string make_assertion(const FcmCredentials& credentials, const std::string& scope,
                           SystemTime now) {
    const auto issued = std::chrono::floor<std::chrono::seconds>(now) - kBackdate;
    const json::object header{
        {"alg", "RS256"}, {"typ", "JWT"}, {"kid", credentials.private_key_id}};
    const json::object claims{{"iss", credentials.client_email},
                              {"scope", scope},
                              {"aud", credentials.token_uri},
                              {"iat", issued.time_since_epoch().count()},
                              {"exp", (issued + kAssertionLife).time_since_epoch().count()}};
    std::string text =
        base64url_encode(json::serialize(header)) + "." + base64url_encode(json::serialize(claims));
    const std::string signature = rs256_sign(credentials.private_key.reveal(), text);
    return text + "." + base64url_encode(signature);
}

AccessTokenSource::AccessTokenSource(http::HttpClient& http, const Clock& clock,
                                     FcmCredentials credentials, TokenOptions options)
    : http_(http),
      clock_(clock),
      credentials_(std::move(credentials)),
      options_(std::move(options)) {}

awaitable<Secret> AccessTokenSource::token() {
    for (;;) {
        const SteadyTime now = clock_.steady_now();
        const bool good = token_ && now + kSafetyMargin < token_->expires_at;
        if (good && (now < token_->refresh_at || flight_)) co_return token_->value;
        if (!flight_) co_return co_await lead();
        const std::shared_ptr<Flight> flight = flight_;
        co_await flight->ended.async_wait(use_tuple);
        if (flight->error) std::rethrow_exception(flight->error);
        if (!flight->token.empty()) co_return flight->token;
        if (!flight->over) throw TokenError(Error::Retry::transient, "access token: cancelled");
    }
}

awaitable<Secret> AccessTokenSource::lead() {
    const auto flight = std::make_shared<Flight>(co_await asio::this_coro::executor);
    flight_ = flight;
    // Runs whatever ends this coroutine, a cancellation among it: nobody waits for ever.
    const std::shared_ptr<void> landing(nullptr, [this, flight](void*) {
        flight->over = true;
        if (flight_ == flight) flight_.reset();
        flight->ended.cancel();
    });
    try {
        token_ = co_await exchange();
    } catch (const TokenError&) {
        const SteadyTime now = clock_.steady_now();
        if (token_ && now + kSafetyMargin < token_->expires_at) {
            token_->refresh_at = now + options_.retry_after_failure;
        } else {
            flight->error = std::current_exception();
            throw;
        }
    }
    flight->token = token_->value;
    co_return flight->token;
}

awaitable<AccessTokenSource::Token> AccessTokenSource::exchange() {
    http::Request request;
    request.method = "POST";
    request.url = credentials_.token_uri;
    request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    request.body = "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer&assertion=" +
                   make_assertion(credentials_, options_.scope, clock_.system_now());
    request.total_timeout = options_.timeout;
    request.max_response_bytes = 64UL * 1024;

    http::Response response;
    try {
        response = co_await http_.send(std::move(request));
    } catch (const http::Error& error) {
        // A cancelled leader must not fail those who wait: one of them takes over.
        if (error.code() == "cancelled") throw;
        throw TokenError(Error::Retry::transient, std::string("access token: ") + error.what());
    }
    if (response.status != 200) {
        const bool later = response.status >= 500 || response.status == 429;
        throw TokenError(later ? Error::Retry::transient : Error::Retry::permanent,
                         "access token: " + refusal(response));
    }
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
    const auto life = life_of(answer);
    const SteadyTime now = clock_.steady_now();
    co_return Token{.value = Secret(std::string(*value)),
                    .refresh_at = now + std::max(life - options_.refresh_before, life / 2),
                    .expires_at = now + life};
}

void AccessTokenSource::reject(const Secret& used) {
    if (token_ && token_->value == used) token_.reset();
}

}  // namespace barid::notify
