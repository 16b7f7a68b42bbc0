#include "media/stores/s3_store.hpp"

#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "media/stores/md5.hpp"
#include "tests/unit/media_stores/expect_error.hpp"
#include "tests/unit/media_stores/fake_http_client.hpp"

namespace barid::media {
namespace {

using Methods = std::vector<std::string>;

S3Options options() {
    S3Options result{.endpoint = "https://acct.r2.example",
                     .bucket = "photos",
                     .credentials = {.access_key = "KEY",
                                     .secret_key = Secret("s3cr3t-value"),
                                     .session_token = {}},
                     .public_url = "https://img.example/"};
    result.retry.first_pause = result.retry.max_pause = std::chrono::milliseconds(1);
    return result;
}

http::Response found(const std::string& bytes) {
    return respond(200, "",
                   {{"Content-Length", std::to_string(bytes.size())},
                    {"ETag", "\"" + md5_hex(bytes) + "\""},
                    {"x-amz-meta-sha256", sha256_hex(bytes)}});
}

http::Response s3_error(int status, const std::string& code) {
    return respond(status, "<?xml version=\"1.0\"?><Error><Code>" + code + "</Code></Error>");
}

class S3StoreTest : public testing::Test {
  protected:
    /// PUTs are answered in turn, HEADs in turn; the last answer of each stays.
    void script(std::vector<http::Response> puts, std::vector<http::Response> heads) {
        client.answer = [puts, heads, this](const http::Request& request) {
            const auto& list = request.method == "HEAD" ? heads : puts;
            auto& next = request.method == "HEAD" ? next_head : next_put;
            return list.at(std::min(next++, list.size() - 1));
        };
    }
    StoredObject put(const std::string& bytes = "bytes") {
        S3Store store(client, clock, options());
        return run(store.put("a/b.webp", bytes, "image/webp"));
    }

