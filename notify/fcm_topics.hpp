// Firebase topics: subscribing devices and taking them off, a thousand at a time.
//
// For apps that already use topics. Barid itself never sends to one: what goes to a topic can't
// honour a user's preferences, quiet hours or throttles, and nobody learns whom it reached.
// Both calls may be repeated. Not thread-safe: io thread only. References must outlive it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/access_token.hpp"
#include "base/http_client.hpp"

namespace barid::notify {

inline constexpr std::size_t kMaxTopicTokens = 1000;  ///< in one call

/// 1 to 900 of letters, digits and - _ . ~ %.
bool is_topic_name(std::string_view name);

enum class TopicChange { subscribe, unsubscribe };

class FcmTopics {
  public:
    FcmTopics(http::HttpClient& http, oauth::AccessTokenSource& tokens,
              std::string endpoint = "https://iid.googleapis.com");

    /// What became of each registration token, in their order: "" is done, anything else a reason
    /// such as NOT_FOUND (the device is gone), http_503 or timeout. Throws a permanent Error for a
    /// topic that can't be, oauth::TokenError without an access token.
    awaitable<std::vector<std::string>> change(TopicChange change, std::string topic,
                                               std::vector<std::string> tokens);

  private:
    awaitable<http::Response> post(TopicChange change, const std::string& body);
    awaitable<void> change_some(TopicChange change, const std::string& topic,
                                const std::vector<std::string>& tokens, std::size_t from,
                                std::vector<std::string>& results);

    http::HttpClient& http_;
    oauth::AccessTokenSource& tokens_;
    std::string endpoint_;
};

}  // namespace barid::notify
