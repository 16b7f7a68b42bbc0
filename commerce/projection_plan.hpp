// What a rebuild decides between its steps. Pure: numbers in, numbers out.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace barid::commerce {

/// Of one version, as its readers would see it.
struct Counted {
    std::int64_t rows = 0;
    std::string hash;
    bool operator==(const Counted&) const = default;
};

enum class Verdict : std::uint8_t { same, again, different };

struct Comparison {
    Counted live;
    Counted built;
    int tries = 1;                            ///< this one included
    std::chrono::milliseconds since_fill{0};  ///< since the last row was filled in
    std::chrono::milliseconds patience{0};    ///< how long events may take to arrive
};

/// Whether the two agree. The new version read the shop's tables, so it may be ahead of the events
/// that are still on their way to the live one; it can't be once they have arrived.
Verdict judge(const Comparison& comparison, int least_tries);

/// Rows of the next step: each should hold up the live events for half a second at most.
int next_batch(int batch, std::chrono::milliseconds took, int most);

/// What live events get between two steps: a quarter of the step, and at most a quarter second.
std::chrono::milliseconds pause_after(std::chrono::milliseconds took);

/// Before the swap is tried again: readers that stand in its way get longer each time.
std::chrono::milliseconds swap_pause(int tries);

/// How far the filling is, of the rows that the live version has; never quite all.
double filled_share(std::int64_t done, std::int64_t expected);

/// "the live version has 10 rows (hash a), the new one 9 (hash b)".
std::string told(const Counted& live, const Counted& built);

}  // namespace barid::commerce
