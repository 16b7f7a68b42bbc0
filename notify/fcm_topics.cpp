#include "notify/fcm_topics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::notify {
namespace {

/// The reason for one token: {} is done, {"error": "NOT_FOUND"} is not.
std::string reason_of(const json::value& result) {
    const json::object* object = result.if_object();
    if (object == nullptr) return "bad_answer";
    const json::value* error = object->if_contains("error");
    if (error == nullptr) return {};
    const json::string* text = error->if_string();
    return text != nullptr && !text->empty() ? truncate_utf8(std::string_view(*text), 60)
                                             : "unknown";
}

/// Puts what the answer says of each token into `results`, from `from` on; false when it doesn't.
bool read_results(std::string_view body, std::size_t from, std::size_t count,
                  std::vector<std::string>& results) {
    try {
        const json::value root = parse_json(body);
        const json::object* object = root.if_object();
        const json::value* list = object != nullptr ? object->if_contains("results") : nullptr;
        const json::array* items = list != nullptr ? list->if_array() : nullptr;
        if (items == nullptr || items->size() != count) return false;
        for (std::size_t i = 0; i < count; ++i) results[from + i] = reason_of((*items)[i]);
        return true;
    } catch (const Error&) {
        return false;
    }
}

}  // namespace

bool is_topic_name(std::string_view name) {
    constexpr std::string_view kAllowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.~%";
    return !name.empty() && name.size() <= 900 &&
           name.find_first_not_of(kAllowed) == std::string_view::npos;
}

FcmTopics::FcmTopics(http::HttpClient& http, oauth::AccessTokenSource& tokens, std::string endpoint)
    : http_(http), tokens_(tokens), endpoint_(std::move(endpoint)) {
    while (endpoint_.ends_with('/')) endpoint_.pop_back();
}

awaitable<std::vector<std::string>> FcmTopics::change(TopicChange change, std::string topic,
                                                      std::vector<std::string> tokens) {
    if (!is_topic_name(topic)) {
        throw Error(Error::Retry::permanent,
                    "a topic's name has 1 to 900 letters, digits and - _ . ~ %");
    }
    std::vector<std::string> results(tokens.size());
    for (std::size_t from = 0; from < tokens.size(); from += kMaxTopicTokens) {
        co_await change_some(change, topic, tokens, from, results);
    }
    co_return results;
}

awaitable<void> FcmTopics::change_some(TopicChange change, const std::string& topic,
                                       const std::vector<std::string>& tokens, std::size_t from,
                                       std::vector<std::string>& results) {
    const std::size_t count = std::min(kMaxTopicTokens, tokens.size() - from);
    json::array some;
    for (std::size_t i = from; i < from + count; ++i) some.emplace_back(tokens[i]);
    const std::string body = json::serialize(
        json::object{{"to", "/topics/" + topic}, {"registration_tokens", std::move(some)}});
    std::string reason;
    try {
        const http::Response response = co_await post(change, body);
        if (response.status == 200) {
            if (!read_results(response.body, from, count, results)) reason = "bad_answer";
        } else {
            reason = fmt::format("http_{}", response.status);
        }
    } catch (const http::Error& error) {
        if (error.code() == "cancelled") throw;
        reason = error.code();
    }
    if (!reason.empty()) {
        for (std::size_t i = from; i < from + count; ++i) results[i] = reason;
    }
}

awaitable<http::Response> FcmTopics::post(TopicChange change, const std::string& body) {
    for (const bool last : {false, true}) {
        const Secret token = co_await tokens_.token();
        http::Request request;
        request.method = "POST";
        request.url = endpoint_ + (change == TopicChange::subscribe ? "/iid/v1:batchAdd"
                                                                    : "/iid/v1:batchRemove");
        request.headers = {{"Content-Type", "application/json"}, {"access_token_auth", "true"}};
        request.authorization = Secret("Bearer " + token.reveal());
        request.body = body;
        http::Response response = co_await http_.send(std::move(request));
        if (response.status != 401 || last) co_return response;
        tokens_.reject(token);
    }
    throw Error(Error::Retry::transient, "topics: no answer");
}

}  // namespace barid::notify
