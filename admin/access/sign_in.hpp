// Signing in to the dashboard with a password, and out again.
//
// Statements of its own, each a whole: a failed attempt must be counted although its request
// fails. An attempt counts as a failure before the password is looked at, so that many at once
// gain nothing; who doesn't exist, is disabled or typed wrong gets one and the same answer after
// the same work. Io thread only; everything it is given must outlive it.
#pragma once

#include <chrono>
#include <string>
#include <variant>

#include "admin/access/database_gatekeeper.hpp"
#include "admin/access/password.hpp"
#include "base/secret.hpp"
#include "queue/pg/pool.hpp"

namespace barid::access {

struct SignInOptions {
    std::chrono::seconds idle{12 * 3600};          ///< a session that nobody uses ends
    std::chrono::seconds lifetime{7 * 24 * 3600};  ///< and any other after this
};

class SignIn {
  public:
    /// A new session: who it is, and the `Set-Cookie` that hands it over.
    struct Session {
        Principal who;
        std::string cookie;
    };
    using Answer = std::variant<Session, Denial>;

    SignIn(pg::Pool& pool, PasswordHasher& hasher, DatabaseGatekeeper& gatekeeper,
           SignInOptions options = {});

    awaitable<Answer> sign_in(const web::Request& request, std::string login, Secret password);
    /// Ends the request's session, or all of its account; the account's id, "" for no session.
    awaitable<std::string> sign_out(const web::Request& request, const Principal& who,
                                    bool everywhere);
    /// Ends all sessions of the account and begins a new one. 422 `weak_password` and 401
    /// `wrong_credentials` among the denials.
    awaitable<Answer> change_password(const web::Request& request, const Principal& who,
                                      Secret current, Secret wanted);
    /// For an account that somebody else gets a password for. Throws PasswordHasher::Busy.
    awaitable<std::string> hash(Secret password);
    /// A changed account or role acts in this process from the next request on.
    void forget(const std::string& principal_id) { gatekeeper_.forget(principal_id); }
    void forget_everyone() { gatekeeper_.forget_everyone(); }

  private:
    struct Attempt {
        std::string account;
        std::string hash;  ///< "" for a login that doesn't exist
        bool locks = false;
    };
    awaitable<std::variant<Attempt, Denial>> begin(const web::Request& request,
                                                   const std::string& login);
    awaitable<std::variant<PasswordHasher::Verdict, Denial>> check(std::string stored,
                                                                   Secret password);
    awaitable<Answer> finish(const web::Request& request, const std::string& account,
                             const std::string& checked_hash, const std::string& better_hash);

    pg::Pool& pool_;
    PasswordHasher& hasher_;
    DatabaseGatekeeper& gatekeeper_;
    SignInOptions options_;
};

}  // namespace barid::access
