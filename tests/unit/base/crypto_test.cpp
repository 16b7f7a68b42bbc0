#include "base/crypto.hpp"

#include <gmock/gmock.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <set>

#include "base/error.hpp"

namespace barid {
namespace {

using ::testing::MatchesRegex;

// FIPS 180-4's examples.
TEST(Crypto, HashesWithSha256) {
    EXPECT_EQ(sha256_hex(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(sha256_hex("abc"),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(sha256_hex("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

// RFC 4231, test cases 1, 2 and 6.
TEST(Crypto, AuthenticatesWithHmacSha256) {
    EXPECT_EQ(to_hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(to_hex(hmac_sha256(std::string(131, '\xaa'),
                                 "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

// RFC 4648 §10.
TEST(Crypto, EncodesBase64) {
    const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                            {"f", "Zg=="},
                                                            {"fo", "Zm8="},
                                                            {"foo", "Zm9v"},
                                                            {"foob", "Zm9vYg=="},
                                                            {"fooba", "Zm9vYmE="},
                                                            {"foobar", "Zm9vYmFy"}};
    for (const auto& [plain, encoded] : kVectors) {
        EXPECT_EQ(base64_encode(plain), encoded);
        EXPECT_EQ(base64_decode(encoded), plain);
    }
    EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
    EXPECT_EQ(base64url_encode("f"), "Zg");
}

TEST(Crypto, RefusesBadBase64) {
    for (const char* text : {"Zg", "Zg=", "Z", "Zm9*", "Zg==Zg==", "=g==", "Z===", "====", "-__-",
                             "Zm9v\n", "Zm9 ", " Zm9vZg"}) {
        EXPECT_THROW(base64_decode(text), Error) << text;
    }
}

TEST(Crypto, WritesHexadecimal) {
    EXPECT_EQ(to_hex(std::string_view("\x00\x7f\x80\xff", 4)), "007f80ff");
}

TEST(Crypto, MakesRandomUuids) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto uuid = random_uuid();
        EXPECT_THAT(uuid, MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                       "[0-9a-f]{12}"));
        seen.insert(uuid);
    }
    EXPECT_EQ(seen.size(), 1000U);
    EXPECT_NE(random_u64(), random_u64());
}

TEST(Crypto, SignsWithRs256) {
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_RSA_gen(2048),
                                                                  &EVP_PKEY_free);
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
    ASSERT_EQ(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr),
              1);
    std::string pem(4096, '\0');
    pem.resize(
        static_cast<std::size_t>(BIO_read(out.get(), pem.data(), static_cast<int>(pem.size()))));
    const std::string signature = rs256_sign(pem, "header.claims");

    const auto verifies = [&](const std::string& data) {
        const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                              &EVP_MD_CTX_free);
        EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key.get());
        return EVP_DigestVerify(
                   context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                   signature.size(), reinterpret_cast<const unsigned char*>(data.data()),
                   data.size()) == 1;
    };
    EXPECT_TRUE(verifies("header.claims"));
    EXPECT_FALSE(verifies("header.claimz"));
}

TEST(Crypto, NeverShowsABadKey) {
    try {
        rs256_sign("-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----\n", "x");
        FAIL();
    } catch (const Error& error) {
        EXPECT_FALSE(error.transient());
        EXPECT_EQ(std::string(error.what()).find("s3cret"), std::string::npos);
    }
}

}  // namespace
}  // namespace barid
