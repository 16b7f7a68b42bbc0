#include "admin/access/rate_limiter.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <cmath>

#include "base/asio.hpp"

namespace barid::access {

RateLimiter::RateLimiter(double rate, double burst, std::size_t max_buckets)
    : rate_(rate), burst_(std::max(burst, 1.0)), max_buckets_(max_buckets) {}

double RateLimiter::filled(const Bucket& bucket, SteadyTime now) const {
    const double seconds = std::chrono::duration<double>(now - bucket.at).count();
    return std::min(burst_, bucket.tokens + std::max(seconds, 0.0) * rate_);
}

std::chrono::seconds RateLimiter::wait(double tokens) const {
    return std::chrono::seconds(
        std::max<std::int64_t>(std::llround(std::ceil((1 - tokens) / rate_)), 1));
}

std::optional<std::chrono::seconds> RateLimiter::take(const std::string& key, SteadyTime now) {
    auto found = by_key_.find(key);
    if (found == by_key_.end()) {
        if (order_.size() >= max_buckets_) {
            by_key_.erase(order_.back().key);
            order_.pop_back();
        }
        order_.push_front({key, burst_, now});
        found = by_key_.emplace(order_.front().key, order_.begin()).first;
    } else {
        order_.splice(order_.begin(), order_, found->second);
    }
    Bucket& bucket = *found->second;
    bucket.tokens = filled(bucket, now);
    bucket.at = now;
    if (bucket.tokens < 1) return wait(bucket.tokens);
    bucket.tokens -= 1;
    return std::nullopt;
}

std::optional<std::chrono::seconds> RateLimiter::empty(const std::string& key,
                                                       SteadyTime now) const {
    const auto found = by_key_.find(key);
    if (found == by_key_.end()) return std::nullopt;
    const double tokens = filled(*found->second, now);
    return tokens < 1 ? std::optional(wait(tokens)) : std::nullopt;
}

std::string client_network(const std::string& address) {
    boost::system::error_code ec;
    const auto parsed = asio::ip::make_address(address, ec);
    if (ec) return address.substr(0, 100);
    if (parsed.is_v4()) return parsed.to_string();
    const auto v6 = parsed.to_v6();
    if (v6.is_v4_mapped()) return asio::ip::make_address_v4(asio::ip::v4_mapped, v6).to_string();
    auto bytes = v6.to_bytes();
    std::fill(bytes.begin() + 8, bytes.end(), static_cast<unsigned char>(0));
    return asio::ip::address_v6(bytes).to_string() + "/64";
}

}  // namespace barid::access
