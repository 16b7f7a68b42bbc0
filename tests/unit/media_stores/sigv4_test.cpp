// The vectors are AWS's: the worked examples of the S3 documentation, and requests of its
// Signature Version 4 test suite.
#include "media/stores/sigv4.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"

namespace barid::media::sigv4 {
namespace {

constexpr auto kEmpty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr auto kS3Date = "20130524T000000Z";
constexpr auto kSuiteDate = "20150830T123600Z";

Credentials s3_credentials() {
    return {.access_key = "AKIAIOSFODNN7EXAMPLE",
            .secret_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
            .session_token = {}};
}

Credentials suite_credentials() {
    return {.access_key = "AKIDEXAMPLE",
            .secret_key = Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            .session_token = {}};
}

Request s3_get(std::string path) {
    return {.method = "GET",
            .path = std::move(path),
            .headers = {{"Host", "examplebucket.s3.amazonaws.com"},
                        {"x-amz-content-sha256", kEmpty},
                        {"x-amz-date", kS3Date}},
            .payload_sha256 = kEmpty};
}

Request suite(std::string method) {
    return {.method = std::move(method),
            .headers = {{"Host", "example.amazonaws.com"}, {"X-Amz-Date", kSuiteDate}},
            .payload_sha256 = kEmpty};
}

std::string s3_signature(const Request& request) {
    const auto text =
        authorization(request, {.region = "us-east-1"}, kS3Date, s3_credentials()).reveal();
    return text.substr(text.find("Signature=") + 10);
}

std::string suite_signature(const Request& request) {
    const Scope scope{.region = "us-east-1", .service = "service"};
    const auto text = authorization(request, scope, kSuiteDate, suite_credentials()).reveal();
    return text.substr(text.find("Signature=") + 10);
}

TEST(SigV4, SignsTheS3GetExample) {
    auto request = s3_get("/test.txt");
    request.headers.emplace_back("Range", "bytes=0-9");
    EXPECT_EQ(s3_signature(request),
              "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41");
}

TEST(SigV4, SignsTheS3PutExampleAndNamesScopeAndHeaders) {
    const auto hash = sha256_hex("Welcome to Amazon S3.");
    const Request request{.method = "PUT",
                          .path = "/" + uri_encode("test$file.text"),
                          .headers = {{"x-amz-storage-class", "REDUCED_REDUNDANCY"},
                                      {"Date", "Fri, 24 May 2013 00:00:00 GMT"},
                                      {"Host", "examplebucket.s3.amazonaws.com"},
                                      {"x-amz-date", kS3Date},
                                      {"x-amz-content-sha256", hash}},
                          .payload_sha256 = hash};
    EXPECT_EQ(
        authorization(request, {.region = "us-east-1"}, kS3Date, s3_credentials()).reveal(),
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        "SignedHeaders=date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, "
        "Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd");
}

TEST(SigV4, SignsTheS3QueryExamples) {
    auto lifecycle = s3_get("/");
    lifecycle.query = {{"lifecycle", ""}};
    EXPECT_EQ(s3_signature(lifecycle),
              "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543");
    auto list = s3_get("/");
    list.query = {{"prefix", "J"}, {"max-keys", "2"}};
    EXPECT_EQ(s3_signature(list),
              "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7");
}

TEST(SigV4, SignsTheSuitesPlainRequests) {
    EXPECT_EQ(suite_signature(suite("GET")),
              "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31");
    EXPECT_EQ(suite_signature(suite("POST")),
              "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b");
}

TEST(SigV4, SortsTheQueryByName) {
    auto request = suite("GET");
    request.query = {{"Param2", "value2"}, {"Param1", "value1"}};
    EXPECT_EQ(suite_signature(request),
              "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500");
}

TEST(SigV4, KeepsTheCaseOfHeaderValues) {
    auto request = suite("POST");
    request.headers.emplace_back("My-Header1", "VALUE1");
    EXPECT_EQ(suite_signature(request),
              "cdbc9802e29d2942e5e10b5bccfdd67c5f22c7c4e8ae67b53629efa58b974b7d");
}

TEST(SigV4, SignsTheBodyAndItsType) {
    auto request = suite("POST");
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    request.payload_sha256 = sha256_hex("Param1=value1");
    EXPECT_EQ(suite_signature(request),
              "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a");
}

TEST(SigV4, SignsASessionToken) {
    auto request = suite("POST");
    request.headers.emplace_back(
        "X-Amz-Security-Token",
        "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmx"
        "fpSPfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0K"
        "PkyQDYwT7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZb"
        "qBAz+scqKmlzm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==");
    EXPECT_EQ(suite_signature(request),
              "85d96828115b5dc0cfc3bd16ad9e210dd772bbebba041836c64533a82be05ead");
}

TEST(SigV4, CollapsesBlanksAndJoinsRepeatedHeaders) {
    Request request = suite("GET");
    request.headers.emplace_back("My-Header1", "  a   b\t c  ");
    request.headers.emplace_back("my-header1", "d");
    EXPECT_NE(canonical_request(request).find("\nmy-header1:a b c,d\n"), std::string::npos);
}

TEST(SigV4, EncodesEverythingButUnreservedCharacters) {
    EXPECT_EQ(uri_encode("aZ09-._~"), "aZ09-._~");
    EXPECT_EQ(uri_encode("a b/+=&\xc3\xa9"), "a%20b%2F%2B%3D%26%C3%A9");
}

TEST(SigV4, WritesTheDateAsAmazonDoes) {
    using namespace std::chrono;
    EXPECT_EQ(amz_date(sys_days(year(2026) / March / 4) + 5h + 6min + 7s), "20260304T050607Z");
}

}  // namespace
}  // namespace barid::media::sigv4
