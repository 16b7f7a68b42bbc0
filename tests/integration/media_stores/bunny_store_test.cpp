// The Bunny store over real HTTP, against a stand-in: what it shows is that our requests are
// well-formed and repeated rightly, not that Bunny answers as documented.
#include "media/stores/bunny_store.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "tests/integration/media_stores/io.hpp"
#include "tests/support/child_process.hpp"
#include "tests/unit/media_stores/expect_error.hpp"

namespace barid::media {
namespace {

class BunnyStandIn : public testing::Test {
  protected:
    BunnyStandIn() : port(server.wait_ready()) {}

    BunnyStore store(const std::string& key = "password", const std::string& zone = "shop") {
        BunnyOptions options{.zone = zone,
                             .access_key = Secret(key),
                             .endpoint = fmt::format("http://127.0.0.1:{}", port),
                             .public_url = "https://shop.b-cdn.example",
                             .api_url = fmt::format("http://127.0.0.1:{}", port),
                             .api_key = Secret("account-key"),
                             .pull_zone = 77};
        options.retry.first_pause = options.retry.max_pause = std::chrono::milliseconds(1);
        return {client, clock, options};
    }
    std::string control(const std::string& path, const std::string& body = {}) {
        http::Request request;
        request.method = body.empty() ? "GET" : "POST";
        request.url = fmt::format("http://127.0.0.1:{}{}", port, path);
        request.body = body;
        return io.run(client.send(request)).body;
    }
    std::size_t requests() { return parse_json(control("/__log")).as_array().size(); }

    Io io;
    SystemClock clock;
    http::CurlHttpClient client{io.io};
    support::ChildProcess server{support::node_script("bunny_stub.mjs", {"shop", "password"})};
    int port;
};

TEST_F(BunnyStandIn, PutsGetsDescribesAndRemoves) {
    auto bunny = store();
    const std::string bytes("pic\0ture", 8);
    const auto stored = io.run(bunny.put("ab/640.webp", bytes, "image/webp"));
    EXPECT_FALSE(stored.existed);
    EXPECT_TRUE(io.run(bunny.put("ab/640.webp", bytes, "image/webp")).existed);
    EXPECT_EQ(io.run(bunny.get("ab/640.webp", 8)), bytes);
    const auto found = io.run(bunny.head("ab/640.webp"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->sha256, sha256_hex(bytes));
    EXPECT_EQ(found->bytes, 8U);
    io.run(bunny.remove("ab/640.webp"));
    EXPECT_FALSE(io.run(bunny.head("ab/640.webp")));
    EXPECT_NO_THROW(io.run(bunny.remove("ab/640.webp")));
}

TEST_F(BunnyStandIn, ALargeFileArrivesWhole) {
    auto bunny = store();
    const std::string bytes(3U << 20U, 'x');
    io.run(bunny.put("big.webp", bytes, "image/webp"));
    EXPECT_EQ(io.run(bunny.get("big.webp", bytes.size())), bytes);
    EXPECT_EQ(thrown_by([&] { io.run(bunny.get("big.webp", 1U << 20U)); }).code(), "too_large");
}

TEST_F(BunnyStandIn, AWrongKeyOrZoneIsDeniedAfterOneRequest) {
    auto wrong = store("guess");
    EXPECT_EQ(thrown_by([&] { io.run(wrong.put("a.webp", "x", "image/webp")); }).code(),
              "store_denied");
    EXPECT_EQ(requests(), 1U);
    auto other = store("password", "other");
    EXPECT_EQ(thrown_by([&] { io.run(other.remove("a.webp")); }).code(), "store_denied");
}

TEST_F(BunnyStandIn, BytesThatChangeOnTheWayAreRefusedAndSentAgain) {
    auto bunny = store();
    control("/__faults", R"([null,{"corrupt":true}])");
    EXPECT_FALSE(io.run(bunny.put("a.webp", "bytes", "image/webp")).existed);
    EXPECT_EQ(io.run(bunny.get("a.webp", 5)), "bytes");
    control("/__faults", R"([null,{"corrupt":true},{"corrupt":true}])");
    EXPECT_EQ(thrown_by([&] { io.run(bunny.put("b.webp", "bytes", "image/webp")); }).code(),
              "checksum_mismatch");
    EXPECT_FALSE(io.run(bunny.head("b.webp")));
}

TEST_F(BunnyStandIn, AnUploadThatLandsNowhereIsNoticed) {
    auto bunny = store();
    control("/__faults", R"([null,{"forget":true},null,{"forget":true}])");
    EXPECT_EQ(thrown_by([&] { io.run(bunny.put("a.webp", "bytes", "image/webp")); }).code(),
              "checksum_mismatch");
}

TEST_F(BunnyStandIn, AFileThatIsRemovedIsPurgedByAddressAndByTag) {
    auto bunny = store();
    io.run(bunny.put("ab/cd/640.webp", "bytes", "image/webp"));
    io.run(bunny.remove("ab/cd/640.webp"));
    io.run(bunny.purge({"ab/cd/640.webp"}));
    const json::value purged = parse_json(control("/__purged"));
    EXPECT_EQ(purged.at("urls").at(0), "https://shop.b-cdn.example/ab/cd/640.webp");
    EXPECT_EQ(purged.at("tags").at(0), "ab-cd");
    EXPECT_EQ(parse_json(control("/__log")).at(1).at("tag"), "ab-cd") << "of the upload";
}

TEST_F(BunnyStandIn, PassingTroubleIsWaitedOut) {
    auto bunny = store();
    control("/__faults", R"([{"status":500},null,{"drop":true},null,{"status":429}])");
    EXPECT_FALSE(io.run(bunny.put("a.webp", "bytes", "image/webp")).existed);
    EXPECT_EQ(io.run(bunny.get("a.webp", 5)), "bytes");
}

}  // namespace
}  // namespace barid::media
