// What comes out of processing one picture. Plain data; safe to move between threads.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "media/format.hpp"

namespace barid::media {

struct SourceFacts {
    InputFormat format = InputFormat::jpeg;
    int width = 0;   ///< as displayed, after orientation
    int height = 0;  ///< as displayed, of one frame
    int orientation = 1;
    int frames = 1;
    bool alpha = false;
    bool profile = false;   ///< an ICC profile was embedded
    std::string colour;     ///< the source's colour space: "srgb", "cmyk", "rgb16", "b-w", …
    int trimmed_width = 0;  ///< what trimming left of it; 0: the recipe doesn't trim
    int trimmed_height = 0;
};

/// What a page shows before the picture is there, and where its subject is.
struct Look {
    std::string thumbhash;  ///< raw bytes, at most 25; empty: not computed
    std::array<std::uint8_t, 3> dominant{255, 255, 255};
    double attention_x = 0.5;  ///< 0 (left) to 1, of the upright source
    double attention_y = 0.5;
};

struct Variant {
    int width = 0;
    int height = 0;
    OutputFormat format = OutputFormat::webp;
    std::string bytes;
};

struct ProcessedImage {
    SourceFacts source;
    Look look = {};
    std::vector<Variant> variants;  ///< ascending by width, then in the order of OutputFormat
};

}  // namespace barid::media
