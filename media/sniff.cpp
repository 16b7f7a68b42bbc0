#include "media/sniff.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>

#include "media/error.hpp"

namespace barid::media {
namespace {

using namespace std::string_view_literals;

constexpr std::size_t kTextWindow = 1024;  ///< how far markup is looked for

std::uint32_t big_endian(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < 4; ++i) {
        value = (value << 8U) | static_cast<unsigned char>(bytes[at + i]);
    }
    return value;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i > 0; --i) {
        value = (value << 8U) | static_cast<unsigned char>(bytes[at + i - 1]);
    }
    return value;
}

/// ISO base media file: AVIF, HEIC, or a film.
Sniffed sniff_ftyp(std::string_view bytes) {
    const std::size_t end =
        std::min<std::size_t>({bytes.size(), std::max<std::size_t>(big_endian(bytes, 0), 16), 512});
    bool avif = false;
    bool heic = false;
    bool still = false;
    for (std::size_t at = 8; at + 4 <= end; at += 4) {
        if (at == 12) continue;  // the minor version
        const std::string_view brand = bytes.substr(at, 4);
        avif = avif || brand == "avif" || brand == "avis";
        heic = heic || brand == "heic" || brand == "heix" || brand == "heim" || brand == "heis" ||
               brand == "hevc" || brand == "hevx";
        still = still || brand == "mif1" || brand == "msf1";
    }
    if (avif) return {.format = InputFormat::avif, .other = {}};
    if (heic) return {.format = InputFormat::heic, .other = {}};
    if (still) return {.format = {}, .other = "heif of an unknown codec", .picture = true};
    return {.format = {}, .other = "video"};
}

struct Magic {
    std::string_view start;
    std::string_view other;
    bool picture;
};

constexpr std::array kOthers = {
    Magic{"II*\0"sv, "tiff", true},
    Magic{"MM\0*"sv, "tiff", true},
    Magic{"II+\0"sv, "tiff", true},
    Magic{"MM\0+"sv, "tiff", true},
    Magic{"BM"sv, "bmp", true},
    Magic{"8BPS"sv, "psd", true},
    Magic{"\xFF\x0A"sv, "jxl", true},
    Magic{"\0\0\0\x0CJXL \r\n\x87\n"sv, "jxl", true},
    Magic{"\0\0\0\x0CjP  \r\n\x87\n"sv, "jpeg2000", true},
    Magic{"\0\0\1\0"sv, "ico", true},
    Magic{"v/1\x01"sv, "exr", true},
    Magic{"\x28\xB5\x2F\xFD"sv, "zstd", false},
    Magic{"PK\x03\x04"sv, "zip", false},
    Magic{"\x1F\x8B"sv, "gzip", false},
    Magic{"\x7F"
          "ELF"sv,
          "program", false},
    Magic{"MZ"sv, "program", false},
    Magic{"%!PS"sv, "postscript", false},
    Magic{"\x1A\x45\xDF\xA3"sv, "video", false},
};

std::string lower_window(std::string_view bytes) {
    std::string text(bytes.substr(0, kTextWindow));
    std::ranges::transform(text, text.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return text;
}

Sniffed sniff_text(std::string_view bytes) {
    const std::string text = lower_window(bytes);
    if (text.find("%pdf-") != std::string::npos) return {.format = {}, .other = "pdf"};
    const std::size_t first = text.find_first_not_of(" \t\r\n\xEF\xBB\xBF");
    if (first == std::string::npos) return {.format = {}, .other = "unknown"};
    const char c = text[first];
    if (c == '<') {
        if (text.find("<svg") != std::string::npos) {
            return {.format = {}, .other = "svg", .picture = true};
        }
        const bool html = text.find("<html") != std::string::npos ||
                          text.find("<!doctype html") != std::string::npos ||
                          text.find("<head") != std::string::npos ||
                          text.find("<body") != std::string::npos;
        return {.format = {}, .other = html ? "html" : "xml"};
    }
    if (c == '{' || c == '[') return {.format = {}, .other = "json"};
    const bool printable = std::ranges::all_of(text, [](char ch) {
        return (ch >= ' ' && ch != '\x7F') || ch == '\n' || ch == '\r' || ch == '\t' || ch < 0;
    });
    return {.format = {}, .other = printable ? "text" : "unknown"};
}

bool png_truncated(std::string_view bytes) {
    std::size_t at = 8;
    while (at + 12 <= bytes.size()) {
        const std::uint64_t length = big_endian(bytes, at);
        if (bytes.substr(at + 4, 4) == "IEND") return false;
        if (length > bytes.size() - at - 12) return true;
        at += 12 + length;
    }
    return true;
}

bool boxes_truncated(std::string_view bytes) {
    std::size_t at = 0;
    while (at + 8 <= bytes.size()) {
        const std::uint64_t length = big_endian(bytes, at);
        if (length == 0) return false;  // the last box reaches to the end, whatever it is
        if (length < 8) return false;   // a 64-bit length or nonsense: can't tell
        if (length > bytes.size() - at) return true;
        at += length;
    }
    return at != bytes.size();
}

}  // namespace

Sniffed sniff(std::string_view bytes) {
    if (bytes.empty()) return {.format = {}, .other = "empty"};
    if (bytes.starts_with("\xFF\xD8\xFF"sv)) return {.format = InputFormat::jpeg, .other = {}};
    if (bytes.starts_with("\x89PNG\r\n\x1A\n"sv)) return {.format = InputFormat::png, .other = {}};
    if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) {
        return {.format = InputFormat::gif, .other = {}};
    }
    if (bytes.size() >= 12 && bytes.starts_with("RIFF"sv)) {
        if (bytes.substr(8, 4) == "WEBP") return {.format = InputFormat::webp, .other = {}};
        return {.format = {}, .other = "audio or video"};
    }
    if (bytes.size() >= 16 && bytes.substr(4, 4) == "ftyp") return sniff_ftyp(bytes);
    for (const Magic& magic : kOthers) {
        if (bytes.starts_with(magic.start)) {
            return {.format = {}, .other = magic.other, .picture = magic.picture};
        }
    }
    return sniff_text(bytes);
}

InputFormat require_image(std::string_view bytes) {
    const Sniffed found = sniff(bytes);
    if (found.format) return *found.format;
    const std::string kind(found.other);
    if (found.picture) {
        throw Error(Error::Retry::permanent, "unsupported_format",
                    "the source is " + kind + "; send JPEG, PNG, WebP, GIF, AVIF or HEIC");
    }
    const std::string seen = kind == "empty"     ? "is empty"
                             : kind == "unknown" ? "is of no known kind"
                                                 : "looks like " + kind;
    throw Error(Error::Retry::permanent, "not_an_image",
                "the source is not a picture: it " + seen + " (" + std::to_string(bytes.size()) +
                    " bytes)");
}

bool looks_truncated(InputFormat format, std::string_view bytes) {
    switch (format) {
        case InputFormat::jpeg:
            return bytes.rfind("\xFF\xD9"sv) == std::string_view::npos;
        case InputFormat::png:
            return png_truncated(bytes);
        case InputFormat::webp:
            return bytes.size() < 12 || std::uint64_t{little_endian(bytes, 4)} + 8 > bytes.size();
        case InputFormat::gif:
            return bytes.find_last_of('\x3B') != bytes.size() - 1;
        case InputFormat::avif:
        case InputFormat::heic:
            return boxes_truncated(bytes);
    }
    return false;
}

}  // namespace barid::media
