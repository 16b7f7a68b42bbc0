#include "commerce/projection_plan.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace barid::commerce {
namespace {

using namespace std::chrono_literals;

constexpr auto kLongStep = 500ms;
constexpr auto kShortStep = 150ms;
constexpr int kLeastRows = 50;

}  // namespace

Verdict judge(const Comparison& c, int least_tries) {
    if (c.live == c.built) return Verdict::same;
    const bool has_waited = c.tries >= least_tries && c.since_fill >= c.patience;
    return has_waited ? Verdict::different : Verdict::again;
}

int next_batch(int batch, std::chrono::milliseconds took, int most) {
    if (took > kLongStep) return std::clamp(batch / 2, std::min(kLeastRows, most), most);
    if (took < kShortStep) return batch > most / 2 ? most : batch * 2;
    return std::min(batch, most);
}

std::chrono::milliseconds pause_after(std::chrono::milliseconds took) {
    return std::clamp<std::chrono::milliseconds>(took / 4, 0ms, 250ms);
}

std::chrono::milliseconds swap_pause(int tries) {
    return std::min<std::chrono::milliseconds>(200ms * (1 << std::clamp(tries, 0, 6)), 10s);
}

double filled_share(std::int64_t done, std::int64_t expected) {
    if (expected <= 0) return done > 0 ? 0.9 : 0.0;
    return std::min(0.95, static_cast<double>(done) / static_cast<double>(expected));
}

std::string told(const Counted& live, const Counted& built) {
    return fmt::format("the live version has {} rows (hash {}), the new one {} (hash {})",
                       live.rows, live.hash, built.rows, built.hash);
}

}  // namespace barid::commerce
