#include "media/limits.hpp"

#include <string>

#include "media/error.hpp"

namespace barid::media {
namespace {

[[noreturn]] void refuse(const Header& header, const std::string& what, std::int64_t limit) {
    throw Error(Error::Retry::permanent, "too_many_pixels",
                "the " + std::string(word(header.format)) + " claims " +
                    std::to_string(header.width) + "x" + std::to_string(header.height) +
                    " pixels in " + std::to_string(header.frames) + " frame(s); " + what +
                    " may have at most " + std::to_string(limit) + " pixels");
}

}  // namespace

bool is_buffered(const Header& header) {
    switch (header.format) {
        case InputFormat::gif:
        case InputFormat::avif:
        case InputFormat::heic:
            return true;
        case InputFormat::jpeg:
        case InputFormat::png:
        case InputFormat::webp:
            break;
    }
    return header.interlaced || header.frames > 1;
}

void check_limits(const Header& header, const Limits& limits) {
    if (header.width < 1 || header.height < 1 || header.frames < 1) {
        throw Error(Error::Retry::permanent, "corrupt_image",
                    "the " + std::string(word(header.format)) + " has no pixels");
    }
    // Sides and frames are ints of the decoder: two of them multiply safely, three may not.
    const std::int64_t pixels = header.width * header.height;
    if (is_buffered(header)) {
        if (pixels > limits.max_buffered_pixels) {
            refuse(header, "an interlaced, progressive, GIF, AVIF or HEIC picture",
                   limits.max_buffered_pixels);
        }
    } else if (pixels > limits.max_streaming_pixels) {
        refuse(header, "a picture", limits.max_streaming_pixels);
    }
    if (header.frames > 1 && pixels > limits.max_animation_pixels / header.frames) {
        refuse(header, "all frames of an animation together", limits.max_animation_pixels);
    }
}

}  // namespace barid::media
