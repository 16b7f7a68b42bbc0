// The S3 store against Ceph's gateway: a real implementation that checks signatures, body hashes
// and conditions. One gateway (tests/support/rgw.sh) serves the whole program.
#include "media/stores/s3_store.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <cstdio>
#include <memory>
#include <sstream>

#include "base/crypto.hpp"
#include "base/http_curl.hpp"
#include "tests/integration/media_stores/io.hpp"
#include "tests/support/child_process.hpp"
#include "tests/unit/media_stores/expect_error.hpp"

namespace barid::media {
namespace {

constexpr int kSkipped = 77;  // What CTest calls "Skipped" (SKIP_RETURN_CODE).

struct Gateway {
    std::unique_ptr<support::ChildProcess> process;
    std::string endpoint;
    std::string access_key;
    std::string secret_key;
};
Gateway gateway;  // NOLINT: set once by main, before any test.

constexpr auto kBucket = "barid-test";

http::Response send_signed(Io& io, http::HttpClient& client, const std::string& method,
                           const std::string& path, const std::string& body,
                           const std::string& claimed_sha256) {
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    const auto date = sigv4::amz_date(now);
    http::Request request;
    request.method = method;
    request.url = gateway.endpoint + path;
    request.body = body;
    request.headers = {{"x-amz-date", date}, {"x-amz-content-sha256", claimed_sha256}};
    const sigv4::Request to_sign{.method = method,
                                 .path = path,
                                 .headers = {{"host", gateway.endpoint.substr(7)},
                                             {"x-amz-date", date},
                                             {"x-amz-content-sha256", claimed_sha256}},
                                 .payload_sha256 = claimed_sha256};
    request.authorization = sigv4::authorization(to_sign, {.region = "us-east-1"}, date,
                                                 {.access_key = gateway.access_key,
                                                  .secret_key = Secret(gateway.secret_key),
                                                  .session_token = {}});
    return io.run(client.send(std::move(request)));
}

class S3Gateway : public testing::Test {
  protected:
    S3Gateway() {
        const auto made =
            send_signed(io, client, "PUT", fmt::format("/{}", kBucket), "", sha256_hex(""));
        if (made.status != 200) throw std::runtime_error("can't make the bucket: " + made.body);
    }
    S3Options options() {
        S3Options result{.endpoint = gateway.endpoint,
                         .region = "us-east-1",
                         .bucket = kBucket,
                         .prefix = "t" + random_uuid(),
                         .credentials = {.access_key = gateway.access_key,
                                         .secret_key = Secret(gateway.secret_key),
                                         .session_token = {}},
                         .public_url = "https://img.example"};
        result.retry.first_pause = result.retry.max_pause = std::chrono::milliseconds(5);
        return result;
    }

