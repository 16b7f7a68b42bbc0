// What comes out of processing one picture. Plain data; safe to move between threads.
#pragma once

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
    bool profile = false;  ///< an ICC profile was embedded
    std::string colour;    ///< the source's colour space: "srgb", "cmyk", "rgb16", "b-w", …
};

struct Variant {
    int width = 0;
    int height = 0;
    OutputFormat format = OutputFormat::webp;
    std::string bytes;
};

struct ProcessedImage {
    SourceFacts source;
    std::vector<Variant> variants;  ///< ascending by width, then in the order of OutputFormat
};

}  // namespace barid::media
