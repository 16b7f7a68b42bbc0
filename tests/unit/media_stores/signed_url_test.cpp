#include "media/stores/signed_url.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "media/stores/sigv4.hpp"

namespace barid::media {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

const Secret kSecret("0123456789abcdef0123456789abcdef");
const sys_seconds kExpires{seconds(1'800'000'000)};

TEST(SignedUrl, WorksForItsKeyUntilItExpires) {
    const std::string query = sign_local(kSecret, "ab/cd/640.webp", kExpires);
    EXPECT_TRUE(query.starts_with("expires=1800000000&signature="));
    EXPECT_TRUE(verify_local(kSecret, "ab/cd/640.webp", query, kExpires - seconds(1)));
    EXPECT_TRUE(verify_local(kSecret, "ab/cd/640.webp", query, kExpires));
    EXPECT_FALSE(verify_local(kSecret, "ab/cd/640.webp", query, kExpires + seconds(1)));
    EXPECT_FALSE(verify_local(kSecret, "ab/cd/320.webp", query, kExpires));
    EXPECT_FALSE(verify_local(Secret("another secret of the same size!"), "ab/cd/640.webp", query,
                              kExpires));
}

TEST(SignedUrl, TakesNoQueryThatSomebodyMadeUp) {
    const std::string good = sign_local(kSecret, "a.webp", kExpires);
    for (const std::string& query :
         {std::string(), std::string("expires=1800000000"), std::string("expires=&signature="),
          "expires=1800000001" + good.substr(18), "expires=01800000000" + good.substr(18),
          "x=1&" + good, good + "&x=1", good + "0", good.substr(0, good.size() - 1),
          std::string("expires=99999999999999999999&signature=00"),
          std::string("expires=-1&signature=00")}) {
        EXPECT_FALSE(verify_local(kSecret, "a.webp", query, kExpires)) << query;
    }
    EXPECT_FALSE(verify_local(Secret(), "a.webp", good, kExpires));
    EXPECT_TRUE(may_read(Secret(), "a.webp", "")) << "a public store asks for nothing";
    EXPECT_FALSE(may_read(kSecret, "a.webp", ""));
}

TEST(SignedUrl, IsWhatBunnysTokensAre) {
    // base64url(SHA-256(key + path + expires)), as a shell makes it.
    const std::string query = sign_bunny(Secret("zone-key"), "/ab/640.webp", kExpires);
    const auto hash = sha256("zone-key/ab/640.webp1800000000");
    const std::string_view bytes(reinterpret_cast<const char*>(hash.data()), hash.size());
    EXPECT_EQ(query, "token=" + base64url_encode(bytes) + "&expires=1800000000");
    EXPECT_EQ(query.find('='), 5U);
    EXPECT_EQ(query.find('+'), std::string::npos);
    EXPECT_EQ(query.find('/'), std::string::npos);
}

// AWS's own example: "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)".
TEST(PresignedQuery, IsThatOfTheExampleWhichAwsPublishes) {
    const sigv4::Request request{.method = "GET",
                                 .path = "/test.txt",
                                 .headers = {{"host", "examplebucket.s3.amazonaws.com"}},
                                 .payload_sha256 = {}};
    const std::string query =
        sigv4::presigned_query(request, {.region = "us-east-1"}, "20130524T000000Z", seconds(86400),
                               {.access_key = "AKIAIOSFODNN7EXAMPLE",
                                .secret_key = Secret("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                .session_token = {}});
    EXPECT_EQ(query,
              "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20130524"
              "%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400"
              "&X-Amz-SignedHeaders=host&X-Amz-Signature="
              "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(PresignedQuery, CarriesASessionToken) {
    const std::string query = sigv4::presigned_query(
        {.method = "GET", .path = "/a", .headers = {{"host", "h"}}, .payload_sha256 = {}},
        {.region = "auto"}, "20130524T000000Z", seconds(60),
        {.access_key = "K", .secret_key = Secret("s"), .session_token = Secret("to/ken")});
    EXPECT_NE(query.find("&X-Amz-Security-Token=to%2Fken&"), std::string::npos) << query;
}

}  // namespace
}  // namespace barid::media
