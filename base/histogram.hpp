// Counts durations in fixed buckets: cheap enough for every job, read when somebody asks.
// Not thread-safe.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace barid {

struct Histogram {
    /// Upper ends in seconds; the last bucket has none.
    static constexpr std::array kBounds{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,  0.25,
                                        0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0, 300.0};

    std::array<std::uint64_t, kBounds.size() + 1> counts{};
    double sum = 0;  ///< in seconds

    void add(std::chrono::duration<double> duration) {
        std::size_t bucket = 0;
        while (bucket < kBounds.size() && duration.count() > kBounds[bucket]) ++bucket;
        ++counts[bucket];
        sum += duration.count();
    }
};

}  // namespace barid
