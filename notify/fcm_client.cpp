#include "notify/fcm_client.hpp"

#include <algorithm>
#include <optional>

#include "base/text.hpp"
#include "notify/classify.hpp"
#include "notify/fcm_message.hpp"

namespace barid::notify {
namespace {

/// Without a token nothing was sent. Wrong credentials stop the lane; anything else passes.
SendResult without_token(const oauth::TokenError& error) {
    return {.kind = error.transient() ? SendClass::retry : SendClass::lane_paused,
            .reason = error.transient() ? "token_unavailable" : "credentials",
            .retry_after = error.transient() ? kMinRetryAfter : kLanePause,
            .error = truncate_utf8(scrub_utf8(error.what()), 300)};
}

/// Not a pause of the lane: another worker may have what this one lacks.
awaitable<SendResult> without_credentials() {
    co_return SendResult{.kind = SendClass::retry,
                         .reason = "no_credentials",
                         .retry_after = kLanePause,
                         .error = "this worker has no credentials for the device's project"};
}

}  // namespace

FcmClient::FcmClient(http::HttpClient& http, const Clock& clock, oauth::AccessTokenSource& tokens,
                     FcmOptions options)
    : http_(http), clock_(clock), tokens_(tokens), options_(std::move(options)) {
    options_.timeout = std::max(options_.timeout, kMinSendTimeout);
    while (options_.endpoint.ends_with('/')) options_.endpoint.pop_back();
    url_ = options_.endpoint + "/v1/projects/" + tokens_.project_id() + "/messages:send";
    if (options_.hold_back) gate_.emplace(options_.max_concurrency);
}

http::Request FcmClient::request(const Secret& token, Lane lane) {
    if (token != bearer_of_) {
        bearer_of_ = token;
        bearer_ = Secret("Bearer " + token.reveal());
    }
    http::Request request;
    request.method = "POST";
    request.url = url_;
    request.headers.push_back({"Content-Type", "application/json"});
    request.authorization = bearer_;
    request.total_timeout = options_.timeout;
    request.connect_timeout = std::min(request.connect_timeout, options_.timeout);
    request.max_response_bytes = 64UL * 1024;
    request.require_http2 = true;
    // A 200 whose body broke off is a message that was taken, though its name is lost.
    request.keep_beginning = true;
    request.background = lane == Lane::broadcast;
    return request;
}

/// `make_body` is called for each attempt: the second is rare.
template <class MakeBody>
awaitable<SendResult> FcmClient::post_made(MakeBody make_body, Lane lane) {
    SendResult result;
    std::optional<SendGate::Place> place;
    if (gate_) {
        auto entered = co_await gate_->enter(lane);
        if (!entered) co_return SendResult{.kind = SendClass::not_sent, .reason = "cancelled"};
        place.emplace(std::move(*entered));
    }
    for (const bool may_refresh : {true, false}) {
        Secret token;
        try {
            const Secret* const ready = tokens_.ready();
            token = ready != nullptr ? *ready : co_await tokens_.token();
        } catch (const oauth::TokenError& error) {
            co_return without_token(error);
        }
        http::Request request = this->request(token, lane);
        request.body = make_body();
        try {
            const http::Response response = co_await http_.send(std::move(request));
            const auto now = std::chrono::floor<std::chrono::seconds>(clock_.system_now());
            result = classify(response.status, response.body, http::retry_after(response, now));
        } catch (const http::Error& error) {
            co_return classify(error);
        }
        if (result.kind != SendClass::auth_refresh) co_return result;
        tokens_.reject(token);
        if (!may_refresh) break;
    }
    // A fresh token was refused too: every message of this project would be.
    result.kind = SendClass::lane_paused;
    co_return result;
}

awaitable<SendResult> FcmClient::post(std::string body, Lane lane) {
    return post_made([body = std::move(body)] { return body; }, lane);
}

awaitable<SendResult> FcmClient::send(const Target& target, const PushMessage& message) {
    return post_made([this, &target,
                      &message] { return fcm_request_body(target, message, clock_.system_now()); },
                     message.lane);
}

awaitable<SendResult> FcmClient::validate(const Target& target, const PushMessage& message) {
    return post(fcm_request_body(target, message, clock_.system_now(), true));
}

awaitable<SendResult> FcmClient::probe() {
    return post(R"({"validate_only":true,"message":{"topic":"barid-probe","data":{"probe":"1"}}})");
}

void FcmChannel::add(FcmClient& client) {
    clients_[client.options().project] = &client;
    max_concurrency_ += client.options().max_concurrency;
}

FcmClient* FcmChannel::client(std::string_view project) const {
    const auto found = clients_.find(project);
    return found != clients_.end() ? found->second : nullptr;
}

awaitable<SendResult> FcmChannel::send(const Target& target, const PushMessage& message) {
    FcmClient* const client = this->client(target.project);
    return client != nullptr ? client->send(target, message) : without_credentials();
}

}  // namespace barid::notify
