// Who asks, and what that may do. Values; pure and thread-safe.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/access/permission.hpp"

namespace barid::access {

/// Which queues or categories a permission reaches: all (`nullopt`), or these and no others.
struct Reach {
    std::optional<std::vector<std::string>> names;

    [[nodiscard]] bool all() const { return !names; }
    [[nodiscard]] bool includes(std::string_view name) const;
};

/// The union of what roles and tokens give. Nothing is allowed by default; `admin` allows all.
class Grants {
  public:
    /// Adds a permission for everything, or for `reach`; a second one for the same permission
    /// widens it.
    void add(Permission permission, Reach reach = {});

    [[nodiscard]] bool allows(Permission permission) const { return reach(permission) != nullptr; }
    /// How far it reaches, or nullptr when it isn't granted at all.
    [[nodiscard]] const Reach* reach(Permission permission) const;
    /// As it was granted: `admin` doesn't stand for the others here.
    [[nodiscard]] const Reach* granted(Permission permission) const;
    /// True when this allows everything that `other` allows: who has this may grant that.
    [[nodiscard]] bool covers(const Grants& other) const;
    /// Only what both allow: a token never gives more than who made it has.
    [[nodiscard]] Grants meet(const Grants& other) const;

  private:
    std::array<std::optional<Reach>, kPermissions> reaches_;
};

/// An authenticated caller.
struct Principal {
    enum class Kind { token, account, jwt };

    Kind kind = Kind::token;
    /// "token:7", "account:3" or "jwt:ISSUER:SUBJECT"; what the audit log and idempotency keys use.
    std::string id;
    std::string name;  ///< for people; may hold any text
    Grants grants;
    /// The session's or token's end, as RFC 3339 text; empty when it has none.
    std::string expires_at;
    bool by_cookie = false;  ///< then requests that change something must prove their origin
    /// Signed in with a password that somebody else chose: allows nothing but changing it.
    bool must_change_password = false;
};

}  // namespace barid::access