    FakeHttpClient client;
    FixedClock clock;
    std::size_t next_put = 0;
    std::size_t next_head = 0;
};

TEST_F(S3StoreTest, PutsConditionallyWithTheBodysHashAndVerifies) {
    script({respond(200)}, {found("bytes")});
    const auto stored = put();
    EXPECT_EQ(stored.key, "a/b.webp");
    EXPECT_EQ(stored.url, "https://img.example/a/b.webp");
    EXPECT_EQ(stored.sha256, sha256_hex("bytes"));
    EXPECT_EQ(stored.bytes, 5U);
    EXPECT_FALSE(stored.existed);
    EXPECT_EQ(client.methods(), (Methods{"PUT", "HEAD"}));

    const auto& request = client.requests.at(0);
    EXPECT_EQ(request.url, "https://acct.r2.example/photos/a/b.webp");
    EXPECT_EQ(request.body, "bytes");
    EXPECT_EQ(header_of(request, "if-none-match"), "*");
    EXPECT_EQ(header_of(request, "content-type"), "image/webp");
    EXPECT_EQ(header_of(request, "cache-control"), "public, max-age=31536000, immutable");
    EXPECT_EQ(header_of(request, "x-amz-content-sha256"), sha256_hex("bytes"));
    EXPECT_EQ(header_of(request, "x-amz-meta-sha256"), sha256_hex("bytes"));
    EXPECT_EQ(header_of(request, "x-amz-date"), "20260102T030405Z");
    EXPECT_TRUE(request.authorization.reveal().starts_with(
        "AWS4-HMAC-SHA256 Credential=KEY/20260102/auto/s3/aws4_request, "
        "SignedHeaders=cache-control;content-type;host;if-none-match;x-amz-content-sha256;"
        "x-amz-date;x-amz-meta-sha256, Signature="));
    for (const auto& header : request.headers) {
        EXPECT_FALSE(header.name.starts_with("x-amz-checksum")) << "R2 refuses these";
    }
}

TEST_F(S3StoreTest, VirtualHostStyleMovesTheBucketIntoTheHost) {
    client.answer = [](const auto&) { return respond(404); };
    auto wanted = options();
    wanted.path_style = false;
    wanted.prefix = "shop/img";
    S3Store store(client, clock, wanted);
    EXPECT_FALSE(run(store.head("a.webp")));
    EXPECT_EQ(client.requests.at(0).url, "https://photos.acct.r2.example/shop/img/a.webp");
    EXPECT_EQ(store.url("a.webp"), "https://img.example/shop/img/a.webp");
}

TEST_F(S3StoreTest, SendsAndSignsASessionToken) {
    client.answer = [](const auto&) { return respond(404); };
    auto wanted = options();
    wanted.credentials.session_token = Secret("token-1");
    S3Store store(client, clock, wanted);
    run(store.head("a.webp"));
    EXPECT_EQ(header_of(client.requests.at(0), "x-amz-security-token"), "token-1");
    EXPECT_NE(client.requests.at(0).authorization.reveal().find("x-amz-security-token"),
              std::string::npos);
}

TEST_F(S3StoreTest, ANameThatIsTakenByTheSameBytesIsSuccess) {
    script({s3_error(412, "PreconditionFailed")}, {found("bytes")});
    EXPECT_TRUE(put().existed);
    EXPECT_EQ(client.methods(), (Methods{"PUT", "HEAD"}));
}

TEST_F(S3StoreTest, ANameThatIsTakenByOtherBytesIsReplacedOnce) {
    script({s3_error(412, "PreconditionFailed"), respond(200)}, {found("damaged"), found("bytes")});
    EXPECT_FALSE(put().existed);
    EXPECT_EQ(client.methods(), (Methods{"PUT", "HEAD", "PUT", "HEAD"}));
    EXPECT_EQ(header_of(client.requests.at(2), "if-none-match"), "(absent)");
}

TEST_F(S3StoreTest, ACopyThatStaysDifferentIsAChecksumMismatch) {
    script({respond(200)}, {found("other")});
    const auto error = thrown_by([&] { put(); });
    EXPECT_EQ(error.code(), "checksum_mismatch");
    EXPECT_TRUE(error.transient());
    EXPECT_EQ(client.methods(), (Methods{"PUT", "HEAD", "PUT", "HEAD"}));
}

TEST_F(S3StoreTest, BytesThatChangeOnTheWayAreSentOnceMore) {
    script({s3_error(400, "XAmzContentSHA256Mismatch"), respond(200)}, {found("bytes")});
    EXPECT_FALSE(put().existed);
    EXPECT_EQ(client.methods(), (Methods{"PUT", "PUT", "HEAD"}));

    client.requests.clear();
    next_put = next_head = 0;
    script({s3_error(400, "BadDigest")}, {found("bytes")});
    EXPECT_EQ(thrown_by([&] { put(); }).code(), "checksum_mismatch");
    EXPECT_EQ(client.methods(), (Methods{"PUT", "PUT"}));
}

TEST_F(S3StoreTest, AServerWithoutConditionsIsAskedFirst) {
    script({s3_error(501, "NotImplemented"), respond(200)}, {respond(404), found("bytes")});
    S3Store store(client, clock, options());
    EXPECT_FALSE(run(store.put("a/b.webp", "bytes", "image/webp")).existed);
    EXPECT_EQ(client.methods(), (Methods{"PUT", "HEAD", "PUT", "HEAD"}));
    EXPECT_TRUE(run(store.put("a/b.webp", "bytes", "image/webp")).existed);
    EXPECT_EQ(client.requests.size(), 5U);
    EXPECT_EQ(client.methods().back(), "HEAD");
}

TEST_F(S3StoreTest, TrustsTheEtagWhenSomeoneElseStoredTheObject) {
    const auto foreign = [](const std::string& etag) {
        return respond(200, "", {{"content-length", "5"}, {"etag", etag}});
    };
    script({s3_error(412, "PreconditionFailed")}, {foreign("\"" + md5_hex("bytes") + "\"")});
    EXPECT_TRUE(put().existed);

    next_put = next_head = 0;
    script({s3_error(412, "x"), respond(200)}, {foreign("\"abc-2\""), found("bytes")});
    EXPECT_FALSE(put().existed) << "a multipart ETag proves nothing";
}

TEST_F(S3StoreTest, WrongCredentialsArePermanentAndSayWhatToCheckButNotTheSecret) {
    script({s3_error(403, "SignatureDoesNotMatch")}, {respond(404)});
    const auto error = thrown_by([&] { put(); });
    EXPECT_EQ(error.code(), "store_denied");
    EXPECT_FALSE(error.transient());
    const std::string text = error.what();
    EXPECT_NE(text.find("SignatureDoesNotMatch"), std::string::npos) << text;
    EXPECT_EQ(text.find("s3cr3t"), std::string::npos);
    EXPECT_EQ(client.requests.size(), 1U);
}

TEST_F(S3StoreTest, AMissingBucketAndAWrongRegionSayHowToMendThem) {
    script({s3_error(404, "NoSuchBucket")}, {respond(404)});
    auto error = thrown_by([&] { put(); });
    EXPECT_EQ(error.code(), "store_rejected");
    EXPECT_NE(std::string(error.what()).find("create the bucket"), std::string::npos);

    next_put = 0;
    script({respond(301, "", {{"x-amz-bucket-region", "eu-west-1"}})}, {respond(404)});
    error = thrown_by([&] { put(); });
    EXPECT_EQ(error.code(), "store_misconfigured");
    EXPECT_NE(std::string(error.what()).find("eu-west-1"), std::string::npos);
}

TEST_F(S3StoreTest, HostileErrorTextIsCleaned) {
    script({s3_error(400, "Evil\x1b[31m\r\nX: y&quot;")}, {respond(404)});
    const std::string text = thrown_by([&] { put(); }).what();
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_EQ(text.find('\n'), std::string::npos);
}

TEST_F(S3StoreTest, AHeadWithoutALengthIsNotTrusted) {
    client.answer = [](const auto&) { return respond(200, "", {{"content-length", "-5"}}); };
    S3Store store(client, clock, options());
    EXPECT_EQ(thrown_by([&] { run(store.head("a.webp")); }).code(), "store_unreachable");
}

TEST_F(S3StoreTest, GetChecksCapHashAndAbsence) {
    S3Store store(client, clock, options());
    client.answer = [](const auto&) {
        return respond(200, "bytes", {{"x-amz-meta-sha256", sha256_hex("bytes")}});
    };
    EXPECT_EQ(run(store.get("a.webp", 5)), "bytes");
    EXPECT_EQ(thrown_by([&] { run(store.get("a.webp", 4)); }).code(), "too_large");
    client.answer = [](const auto&) {
        return respond(200, "bytez", {{"x-amz-meta-sha256", sha256_hex("bytes")}});
    };
    EXPECT_EQ(thrown_by([&] { run(store.get("a.webp", 5)); }).code(), "checksum_mismatch");
    client.answer = [](const auto&) { return s3_error(404, "NoSuchKey"); };
    EXPECT_EQ(thrown_by([&] { run(store.get("a.webp", 5)); }).code(), "not_found");
    client.answer = [](const auto&) { return s3_error(404, "NoSuchBucket"); };
    EXPECT_EQ(thrown_by([&] { run(store.get("a.webp", 5)); }).code(), "store_rejected");
}

TEST_F(S3StoreTest, RemovingWhatIsntThereIsFineButAMissingBucketIsNot) {
    S3Store store(client, clock, options());
    for (auto answer : {respond(204), s3_error(404, "NoSuchKey")}) {
        client.answer = [answer](const auto&) { return answer; };
        EXPECT_NO_THROW(run(store.remove("a.webp")));
    }
    client.answer = [](const auto&) { return s3_error(404, "NoSuchBucket"); };
    EXPECT_EQ(thrown_by([&] { run(store.remove("a.webp")); }).code(), "store_rejected");
}

TEST_F(S3StoreTest, BadKeysNeverReachTheWire) {
    S3Store store(client, clock, options());
    EXPECT_EQ(thrown_by([&] { run(store.put("../x", "b", "image/webp")); }).code(), "bad_key");
    EXPECT_EQ(thrown_by([&] { run(store.head("a b")); }).code(), "bad_key");
    EXPECT_EQ(thrown_by([&] { run(store.get("", 1)); }).code(), "bad_key");
    EXPECT_EQ(thrown_by([&] { run(store.remove("/a")); }).code(), "bad_key");
    EXPECT_TRUE(client.requests.empty());
}

TEST_F(S3StoreTest, OptionsThatCantWorkAreRefusedAtOnce) {
    const auto refused = [&](auto change) {
        auto wanted = options();
        change(wanted);
        return thrown_by([&] { S3Store(client, clock, wanted); }).code();
    };
    const std::string misconfigured = "store_misconfigured";
    EXPECT_EQ(refused([](auto& o) { o.bucket = "a/b"; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.bucket = "x"; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.region = ""; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.credentials.secret_key = Secret(); }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.credentials.access_key = "a b"; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.endpoint = "nowhere"; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.public_url = ""; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.prefix = "../up"; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) {
                  o.bucket = "with.dot";
                  o.path_style = false;
              }),
              misconfigured);
}

}  // namespace
}  // namespace barid::media
