// Counters that parts of the program keep and /metrics reads: plain numbers, no names, no locks.
//
// Each belongs to the io thread that counts into it and outlives who counts. What is a label
// later (a group of routes) comes from the program's own lists, never from a request, and is
// bounded here all the same.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/histogram.hpp"

namespace barid {

/// Requests and how they ended. Index 0 holds those without an answer, 1 to 5 those with a status
/// 1xx to 5xx.
struct CallMeter {
    static constexpr std::array<const char*, 6> kClasses{"none", "1xx", "2xx", "3xx", "4xx", "5xx"};

    std::array<std::uint64_t, 6> answers{};
    Histogram duration;

    /// `status` 0: there was no answer.
    void add(int status, std::chrono::duration<double> took) {
        const bool known = status >= 100 && status < 600;
        ++answers[known ? static_cast<std::size_t>(status / 100) : 0];
        duration.add(took);
    }
};

/// The admin's server. The dispatcher counts each request it answered, also those it refused,
/// under its route's group ("jobs", "notifications", "static"); refusals before there is a route
/// go under "refused".
struct AdminMeter {
    static constexpr std::size_t kMaxGroups = 32;

    std::map<std::string, CallMeter, std::less<>> requests;
    std::size_t event_clients = 0;          ///< server-sent event streams that are open
    std::uint64_t event_clients_total = 0;  ///< that were opened
    std::uint64_t sign_ins = 0;             ///< that succeeded
    std::uint64_t sign_in_failures = 0;     ///< wrong password or unusable token
    std::uint64_t lock_outs = 0;            ///< refused unlooked, after too many failures
    std::uint64_t rate_limited = 0;         ///< answered 429

    void request(std::string_view group, int status, std::chrono::duration<double> took) {
        auto found = requests.find(group);
        if (found == requests.end()) {
            const bool full = requests.size() >= kMaxGroups;
            found = requests.try_emplace(full ? std::string("other") : std::string(group)).first;
        }
        found->second.add(status, took);
    }
};

}  // namespace barid
