// [admin.jwt.NAME]: whose JWTs are taken.
#include <gmock/gmock.h>

#include "config/key.hpp"
#include "tests/unit/config/fixture.hpp"

namespace barid::config {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class AdminJwtKeys : public ConfigTest {};

constexpr const char* kShop =
    "[admin.jwt.shop]\nissuer = 'https://shop.example'\naudience = ['barid']\n"
    "jwks_url = 'https://shop.example/keys?v=1'\nroles = ['shop_admin=admin', 'a=b=support']\n";

TEST_F(AdminJwtKeys, ComeFromTheFileAndTheEnvironment) {
    const Settings settings = load_text(kShop, {{"BARID_ADMIN_JWT_SHOP_ALGORITHMS", "ES256"}});
    const AdminJwt& shop = settings.admin.jwt.at("shop");
    EXPECT_EQ(shop.issuer, "https://shop.example");
    EXPECT_THAT(shop.roles, ElementsAre("shop_admin=admin", "a=b=support"));
    EXPECT_THAT(shop.algorithms, ElementsAre("ES256"));
    EXPECT_THAT(render(settings), HasSubstr("[admin.jwt.shop]"));
}

TEST_F(AdminJwtKeys, NeedWhatVerifyingNeeds) {
    EXPECT_THAT(problems("[admin.jwt.shop]\nroles_claim = '/roles'\n"),
                ElementsAre(HasSubstr("admin.jwt.shop.issuer: is required"),
                            HasSubstr("admin.jwt.shop.audience: is required"),
                            HasSubstr("admin.jwt.shop.roles: is required"),
                            HasSubstr("admin.jwt.shop.jwks_url: is required")));
}

TEST_F(AdminJwtKeys, FetchKeysOverHttpsOrFromThisMachineOnly) {
    for (const char* url : {"http://127.0.0.1:8080/keys", "http://localhost/keys",
                            "http://[::1]:1/keys", "https://a.example/keys"}) {
        EXPECT_THAT(problems(std::string(kShop) +
                             "[admin.jwt.b]\nissuer = 'b'\naudience = ['b']\n"
                             "roles = ['a=b']\njwks_url = '" +
                             url + "'\n"),
                    testing::IsEmpty())
            << url;
    }
    for (const char* url : {"http://shop.example/keys", "http://localhost.evil.example/keys",
                            "http://127.0.0.1.evil.example/", "ftp://a.example", "keys",
                            "https://user:pass@a.example/keys"}) {
        EXPECT_THAT(problems(std::string("[admin.jwt.b]\nissuer = 'b'\naudience = ['b']\n"
                                         "roles = ['a=b']\npublic_key_file = 'x'\njwks_url = '") +
                             url + "'\n"),
                    ElementsAre(HasSubstr("must be an https URL")))
            << url;
    }
}

TEST_F(AdminJwtKeys, RefuseOtherAlgorithmsAndRoles) {
    const std::string rest =
        "issuer = 'b'\naudience = ['b']\npublic_key_file = 'x'\n[admin]\nrate_limit = 1\n";
    EXPECT_THAT(problems("[admin.jwt.b]\nroles = ['a=b']\nalgorithms = ['HS256']\n" + rest),
                ElementsAre(HasSubstr("must be a list of RS256, ES256 and EdDSA")));
    for (const char* pair : {"admin", "=admin", "a=", "a=B", "a=1b"}) {
        EXPECT_THAT(problems("[admin.jwt.b]\nroles = ['" + std::string(pair) + "']\n" + rest),
                    ElementsAre(HasSubstr("a role of theirs = a role of Barid's")))
            << pair;
    }
}

}  // namespace
}  // namespace barid::config
