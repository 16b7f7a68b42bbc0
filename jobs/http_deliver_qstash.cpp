#include "jobs/http_deliver_qstash.hpp"

#include <fmt/format.h>

#include "base/crypto.hpp"
#include "base/json.hpp"
#include "base/text.hpp"

namespace barid::jobs {
namespace {

constexpr int kNonRetryable = 489;
constexpr auto kValid = std::chrono::minutes(5);

std::string bytes(const Sha256Digest& digest) {
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

}  // namespace

std::vector<http::Header> qstash_headers(const QstashMessage& message, const std::string& key) {
    const auto now = std::chrono::floor<std::chrono::seconds>(message.now).time_since_epoch();
    const std::string claims =
        json::serialize(json::object{{"iss", "Upstash"},
                                     {"sub", message.url},
                                     {"exp", (now + kValid).count()},
                                     {"nbf", now.count()},
                                     {"iat", now.count()},
                                     {"jti", message.token_id},
                                     {"body", base64url_encode(bytes(sha256(message.body)))}});
    const std::string head =
        base64url_encode(R"({"alg":"HS256","typ":"JWT"})") + "." + base64url_encode(claims);
    std::vector<http::Header> headers{
        {"Upstash-Signature", head + "." + base64url_encode(bytes(hmac_sha256(key, head)))},
        {"Upstash-Message-Id", message.id},
        {"Upstash-Retried", std::to_string(message.attempt - 1)}};
    if (!message.schedule.empty()) headers.push_back({"Upstash-Schedule-Id", message.schedule});
    return headers;
}

bool qstash_refused_for_good(const http::Response& answer) {
    return answer.status == kNonRetryable &&
           answer.header("upstash-nonretryable-error").value_or("") == "true";
}

}  // namespace barid::jobs
