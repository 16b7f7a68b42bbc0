// The door: tokens and sessions that the database knows, and JWTs of configured issuers.
//
// What was found out about a caller is kept for `memory`, so a revoked token, a disabled account
// and a changed role act within that time everywhere (at once in the process that signs out). Who
// isn't known, or shows nothing, spends the tokens of a bucket of its address: guessing is slow and
// never becomes database load. Nothing grows without bound. Io thread only; everything it is given
// must outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <unordered_map>
#include <vector>

#include "admin/access/credentials.hpp"
#include "admin/access/gatekeeper.hpp"
#include "admin/access/issuer.hpp"
#include "admin/access/rate_limiter.hpp"
#include "base/clock.hpp"
#include "base/log.hpp"
#include "queue/pg/pool.hpp"

namespace barid::access {

struct GatekeeperOptions {
    double rate = 50;    ///< requests a second of one caller, for ever
    double burst = 200;  ///< and at once
    /// Of one address, for what isn't let in.
    double stranger_rate = 2;
    double stranger_burst = 60;
    std::chrono::seconds memory{10};
    std::vector<Issuer> issuers = {};
};

class DatabaseGatekeeper final : public Gatekeeper {
  public:
    DatabaseGatekeeper(pg::Pool& pool, const Clock& clock, GatekeeperOptions options,
                       log::Logger logger);

    awaitable<std::variant<Principal, Denial>> admit(const web::Request& request) override;

    /// The next request of these callers is looked up anew.
    void forget(const std::string& principal_id);
    void forget_everyone() { remembered_.clear(); }
    /// A request that nobody needs to be known for counts for its address; why not, or nothing.
    std::optional<Denial> admit_stranger(const web::Request& request);

    static constexpr std::size_t kMaxRemembered = 1000;

  private:
    struct Remembered {
        Principal who;
        SteadyTime until;
    };
    using Verdict = std::variant<Principal, Denial>;

    awaitable<Verdict> look_up(const Credentials& credentials, SteadyTime* until);
    awaitable<Verdict> token(std::string text, SteadyTime* until);
    awaitable<Verdict> session(std::string text, SteadyTime* until);
    awaitable<Verdict> jwt(std::string text, SteadyTime* until);
    void remember(const std::string& key, const Principal& who, SteadyTime until);

    pg::Pool& pool_;
    const Clock& clock_;
    GatekeeperOptions options_;
    log::Logger log_;
    RateLimiter callers_;
    RateLimiter strangers_;
    std::unordered_map<std::string, Remembered> remembered_;  ///< by the credentials' hash
};

}  // namespace barid::access
