#include "media/webp_container.hpp"

#include <cstdint>
#include <vector>

#include "media/error.hpp"

namespace barid::media {
namespace {

constexpr std::size_t kRiffBytes = 12;
constexpr std::size_t kChunkHeadBytes = 8;
constexpr unsigned kFlagsDropped = 0x20U | 0x08U | 0x04U;  // ICC profile, EXIF, XMP

std::uint32_t read_size(std::string_view bytes, std::size_t at) {
    std::uint32_t value = 0;
    for (std::size_t i = 4; i > 0; --i) {
        value = (value << 8U) | static_cast<unsigned char>(bytes[at + i - 1]);
    }
    return value;
}

void append_size(std::string& out, std::size_t size) {
    for (int i = 0; i < 4; ++i, size >>= 8U) out += static_cast<char>(size & 0xFFU);
}

[[noreturn]] void broken() {
    throw Error(Error::Retry::permanent, "encode_failed", "the encoder made a broken WebP");
}

/// The chunks with their heads and padding.
std::vector<std::string_view> chunks_of(std::string_view webp) {
    if (webp.size() < kRiffBytes || !webp.starts_with("RIFF") || webp.substr(8, 4) != "WEBP") {
        broken();
    }
    std::vector<std::string_view> chunks;
    std::size_t at = kRiffBytes;
    while (at < webp.size()) {
        if (webp.size() - at < kChunkHeadBytes) broken();
        const std::uint64_t size = read_size(webp, at + 4);
        const std::uint64_t padded = kChunkHeadBytes + size + (size & 1U);
        if (padded > webp.size() - at) broken();
        chunks.push_back(webp.substr(at, padded));
        at += padded;
    }
    return chunks;
}

}  // namespace

std::string without_webp_metadata(std::string_view webp) {
    std::string body;
    body.reserve(webp.size());
    for (const std::string_view chunk : chunks_of(webp)) {
        const std::string_view name = chunk.substr(0, 4);
        if (name == "EXIF" || name == "XMP " || name == "ICCP") continue;
        if (name != "VP8X") {
            body += chunk;
            continue;
        }
        if (chunk.size() <= kChunkHeadBytes) broken();
        std::string extended(chunk);
        const unsigned flags =
            static_cast<unsigned char>(extended[kChunkHeadBytes]) & ~kFlagsDropped;
        extended[kChunkHeadBytes] = static_cast<char>(flags);
        if (flags != 0) body += extended;
    }
    std::string out = "RIFF";
    append_size(out, body.size() + 4);
    return out + "WEBP" + body;
}

}  // namespace barid::media
