#include "media/stores/bunny_store.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "base/crypto.hpp"
#include "media/stores/signed_url.hpp"
#include "tests/unit/media_stores/expect_error.hpp"
#include "tests/unit/media_stores/fake_http_client.hpp"

namespace barid::media {
namespace {

using Methods = std::vector<std::string>;

BunnyOptions options() {
    BunnyOptions result{.zone = "shop-img",
                        .access_key = Secret("zone-password"),
                        .public_url = "https://shop.b-cdn.example"};
    result.retry.first_pause = result.retry.max_pause = std::chrono::milliseconds(1);
    return result;
}

std::string upper(std::string text) {
    for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return text;
}

http::Response record(const std::string& bytes) {
    return respond(200, fmt::format(R"({{"ObjectName":"b.webp","Length":{},"IsDirectory":false,)"
                                    R"("Checksum":"{}"}})",
                                    bytes.size(), upper(sha256_hex(bytes))));
}

class BunnyStoreTest : public testing::Test {
  protected:
    void script(std::vector<http::Response> puts, std::vector<http::Response> records) {
        client.answer = [puts, records, this](const http::Request& request) {
            const bool describe = request.method == "DESCRIBE";
            const auto& list = describe ? records : puts;
            auto& next = describe ? next_record : next_put;
            return list.at(std::min(next++, list.size() - 1));
        };
    }
    StoredObject put() { return run(store.put("a/b.webp", "bytes", "image/webp")); }

