// The picture formats that media reads and writes, and their names outside the program.
//
// Reading is a short list on purpose: every other loader of libvips stays blocked (SVG, PDF, TIFF
// and ImageMagick's formats have all been ways to read files or to burn memory). Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace barid::media {

enum class InputFormat : std::uint8_t { jpeg, png, webp, gif, avif, heic };

/// In the order in which a recipe lists them: best first, `jpeg` as the fallback.
enum class OutputFormat : std::uint8_t { webp, avif, jpeg };

inline constexpr std::uint8_t kInputFormatCount = 6;
inline constexpr std::uint8_t kOutputFormatCount = 3;

[[nodiscard]] std::string_view word(InputFormat format);
[[nodiscard]] std::string_view word(OutputFormat format);
/// "webp", "avif" or "jpeg"; nothing for any other text.
[[nodiscard]] std::optional<OutputFormat> output_format(std::string_view word);
/// "image/webp", …
[[nodiscard]] std::string_view content_type(OutputFormat format);
/// "webp", "avif", "jpg".
[[nodiscard]] std::string_view extension(OutputFormat format);

}  // namespace barid::media
