// Token buckets, one for each caller: `burst` requests at once, `rate` a second for ever. Bounded:
// beyond `max_buckets` the one that was used longest ago starts anew. Not thread-safe.
#pragma once

#include <chrono>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.hpp"

namespace barid::access {

class RateLimiter {
  public:
    RateLimiter(double rate, double burst, std::size_t max_buckets = 10'000);

    /// Takes one; nothing when there was one, or how long to wait for the next.
    std::optional<std::chrono::seconds> take(const std::string& key, SteadyTime now);
    /// How long `take` would say to wait; takes nothing.
    [[nodiscard]] std::optional<std::chrono::seconds> empty(const std::string& key,
                                                            SteadyTime now) const;
    [[nodiscard]] std::size_t buckets() const { return order_.size(); }

  private:
    struct Bucket {
        std::string key;
        double tokens;
        SteadyTime at;
    };
    [[nodiscard]] double filled(const Bucket& bucket, SteadyTime now) const;
    [[nodiscard]] std::chrono::seconds wait(double tokens) const;

    double rate_;
    double burst_;
    std::size_t max_buckets_;
    std::list<Bucket> order_;  ///< used last first
    std::unordered_map<std::string_view, std::list<Bucket>::iterator> by_key_;
};

/// Whom to count an address as: an IPv6 client owns a network of 64 bits at least.
std::string client_network(const std::string& address);

}  // namespace barid::access
