// A party whose JWTs are taken: the shop's own sign-in, Supabase Auth, Auth0 and the like. What it
// must say of itself, and which of its claims are which roles here. Pure, but for the keys.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "admin/access/jwt.hpp"
#include "admin/access/key_source.hpp"

namespace barid::access {

struct Issuer {
    std::string name;  ///< the configuration's: [admin.jwt.NAME]
    ClaimRules rules;
    std::vector<Algorithm> algorithms;
    /// JSON pointer to a text or a list of texts: "/app_metadata/roles".
    std::string roles_claim = "/roles";
    std::multimap<std::string, std::string> roles;  ///< theirs → ours
    std::string name_claim = "/email";              ///< JSON pointer; missing: the subject
    std::shared_ptr<KeySource> keys;
};

/// Our roles for the token's, each once, sorted; what isn't mapped gives nothing.
std::vector<std::string> roles_of(const Issuer& issuer, const Jwt& jwt);

/// What to call its bearer; at most 200 bytes.
std::string name_of(const Issuer& issuer, const Jwt& jwt);

}  // namespace barid::access
