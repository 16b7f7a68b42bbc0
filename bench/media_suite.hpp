// The suite `media`: variant sets beside sharp, the cost of the sandbox, memory, uploads.
//
// Contenders are processes of their own and take turns, so that noise of the machine meets all of
// them; medians of the paired runs' ratios are printed.
#pragma once

#include <string>

namespace barid::bench {

struct MediaOptions {
    bool peers = false;
    int runs = 3;
    double scale = 1;      ///< of the numbers of pictures
    std::string only;      ///< case names that contain this; empty: all
    std::string pictures;  ///< a directory; empty: pictures made on the spot
};

void run_media_suite(const MediaOptions& options);

}  // namespace barid::bench
