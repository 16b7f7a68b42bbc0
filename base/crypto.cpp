#include "base/crypto.hpp"

#include <openssl/bio.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/error.hpp"

namespace barid {
namespace {

struct FreeBio {
    void operator()(BIO* p) const { BIO_free(p); }
};
struct FreeKey {
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
};
struct FreeDigest {
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
};

const unsigned char* bytes_of(std::string_view s) {
    return reinterpret_cast<const unsigned char*>(s.data());
}

void require(bool ok, const char* what) {
    if (ok) return;
    ERR_clear_error();  // OpenSSL's queue may quote key material; it is never shown.
    throw Error(Error::Retry::permanent, std::string("crypto: ") + what);
}

}  // namespace

Sha256Digest sha256(std::string_view data) {
    Sha256Digest digest;
    unsigned size = 0;
    require(EVP_Digest(data.data(), data.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1,
            "SHA-256 failed");
    return digest;
}

std::string sha256_hex(std::string_view data) {
    return to_hex(sha256(data));
}

Sha256Digest hmac_sha256(std::string_view key, std::string_view data) {
    Sha256Digest digest;
    unsigned size = 0;
    require(HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()), bytes_of(data),
                 data.size(), digest.data(), &size) != nullptr,
            "HMAC failed");
    return digest;
}

std::string to_hex(std::string_view bytes) {
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string out;
    out.reserve(bytes.size() * 2);
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        out += kDigits[byte >> 4U];
        out += kDigits[byte & 15U];
    }
    return out;
}

std::string to_hex(const Sha256Digest& digest) {
    return to_hex(std::string_view(reinterpret_cast<const char*>(digest.data()), digest.size()));
}

std::string base64_encode(std::string_view bytes) {
    std::string out(4 * ((bytes.size() + 2) / 3) + 1, '\0');
    const int size = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(bytes),
                                     static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(size));
    return out;
}

std::string base64url_encode(std::string_view bytes) {
    std::string out = base64_encode(bytes);
    while (!out.empty() && out.back() == '=') out.pop_back();
    for (char& c : out) {
        if (c == '+') c = '-';
        if (c == '/') c = '_';
    }
    return out;
}

std::optional<std::string> base64url_decode(std::string_view text) {
    std::string standard(text);
    for (char& c : standard) {
        if (c == '+' || c == '/' || c == '=') return std::nullopt;
        if (c == '-') c = '+';
        if (c == '_') c = '/';
    }
    if (standard.size() % 4 == 1) return std::nullopt;
    standard.append((4 - standard.size() % 4) % 4, '=');
    try {
        std::string bytes = base64_decode(standard);
        if (base64url_encode(bytes) != text) return std::nullopt;
        return bytes;
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::string base64_decode(std::string_view text) {
    require(text.size() % 4 == 0, "base64: length is not a multiple of four");
    std::size_t padding = 0;
    while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') {
        ++padding;
    }
    // OpenSSL itself takes blanks at the ends and padding anywhere.
    const auto is_digit = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
               c == '+' || c == '/';
    };
    const auto digits = text.substr(0, text.size() - padding);
    require(std::all_of(digits.begin(), digits.end(), is_digit), "base64: invalid character");
    std::string out(text.size() / 4 * 3, '\0');
    const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()), bytes_of(text),
                                     static_cast<int>(text.size()));
    require(size >= 0, "base64: invalid character");
    out.resize(static_cast<std::size_t>(size) - padding);
    return out;
}

std::optional<std::string> webhook_key(std::string_view secret) {
    constexpr std::string_view kPrefix = "whsec_";
    if (!secret.starts_with(kPrefix)) return std::nullopt;
    try {
        std::string key = base64_decode(secret.substr(kPrefix.size()));
        if (key.size() < 24 || key.size() > 64) return std::nullopt;
        return key;
    } catch (const Error&) {
        return std::nullopt;
    }
}

bool same_bytes(std::string_view a, std::string_view b) {
    return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

std::string random_bytes(std::size_t size) {
    std::string bytes(size, '\0');
    auto* out = reinterpret_cast<unsigned char*>(bytes.data());
    require(RAND_bytes(out, static_cast<int>(size)) == 1, "no random bytes");
    return bytes;
}

std::uint64_t random_u64() {
    std::uint64_t value = 0;
    std::memcpy(&value, random_bytes(sizeof value).data(), sizeof value);
    return value;
}

std::string random_uuid() {
    unsigned char b[16];
    require(RAND_bytes(b, sizeof b) == 1, "no random bytes");
    b[6] = static_cast<unsigned char>((b[6] & 0x0FU) | 0x40U);
    b[8] = static_cast<unsigned char>((b[8] & 0x3FU) | 0x80U);
    std::string hex = to_hex(std::string_view(reinterpret_cast<const char*>(b), sizeof b));
    for (const std::size_t at : {20U, 16U, 12U, 8U}) hex.insert(at, "-");
    return hex;
}

std::string rs256_sign(const std::string& pem_private_key, std::string_view data) {
    const std::unique_ptr<BIO, FreeBio> bio(
        BIO_new_mem_buf(pem_private_key.data(), static_cast<int>(pem_private_key.size())));
    require(bio != nullptr, "out of memory");
    const std::unique_ptr<EVP_PKEY, FreeKey> key(
        PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
    require(key != nullptr, "the private key is not a readable PEM key");
    const std::unique_ptr<EVP_MD_CTX, FreeDigest> digest(EVP_MD_CTX_new());
    require(EVP_DigestSignInit(digest.get(), nullptr, EVP_sha256(), nullptr, key.get()) == 1,
            "the private key cannot sign with RS256");
    std::size_t size = 0;
    require(EVP_DigestSign(digest.get(), nullptr, &size, bytes_of(data), data.size()) == 1,
            "RS256 signing failed");
    std::string signature(size, '\0');
    require(EVP_DigestSign(digest.get(), reinterpret_cast<unsigned char*>(signature.data()), &size,
                           bytes_of(data), data.size()) == 1,
            "RS256 signing failed");
    signature.resize(size);
    return signature;
}

}  // namespace barid
