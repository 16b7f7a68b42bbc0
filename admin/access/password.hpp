// Passwords: the rule, and Argon2id (RFC 9106) through libsodium on threads of its own.
//
// 32 MiB and three passes: more than OWASP's least (19 MiB, two), about 60 ms. At most
// `kMaxWaiting` are under way or waiting, so that guesses can't eat the memory; further ones throw
// `Busy`. The hash holds its parameters, so they can grow: `verify` gives a better hash then.
// Io thread only; awaits must end before it is destroyed.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/asio.hpp"
#include "base/error.hpp"
#include "base/run_on.hpp"
#include "base/secret.hpp"

namespace barid::access {

/// What is wrong with a new password, or nothing: 12 to 128 characters, not the login, not one
/// character again and again.
std::optional<std::string> password_problem(std::string_view password, std::string_view login);

class PasswordHasher {
  public:
    struct Cost {
        unsigned long long passes = 3;
        std::size_t memory_bytes = std::size_t{32} << 20U;
    };
    class Busy : public Error {
      public:
        Busy() : Error(Retry::transient, "too many passwords are being checked") {}
    };
    struct Verdict {
        bool right = false;
        std::string better_hash = {};  ///< "" unless the stored one is of other parameters
    };
    static constexpr std::size_t kMaxWaiting = 16;

    PasswordHasher();
    explicit PasswordHasher(Cost cost);
    ~PasswordHasher();
    PasswordHasher(const PasswordHasher&) = delete;
    PasswordHasher& operator=(const PasswordHasher&) = delete;

    awaitable<std::string> hash(Secret password);
    /// An empty `stored` is a login that doesn't exist: wrong, after the same work.
    awaitable<Verdict> verify(std::string stored, Secret password);

  private:
    struct Place;
    Cost cost_;
    std::string decoy_;  ///< no password's hash, of the same cost
    std::size_t under_way_ = 0;
    ThreadPool pool_{2};
};

/// For programs without an io thread: the command line. Takes about 60 ms.
std::string hash_password(const Secret& password);

}  // namespace barid::access
