// What worker and decode child say to each other over their socket pair. Pure.
//
// Every message is a frame: 8 bytes of length, then the body; numbers are little-endian (both ends
// are the same program). The worker treats what comes back as hostile: a child whose decoder was
// taken over can send anything, so lengths are bounded and every field is checked.
//
//     worker → child   setup, once                   child → worker   hello, once
//     worker → child   request head, then the picture  child → worker   started, then the answer
//
// An answer's frame gives the size of each variant; their bytes follow it as they are, so that no
// large buffer is joined on one side or taken apart on the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "media/image.hpp"
#include "media/limits.hpp"
#include "media/recipe.hpp"

namespace barid::media::wire {

inline constexpr std::uint32_t kVersion = 3;
inline constexpr std::size_t kLengthBytes = 8;
/// Setup, hello and "started" are tiny.
inline constexpr std::size_t kMaxControlBytes = 64U * 1024U;
/// A request head holds the recipe, and with it the watermark's picture.
inline constexpr std::size_t kMaxRequestBytes = kMaxWatermarkBytes + kMaxControlBytes;
inline constexpr std::string_view kStarted = "started";

/// What a child says when it is warm.
struct Hello {
    bool heic = false;  ///< this machine's libheif can decode HEVC
};

/// The walls that the child builds around itself before it reads the first picture.
struct Setup {
    std::uint64_t memory_bytes = 0;  ///< address space above what the warm child has
    std::uint64_t cpu_seconds = 0;   ///< for each picture
    std::uint64_t jobs = 0;          ///< the child ends after this many
};

struct Request {
    Recipe recipe;
    Limits limits;
};

/// A media::Error on its way to the worker.
struct Failure {
    std::string code;
    std::string message;
};

using Answer = std::variant<ProcessedImage, Failure>;

[[nodiscard]] std::string length_prefix(std::uint64_t size);
/// Throws when the length is above `max`.
[[nodiscard]] std::size_t parse_length(std::string_view prefix, std::size_t max);

[[nodiscard]] std::string encode(const Setup& setup);
[[nodiscard]] std::string encode(const Request& request);
[[nodiscard]] std::string encode(const Answer& answer);
[[nodiscard]] std::string encode_hello(const Hello& hello = {});

// Each throws a permanent Error `bad_frame` on anything that `encode` would not have made.
[[nodiscard]] Setup decode_setup(std::string_view body);
[[nodiscard]] Request decode_request(std::string_view body);
/// Its variants have their sizes, at most `max_bytes` together, and are to be received into.
[[nodiscard]] Answer decode_answer(std::string_view head, std::size_t max_bytes);
Hello check_hello(std::string_view body);

/// Throws bad_frame unless `image` is what `recipe` makes of a source with these facts: each
/// planned size in each format, once, every one starting with its format's own bytes. Where the
/// recipe improves AVIFs, some may be missing.
void check_outputs(const ProcessedImage& image, const Recipe& recipe);

}  // namespace barid::media::wire
