// Pictures as the measured process: `barid_bench --role media MODE OUT ROUNDS FILE…`.
//
// Makes the variants of every file, ROUNDS times over, two pictures at a time, in the sandbox's
// children (or, for a MODE with "-inprocess", on two threads of this process: a worker without a
// sandbox). With OUT other than "-", the first round's files are kept there as
// NAME.WIDTH.EXT. Prints
// `RESULT seconds cpu_s rss_kb images variants bytes rss_quarter_kb`: CPU and memory are this
// process' and its children's together; memory is the peak of the sum, sampled after each picture,
// and what it was after a quarter of them.
#pragma once

#include <string>
#include <vector>

#include "media/recipe.hpp"

namespace barid::bench {

struct MediaRole {
    std::string mode;  ///< same, defaults (or either with "-inprocess"), avif
    std::string out = "-";
    int rounds = 1;
    std::vector<std::string> files;
};

/// same: WebP q80 effort 4 and progressive JPEG q80, what sharp is told; defaults: the same
/// qualities at Barid's own effort; avif: AVIF at 640 and 1080 as Barid makes it by default.
[[nodiscard]] media::Recipe bench_recipe(const std::string& mode);

int run_media_role(const MediaRole& role);

}  // namespace barid::bench
