// What must hold for any bytes that reach the picture code; the fuzzers and the test of the kept
// corpus run the same functions. A broken promise aborts. `header` needs libvips started.
#pragma once

#include <cstdlib>
#include <string>
#include <string_view>
#include <vips/vips8>

#include "media/error.hpp"
#include "media/picture.hpp"
#include "media/sniff.hpp"
#include "media/webp_container.hpp"
#include "media/wire.hpp"

namespace barid::media::fuzz {

inline void promise(bool holds) {
    if (!holds) std::abort();
}

/// Any bytes as an upload: sniffed to a format or refused, with no word that isn't ours.
inline void picture(std::string_view bytes) {
    const Sniffed sniffed = sniff(bytes);
    promise(sniffed.format.has_value() == sniffed.other.empty());
    if (sniffed.format) (void)looks_truncated(*sniffed.format, bytes);
    try {
        promise(require_image(bytes) == sniffed.format);
    } catch (const Error& e) {
        promise(!sniffed.format && !e.transient());
        promise(e.code() == (sniffed.picture ? "unsupported_format" : "not_an_image"));
    }
    try {
        const std::string clean = without_webp_metadata(bytes);
        promise(clean.size() <= bytes.size() + 12 && clean.find("RIFF") == 0);
        promise(without_webp_metadata(clean) == clean);
    } catch (const Error& e) {
        promise(e.code() == "encode_failed");
    }
}

/// Any bytes up to where decoding would begin: what passes is within the limits.
inline void header(std::string_view bytes) {
    const Limits limits{.max_streaming_pixels = 1'000'000,
                        .max_buffered_pixels = 500'000,
                        .max_animation_pixels = 2'000'000};
    try {
        const InputFormat format = require_image(bytes);
        const BlobHandle blob = view_of(bytes);
        const Opened opened = open_header(format, blob.get(), limits);
        const SourceFacts& facts = opened.facts;
        promise(facts.width > 0 && facts.height > 0 && facts.frames > 0);
        promise(std::int64_t{facts.width} * facts.height <= limits.max_streaming_pixels);
        promise(facts.orientation >= 1 && facts.orientation <= 8);
    } catch (const Error& e) {
        promise(!e.transient() && !e.code().empty());
    } catch (const vips::VError&) {
        vips_error_clear();
    }
}

/// Any bytes as an answer of a decode child that was taken over, and as a request to one.
inline void answer(std::string_view bytes) {
    constexpr std::size_t kMost = 1U << 20U;
    try {
        const wire::Answer answer = wire::decode_answer(bytes, kMost);
        if (const auto* image = std::get_if<ProcessedImage>(&answer)) {
            std::size_t total = 0;
            for (const Variant& v : image->variants) total += v.bytes.size();
            promise(total <= kMost && image->look.thumbhash.size() <= 25);
            promise(image->look.attention_x >= 0 && image->look.attention_x <= 1);
            wire::check_outputs(*image, Recipe{});
            promise(false);  // the variants' bytes are zeros still: no picture
        }
    } catch (const Error& e) {
        promise(e.code() == "bad_frame");
    }
    try {
        const wire::Request request = wire::decode_request(bytes);
        promise(wire::encode(request) == bytes);
        check_recipe(request.recipe);
        promise(normalised(normalised(request.recipe)) == normalised(request.recipe));
    } catch (const Error& e) {
        promise(e.code() == "bad_frame" || e.code() == "bad_recipe");
    }
}

}  // namespace barid::media::fuzz