    Io io;
    SystemClock clock;
    http::CurlHttpClient client{io.io};
};

TEST_F(S3Gateway, PutsGetsDescribesAndRemoves) {
    S3Store store(client, clock, options());
    const std::string bytes("pic\0ture\xff", 9);
    const auto stored = io.run(store.put("ab/cd/640.webp", bytes, "image/webp"));
    EXPECT_FALSE(stored.existed);
    EXPECT_EQ(stored.sha256, sha256_hex(bytes));
    const auto found = io.run(store.head("ab/cd/640.webp"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->sha256, sha256_hex(bytes));
    EXPECT_EQ(found->bytes, 9U);
    EXPECT_EQ(io.run(store.get("ab/cd/640.webp", 9)), bytes);
    io.run(store.remove("ab/cd/640.webp"));
    EXPECT_FALSE(io.run(store.head("ab/cd/640.webp")));
    EXPECT_NO_THROW(io.run(store.remove("ab/cd/640.webp")));
    EXPECT_EQ(thrown_by([&] { io.run(store.get("ab/cd/640.webp", 9)); }).code(), "not_found");
}

TEST_F(S3Gateway, ReadersGetTheTypeAndTheImmutableCachePolicy) {
    const auto wanted = options();
    S3Store store(client, clock, wanted);
    io.run(store.put("a.webp", "bytes", "image/webp"));
    const auto path = fmt::format("/{}/{}/a.webp", kBucket, wanted.prefix);
    const auto response = send_signed(io, client, "GET", path, "", sha256_hex(""));
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.header("content-type"), "image/webp");
    EXPECT_EQ(response.header("cache-control"), "public, max-age=31536000, immutable");
}

TEST_F(S3Gateway, LargeAndEmptyFilesArriveWhole) {
    S3Store store(client, clock, options());
    const std::string large(5U << 20U, 'x');
    io.run(store.put("large.avif", large, "image/avif"));
    EXPECT_EQ(io.run(store.get("large.avif", large.size())), large);
    EXPECT_EQ(thrown_by([&] { io.run(store.get("large.avif", 1U << 20U)); }).code(), "too_large");
    io.run(store.put("empty.avif", "", "image/avif"));
    EXPECT_EQ(io.run(store.get("empty.avif", 10)), "");
}

TEST_F(S3Gateway, TheSameBytesUnderTheSameNameAreAccepted412) {
    S3Store store(client, clock, options());
    EXPECT_FALSE(io.run(store.put("a.webp", "bytes", "image/webp")).existed);
    EXPECT_TRUE(io.run(store.put("a.webp", "bytes", "image/webp")).existed);
}

TEST_F(S3Gateway, OtherBytesUnderTheSameNameAreReplaced) {
    S3Store store(client, clock, options());
    io.run(store.put("a.webp", "damaged", "image/webp"));
    EXPECT_FALSE(io.run(store.put("a.webp", "bytes", "image/webp")).existed);
    EXPECT_EQ(io.run(store.get("a.webp", 99)), "bytes");
}

TEST_F(S3Gateway, AnObjectStoredBySomeoneElseIsKnownByItsEtag) {
    const auto wanted = options();
    S3Store store(client, clock, wanted);
    const auto path = fmt::format("/{}/{}/a.webp", kBucket, wanted.prefix);
    ASSERT_EQ(send_signed(io, client, "PUT", path, "bytes", sha256_hex("bytes")).status, 200);
    EXPECT_EQ(io.run(store.head("a.webp")).value().sha256, "");
    EXPECT_TRUE(io.run(store.put("a.webp", "bytes", "image/webp")).existed);
}

TEST_F(S3Gateway, AWrongBodyHashCantPass) {
    const auto wanted = options();
    const auto path = fmt::format("/{}/{}/a.webp", kBucket, wanted.prefix);
    const auto response = send_signed(io, client, "PUT", path, "other", sha256_hex("bytes"));
    EXPECT_EQ(response.status, 400);
    EXPECT_NE(response.body.find("XAmzContentSHA256Mismatch"), std::string::npos);
    S3Store store(client, clock, wanted);
    EXPECT_FALSE(io.run(store.head("a.webp")));
}

TEST_F(S3Gateway, ASignedAddressIsReadByAnyoneUntilItExpires) {
    const auto wanted = options();
    S3Store store(client, clock, wanted);
    io.run(store.put("private/a.webp", "bytes", "image/webp"));
    const auto now = std::chrono::floor<std::chrono::seconds>(clock.system_now());
    http::Request request;
    request.url = store.signed_url("private/a.webp", now + std::chrono::minutes(1));
    const auto response = io.run(client.send(request));
    EXPECT_EQ(response.status, 200) << response.body;
    EXPECT_EQ(response.body, "bytes");
    http::Request changed = request;
    changed.url.replace(changed.url.find("a.webp"), 1, "b");
    EXPECT_EQ(io.run(client.send(changed)).status, 403);
    http::Request plain;
    plain.url = request.url.substr(0, request.url.find('?'));
    EXPECT_EQ(io.run(client.send(plain)).status, 403) << "the bucket is private";

    struct Earlier final : Clock {
        [[nodiscard]] SystemTime system_now() const override {
            return SystemClock().system_now() - std::chrono::minutes(10);
        }
        [[nodiscard]] SteadyTime steady_now() const override { return SystemClock().steady_now(); }
    } earlier;
    S3Store long_ago(client, earlier, wanted);
    http::Request late;
    late.url = long_ago.signed_url("private/a.webp", now - std::chrono::minutes(5));
    EXPECT_EQ(io.run(client.send(late)).status, 403);
}

TEST_F(S3Gateway, AnUploadWithoutConditionsLooksFirst) {
    auto wanted = options();
    wanted.conditional_put = false;
    S3Store store(client, clock, wanted);
    EXPECT_FALSE(io.run(store.put("a.webp", "bytes", "image/webp")).existed);
    EXPECT_TRUE(io.run(store.put("a.webp", "bytes", "image/webp")).existed);
}

TEST_F(S3Gateway, AnEmptyRegionOfR2IsAuto) {
    auto wanted = options();
    wanted.region = "auto";
    S3Store store(client, clock, wanted);
    EXPECT_FALSE(io.run(store.put("auto.webp", "bytes", "image/webp")).existed);
}

TEST_F(S3Gateway, AWrongSecretOrAnUnknownKeyIsDenied) {
    auto wanted = options();
    wanted.credentials.secret_key = Secret("not-the-secret");
    S3Store wrong_secret(client, clock, wanted);
    auto error = thrown_by([&] { io.run(wrong_secret.put("a.webp", "x", "image/webp")); });
    EXPECT_EQ(error.code(), "store_denied");
    EXPECT_FALSE(error.transient());
    EXPECT_NE(std::string(error.what()).find("SignatureDoesNotMatch"), std::string::npos);
    EXPECT_EQ(std::string(error.what()).find("not-the-secret"), std::string::npos);

    wanted = options();
    wanted.credentials.access_key = "NOBODY";
    S3Store wrong_key(client, clock, wanted);
    EXPECT_EQ(thrown_by([&] { io.run(wrong_key.head("a.webp")); }).code(), "store_denied");
}

TEST_F(S3Gateway, AClockThatIsWrongIsNamed) {
    struct Ahead final : Clock {
        [[nodiscard]] SystemTime system_now() const override {
            return SystemClock().system_now() + std::chrono::hours(2);
        }
        [[nodiscard]] SteadyTime steady_now() const override { return SystemClock().steady_now(); }
    } ahead;
    S3Store store(client, ahead, options());
    const auto error = thrown_by([&] { io.run(store.put("a.webp", "x", "image/webp")); });
    EXPECT_EQ(error.code(), "store_denied");
    EXPECT_NE(std::string(error.what()).find("clock"), std::string::npos) << error.what();
}

TEST_F(S3Gateway, AMissingBucketIsNamed) {
    auto wanted = options();
    wanted.bucket = "no-such-bucket";
    S3Store store(client, clock, wanted);
    const auto error = thrown_by([&] { io.run(store.put("a.webp", "x", "image/webp")); });
    EXPECT_EQ(error.code(), "store_rejected");
    EXPECT_NE(std::string(error.what()).find("create the bucket"), std::string::npos);
}

TEST_F(S3Gateway, AnEndpointThatIsntThereIsUnreachable) {
    auto wanted = options();
    wanted.endpoint = "http://127.0.0.1:1";
    wanted.retry.max_attempts = 2;
    S3Store store(client, clock, wanted);
    const auto error = thrown_by([&] { io.run(store.put("a.webp", "x", "image/webp")); });
    EXPECT_EQ(error.code(), "store_unreachable");
    EXPECT_TRUE(error.transient());
}

TEST_F(S3Gateway, ManyPutsAtOnceAllArrive) {
    S3Store store(client, clock, options());
    io.run([](S3Store& to) -> awaitable<void> {
        const auto executor = co_await asio::this_coro::executor;
        int left = 24;
        std::exception_ptr failed;
        asio::steady_timer done(executor, asio::steady_timer::time_point::max());
        for (int i = 0; i < 24; ++i) {
            asio::co_spawn(
                executor,
                to.put(fmt::format("{}.webp", i), fmt::format("bytes {}", i), "image/webp"),
                [&](std::exception_ptr e, const StoredObject&) {
                    if (e) failed = e;
                    if (--left == 0) done.cancel();
                });
        }
        co_await done.async_wait(use_tuple);
        if (failed) std::rethrow_exception(failed);
    }(store));
    for (int i = 0; i < 24; ++i) {
        EXPECT_EQ(io.run(store.get(fmt::format("{}.webp", i), 99)), fmt::format("bytes {}", i));
    }
}

/// Starts the gateway; 0, or the exit code to leave with.
int start_gateway() {
    gateway.process = std::make_unique<support::ChildProcess>(
        std::vector<std::string>{BARID_TEST_SUPPORT "/rgw.sh", BARID_RGW_PACKAGES});
    std::string ready;
    try {
        ready = gateway.process->wait_for_line("READY", std::chrono::minutes(8));
    } catch (const std::runtime_error&) {
        const auto code = gateway.process->wait(std::chrono::seconds(10));
        if (code == kSkipped) {
            std::fputs(
                "\n*** SKIPPED: the S3 store was NOT tested: Ceph's packages can't be "
                "downloaded here (see above) ***\n\n",
                stderr);
            return kSkipped;
        }
        std::fputs("the S3 gateway did not start\n", stderr);
        return 1;
    }
    int port = 0;
    std::istringstream(ready) >> port >> gateway.access_key >> gateway.secret_key;
    gateway.endpoint = fmt::format("http://127.0.0.1:{}", port);
    return 0;
}

int run_all() {
    const int failed = start_gateway();
    const int result = failed != 0 ? failed : RUN_ALL_TESTS();
    // Asked to stop, it also removes its files; killed, it could not.
    gateway.process->signal(SIGTERM);
    gateway.process->wait(std::chrono::seconds(20));
    gateway.process.reset();
    return result;
}

}  // namespace
}  // namespace barid::media

int main(int count, char** arguments) {
    testing::InitGoogleTest(&count, arguments);
    return barid::media::run_all();
}
