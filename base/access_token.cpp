#include "base/access_token.hpp"

#include <algorithm>

namespace barid::oauth {
namespace {

/// A token this close to its end may expire on the way.
constexpr std::chrono::seconds kSafetyMargin{10};
/// After a refresh that failed while the old token is good, the next try waits this long.
constexpr std::chrono::seconds kRetryAfterFailure{30};

}  // namespace

struct AccessTokenSource::Flight {
    explicit Flight(const asio::any_io_executor& executor) : ended(executor, SteadyTime::max()) {}
    asio::steady_timer ended;  ///< cancelled when the exchange is over: wakes the waiters
    bool over = false;
    std::exception_ptr error;
    Secret token;  ///< both stay empty when the leader was cancelled: a waiter takes over
};

AccessTokenSource::AccessTokenSource(std::unique_ptr<TokenIssuer> issuer, const Clock& clock)
    : issuer_(std::move(issuer)), clock_(clock) {}

AccessTokenSource::AccessTokenSource(http::HttpClient& http, const Clock& clock,
                                     ServiceAccountKey credentials)
    : AccessTokenSource(std::make_unique<ServiceAccountIssuer>(http, clock, std::move(credentials)),
                        clock) {}

awaitable<Secret> AccessTokenSource::token() {
    for (;;) {
        const SteadyTime now = clock_.steady_now();
        if (!flight_ && issuer_->changed() && token_) token_->refresh_at = now;
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

const Secret* AccessTokenSource::ready() {
    const SteadyTime now = clock_.steady_now();
    if (!token_ || flight_ || now >= token_->refresh_at) return nullptr;
    if (issuer_->changed()) token_->refresh_at = now;
    if (now >= token_->refresh_at) return nullptr;
    return now + kSafetyMargin < token_->expires_at ? &token_->value : nullptr;
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
            token_->refresh_at = now + kRetryAfterFailure;
        } else {
            flight->error = std::current_exception();
            throw;
        }
    }
    flight->token = token_->value;
    co_return flight->token;
}

awaitable<AccessTokenSource::Token> AccessTokenSource::exchange() {
    IssuedToken issued = co_await issuer_->issue();
    const SteadyTime now = clock_.steady_now();
    co_return Token{
        .value = std::move(issued.value),
        .refresh_at = now + std::max(issued.life - issuer_->refresh_before(), issued.life / 2),
        .expires_at = now + issued.life};
}

void AccessTokenSource::reject(const Secret& used) {
    if (!token_ || token_->value != used) return;
    token_.reset();
    issuer_->suspect();
}

}  // namespace barid::oauth
