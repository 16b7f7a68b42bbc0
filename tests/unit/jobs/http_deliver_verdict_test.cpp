#include "jobs/http_deliver_verdict.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/json.hpp"

namespace barid::jobs {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

DeliverVerdict judge(int status, std::vector<http::Header> headers = {}, std::string body = {}) {
    http::Response answer;
    answer.status = status;
    answer.headers = std::move(headers);
    answer.body = std::move(body);
    return judge_answer("orders", answer, SystemTime(1'763'776'000s), {});
}

bool is_done(int status) {
    return std::holds_alternative<queue::Done>(judge(status).outcome);
}
bool is_failed(int status) {
    return std::holds_alternative<queue::Fail>(judge(status).outcome);
}
bool is_retried(int status) {
    return std::holds_alternative<queue::Retry>(judge(status).outcome);
}

TEST(DeliverVerdict, FollowsTheTableOfStatuses) {
    for (const int status : {200, 201, 202, 204, 299}) EXPECT_TRUE(is_done(status)) << status;
    for (const int status : {301, 302, 304, 307, 308, 401, 403, 404, 405, 407,
                             408, 421, 425, 429, 500, 501, 502, 503, 504, 599}) {
        EXPECT_TRUE(is_retried(status)) << status;
    }
    for (const int status : {400, 402, 406, 409, 410, 411, 413, 415, 418, 422, 451, 499}) {
        EXPECT_TRUE(is_failed(status)) << status;
    }
}

TEST(DeliverVerdict, BlamesTheHostForWhatIsItsOwn) {
    for (const int status : {500, 502, 504}) EXPECT_EQ(judge(status).host, HostHealth::failing);
    for (const int status : {200, 400, 404, 408, 410, 429}) {
        EXPECT_EQ(judge(status).host, HostHealth::well) << status;
    }
}

TEST(DeliverVerdict, WaitsAsLongAsItIsAskedTo) {
    const DeliverVerdict busy = judge(429, {{"Retry-After", "90"}});
    EXPECT_EQ(std::get<queue::Retry>(busy.outcome).after, 90s);
    EXPECT_EQ(busy.rest, 90s);
    // 2025-11-22 01:46:40 is now.
    const DeliverVerdict dated = judge(503, {{"retry-after", "Sat, 22 Nov 2025 01:47:10 GMT"}});
    EXPECT_EQ(std::get<queue::Retry>(dated.outcome).after, 30s);
    EXPECT_EQ(dated.rest, 30s);
    const DeliverVerdict plain = judge(503);
    EXPECT_FALSE(std::get<queue::Retry>(plain.outcome).after);
    EXPECT_FALSE(plain.rest);
    // 500 with Retry-After speaks of this request, not of the host's rest.
    EXPECT_FALSE(judge(500, {{"Retry-After", "90"}}).rest);
}

TEST(DeliverVerdict, KeepsABoundedRecord) {
    const DeliverVerdict verdict =
        judge(200, {{"Content-Type", "text/html"}, {"Set-Cookie", "id=1"}, {"X-Request-Id", "r-7"}},
              std::string(10'000, 'x'));
    const std::string& output = std::get<queue::Done>(verdict.outcome).output;
    EXPECT_LE(output.size(), kKeptAnswerBytes + 500);
    const json::value record = parse_json(output);
    EXPECT_TRUE(record.at("cut").as_bool());
    EXPECT_EQ(record.at("headers").at("x-request-id").as_string(), "r-7");
    EXPECT_THAT(output, Not(HasSubstr("id=1")));
}

TEST(DeliverVerdict, TellsAConfigurationsFaultFromTheNetworks) {
    using http::Error;
    const auto failure = [](const char* code) {
        return judge_failure(
            "orders", Error(Error::Retry::transient, http::Sent::no, code, "POST http://h:1: no"));
    };
    for (const char* code : {"connect_failed", "tls_failed", "timeout", "protocol_error"}) {
        EXPECT_TRUE(std::holds_alternative<queue::Retry>(failure(code).outcome)) << code;
        EXPECT_EQ(failure(code).host, HostHealth::failing) << code;
    }
    for (const char* code : {"address_denied", "bad_url", "bad_request"}) {
        EXPECT_TRUE(std::holds_alternative<queue::Fail>(failure(code).outcome)) << code;
        EXPECT_EQ(failure(code).host, HostHealth::unknown) << code;
    }
}

TEST(SafeText, IsUtf8WithoutNulAndWithoutSecrets) {
    const std::vector<Secret> secrets{Secret("whsec_c2VjcmV0"), Secret("abc")};
    EXPECT_EQ(safe_text("مرحبا\xff whsec_c2VjcmV0 abc", 100, secrets), "مرحبا\uFFFD *** abc");
    EXPECT_EQ(safe_text(std::string_view("a\0b\\u0000", 9), 100, {}), "a\uFFFDb\uFFFD");
    EXPECT_LE(safe_text(std::string(200, 'x'), 10, {}).size(), 10U);
    // Not even a part of it, where the text is cut.
    EXPECT_EQ(safe_text("0123456 whsec_c2VjcmV0", 12, secrets), "0123456 ***");
}

}  // namespace
}  // namespace barid::jobs
