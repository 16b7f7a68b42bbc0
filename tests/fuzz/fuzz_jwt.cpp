// Any bytes as a token, as claims of a token that is otherwise well formed, as a key set and as a
// public key: taken or refused, never anything else, and nothing is ever let in.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "admin/access/issuer.hpp"
#include "base/crypto.hpp"

namespace {

using namespace barid::access;

constexpr std::string_view kKey = R"({"keys":[{"kty":"OKP","crv":"Ed25519","kid":"one",)"
                                  R"("x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})";

void verify(std::string_view text, const std::vector<VerifyKey>& keys) {
    static const std::vector<Algorithm> all = {Algorithm::rs256, Algorithm::es256,
                                               Algorithm::eddsa};
    const auto jwt = read_jwt(text);
    if (!jwt) return;
    // Nobody has the private key.
    if (!check_signature(*jwt, keys, all)) std::abort();
    const barid::SystemTime now{std::chrono::seconds(1'800'000'000)};
    if (!check_claims(*jwt, {.issuer = "i", .audiences = {"a"}}, now)) (void)expiry(*jwt);
    const Issuer issuer{.name = "n",
                        .rules = {},
                        .algorithms = {},
                        .roles_claim = "/a/roles",
                        .roles = {{"x", "admin"}},
                        .keys = {}};
    (void)roles_of(issuer, *jwt);
    (void)name_of(issuer, *jwt);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const std::vector<VerifyKey> keys = parse_key_set(kKey);
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    verify(text, keys);
    const std::string head = barid::base64url_encode(R"({"alg":"EdDSA","kid":"one"})");
    verify(head + "." + barid::base64url_encode(text) + "." +
               barid::base64url_encode(std::string(64, 's')),
           keys);
    try {
        for (const VerifyKey& key : parse_key_set(text)) (void)key.verify("text", text);
    } catch (const barid::Error&) {
    }
    (void)VerifyKey::from_pem(std::string(text));
    return 0;
}