    FakeHttpClient client;
    FixedClock clock;
    BunnyStore store{client, clock, options()};
    std::size_t next_put = 0;
    std::size_t next_record = 0;
};

TEST_F(BunnyStoreTest, PutsWithTheUpperCaseChecksumAndVerifies) {
    script({respond(201)}, {respond(404), record("bytes")});
    const auto stored = put();
    EXPECT_FALSE(stored.existed);
    EXPECT_EQ(stored.url, "https://shop.b-cdn.example/a/b.webp");
    EXPECT_EQ(stored.sha256, sha256_hex("bytes"));
    EXPECT_EQ(client.methods(), (Methods{"DESCRIBE", "PUT", "DESCRIBE"}));
    const auto& request = client.requests.at(1);
    EXPECT_EQ(request.url, "https://storage.bunnycdn.com/shop-img/a/b.webp");
    EXPECT_EQ(request.body, "bytes");
    EXPECT_EQ(header_of(request, "AccessKey"), "zone-password");
    EXPECT_EQ(header_of(request, "Checksum"), upper(sha256_hex("bytes")));
    EXPECT_EQ(header_of(request, "Content-Type"), "image/webp");
}

TEST_F(BunnyStoreTest, DoesNotSendBytesThatAreThere) {
    script({respond(500)}, {record("bytes")});
    EXPECT_TRUE(put().existed);
    EXPECT_EQ(client.methods(), (Methods{"DESCRIBE"}));
}

TEST_F(BunnyStoreTest, ReplacesADamagedCopy) {
    script({respond(201)}, {record("bytez"), record("bytes")});
    EXPECT_FALSE(put().existed);
}

TEST_F(BunnyStoreTest, AnUploadThatLandsNowhereIsAMismatchAfterTwoTries) {
    script({respond(201)}, {respond(404)});
    const auto error = thrown_by([&] { put(); });
    EXPECT_EQ(error.code(), "checksum_mismatch");
    EXPECT_EQ(client.methods(), (Methods{"DESCRIBE", "PUT", "DESCRIBE", "PUT", "DESCRIBE"}));
}

TEST_F(BunnyStoreTest, AChecksumThatTheServerRefusesIsSentOnceMore) {
    const auto refused = respond(400, R"({"HttpCode":400,"Message":"Checksum mismatch"})");
    script({refused, respond(201)}, {respond(404), record("bytes")});
    EXPECT_FALSE(put().existed);
    next_put = next_record = 0;
    client.requests.clear();
    script({refused}, {respond(404)});
    EXPECT_EQ(thrown_by([&] { put(); }).code(), "checksum_mismatch");
    EXPECT_EQ(client.methods(), (Methods{"DESCRIBE", "PUT", "PUT"}));
}

TEST_F(BunnyStoreTest, AWrongKeyIsPermanentNamesTheRegionAndHidesTheKey) {
    client.answer = [](const auto&) { return respond(401, R"({"Message":"Unauthorized"})"); };
    const auto error = thrown_by([&] { put(); });
    EXPECT_EQ(error.code(), "store_denied");
    EXPECT_FALSE(error.transient());
    const std::string text = error.what();
    EXPECT_NE(text.find("region"), std::string::npos);
    EXPECT_EQ(text.find("zone-password"), std::string::npos);
    EXPECT_EQ(client.requests.size(), 1U) << "a 401 is never repeated";
}

TEST_F(BunnyStoreTest, NamesWithoutAnExtensionNeverReachTheWire) {
    for (const std::string key : {"a/b", "a.b/c", "a."}) {
        EXPECT_EQ(thrown_by([&] { run(store.head(key)); }).code(), "bad_key") << key;
    }
    EXPECT_TRUE(client.requests.empty());
}

TEST_F(BunnyStoreTest, ARecordThatCantBeReadIsNotTakenForAnObject) {
    for (const std::string body : {"", "[]", "{", R"({"Length":"5"})", R"({"Length":-1})",
                                   R"({"Length":5,"IsDirectory":true})"}) {
        client.answer = [body](const auto&) { return respond(200, body); };
        EXPECT_EQ(thrown_by([&] { run(store.head("a.webp")); }).code(), "store_unreachable")
            << body;
    }
    client.answer = [](const auto&) { return respond(200, R"({"Length":5,"Checksum":null})"); };
    EXPECT_EQ(run(store.head("a.webp")).value().sha256, "");
}

TEST_F(BunnyStoreTest, GetAndRemoveKnowAbsence) {
    client.answer = [](const auto&) { return respond(404); };
    EXPECT_EQ(thrown_by([&] { run(store.get("a.webp", 9)); }).code(), "not_found");
    EXPECT_NO_THROW(run(store.remove("a.webp")));
    client.answer = [](const auto&) { return respond(200, "bytes"); };
    EXPECT_EQ(run(store.get("a.webp", 5)), "bytes");
    EXPECT_EQ(thrown_by([&] { run(store.get("a.webp", 4)); }).code(), "too_large");
}

TEST_F(BunnyStoreTest, TagsAnUploadWithItsSet) {
    script({respond(201)}, {respond(404), record("bytes")});
    (void)run(store.put("ab12/9f8e/640.webp", "bytes", "image/webp"));
    EXPECT_EQ(header_of(client.requests.at(1), "CDN-Tag"), "ab12-9f8e");
    EXPECT_EQ(BunnyStore::tag_of("a.webp"), "");
}

TEST_F(BunnyStoreTest, PurgesEachAddressAndEachTagOnce) {
    auto wanted = options();
    wanted.api_key = Secret("account-key");
    wanted.pull_zone = 77;
    BunnyStore with_api(client, clock, wanted);
    client.answer = [](const auto&) { return respond(204); };
    run(with_api.purge({"ab/cd/1.webp", "ab/cd/2.webp"}));
    ASSERT_EQ(client.requests.size(), 3U);
    EXPECT_EQ(client.requests[0].url,
              "https://api.bunny.net/purge?url=https%3A%2F%2Fshop.b-cdn.example%2Fab%2Fcd%2F1.webp"
              "&async=false");
    EXPECT_EQ(client.requests[2].url, "https://api.bunny.net/pullzone/77/purgeCache");
    EXPECT_EQ(client.requests[2].body, R"({"CacheTag":"ab-cd"})");
    for (const auto& request : client.requests) {
        EXPECT_EQ(request.method, "POST");
        EXPECT_EQ(header_of(request, "AccessKey"), "account-key");
    }
    client.requests.clear();
    run(store.purge({"ab/cd/1.webp"}));
    EXPECT_TRUE(client.requests.empty()) << "nothing is purged without the account's key";
}

TEST_F(BunnyStoreTest, SaysWhatIsWrongWithAPurge) {
    auto wanted = options();
    wanted.api_key = Secret("account-key");
    wanted.pull_zone = 77;
    BunnyStore with_api(client, clock, wanted);
    client.answer = [](const auto&) { return respond(401); };
    const auto denied = thrown_by([&] { run(with_api.purge({"a/b/1.webp"})); });
    EXPECT_EQ(denied.code(), "store_denied");
    EXPECT_EQ(std::string(denied.what()).find("account-key"), std::string::npos);
    client.answer = [](const http::Request& request) {
        return respond(request.url.ends_with("purgeCache") ? 404 : 200);
    };
    const auto missing = thrown_by([&] { run(with_api.purge({"a/b/1.webp"})); });
    EXPECT_NE(std::string(missing.what()).find("pull zone"), std::string::npos);
}

TEST_F(BunnyStoreTest, SignsThePathOfItsAddress) {
    auto wanted = options();
    wanted.token_key = Secret("k");
    wanted.prefix = "img";
    BunnyStore with_token(client, clock, wanted);
    const std::chrono::sys_seconds at{std::chrono::seconds(1'800'000'000)};
    EXPECT_EQ(
        with_token.signed_url("a/b.webp", at),
        "https://shop.b-cdn.example/img/a/b.webp?" + sign_bunny(Secret("k"), "/img/a/b.webp", at));
    EXPECT_EQ(store.signed_url("a/b.webp", at), store.url("a/b.webp"));
}

TEST(BunnyEndpoint, KnowsTheRegions) {
    EXPECT_EQ(bunny_endpoint("de"), "https://storage.bunnycdn.com");
    EXPECT_EQ(bunny_endpoint("syd"), "https://syd.storage.bunnycdn.com");
    EXPECT_EQ(thrown_by([] { bunny_endpoint("mars"); }).code(), "store_misconfigured");
}

TEST(BunnyOptions, ThatCantWorkAreRefusedAtOnce) {
    FakeHttpClient client;
    const FixedClock clock;
    const auto refused = [&](auto change) {
        auto wanted = options();
        change(wanted);
        return thrown_by([&] { BunnyStore(client, clock, wanted); }).code();
    };
    const std::string misconfigured = "store_misconfigured";
    EXPECT_EQ(refused([](auto& o) { o.zone = "a/b"; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.access_key = Secret(); }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.access_key = Secret("a\r\nb"); }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.endpoint = "http://storage.example"; }), misconfigured);
    EXPECT_EQ(refused([](auto& o) { o.public_url = "shop"; }), misconfigured);
}

}  // namespace
}  // namespace barid::media
