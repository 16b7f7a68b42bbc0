#include "media/format.hpp"

namespace barid::media {

std::string_view word(InputFormat format) {
    switch (format) {
        case InputFormat::jpeg:
            return "jpeg";
        case InputFormat::png:
            return "png";
        case InputFormat::webp:
            return "webp";
        case InputFormat::gif:
            return "gif";
        case InputFormat::avif:
            return "avif";
        case InputFormat::heic:
            return "heic";
    }
    return "unknown";
}

std::string_view word(OutputFormat format) {
    switch (format) {
        case OutputFormat::webp:
            return "webp";
        case OutputFormat::avif:
            return "avif";
        case OutputFormat::jpeg:
            return "jpeg";
    }
    return "unknown";
}

std::optional<OutputFormat> output_format(std::string_view text) {
    for (std::uint8_t i = 0; i < kOutputFormatCount; ++i) {
        const auto format = static_cast<OutputFormat>(i);
        if (word(format) == text) return format;
    }
    return std::nullopt;
}

std::string_view content_type(OutputFormat format) {
    switch (format) {
        case OutputFormat::webp:
            return "image/webp";
        case OutputFormat::avif:
            return "image/avif";
        case OutputFormat::jpeg:
            return "image/jpeg";
    }
    return "application/octet-stream";
}

std::string_view extension(OutputFormat format) {
    return format == OutputFormat::jpeg ? std::string_view("jpg") : word(format);
}

}  // namespace barid::media
