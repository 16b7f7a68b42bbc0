// What a file is, by its bytes alone: names and Content-Type headers lie.
//
// Only formats of InputFormat pass. Everything else is refused before any decoder sees it, with
// a word for what it looks like, so that the error tells the shop what it uploaded. Pure.
#pragma once

#include <optional>
#include <string_view>

#include "media/format.hpp"

namespace barid::media {

struct Sniffed {
    std::optional<InputFormat> format;
    /// What it seems to be when it isn't one of ours: "svg", "pdf", "html", "empty", "unknown", …
    std::string_view other;
    /// True when `other` is a picture all the same, of a kind that isn't read.
    bool picture = false;
};

[[nodiscard]] Sniffed sniff(std::string_view bytes);

/// The format, or a permanent Error: not_an_image or unsupported_format.
[[nodiscard]] InputFormat require_image(std::string_view bytes);

/// True when the container's own lengths say that bytes are missing at the end. Used to name a
/// failure, never to accept a file: only a whole decode shows that a file is whole.
[[nodiscard]] bool looks_truncated(InputFormat format, std::string_view bytes);

}  // namespace barid::media
