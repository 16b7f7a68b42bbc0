#include "media/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory>
#include <new>
#include <vips/vips8>

#include "base/text.hpp"
#include "media/error.hpp"
#include "media/resample.hpp"
#include "media/sniff.hpp"
#include "media/webp_container.hpp"

namespace barid::media {
namespace {

using vips::VError;
using vips::VImage;

struct UnrefBlob {
    void operator()(VipsBlob* blob) const noexcept { vips_area_unref(VIPS_AREA(blob)); }
};
using BlobHandle = std::unique_ptr<VipsBlob, UnrefBlob>;

/// A view of the caller's bytes; they outlive every image made from it.
BlobHandle view_of(std::string_view bytes) {
    return BlobHandle(vips_blob_new(nullptr, bytes.data(), bytes.size()));
}

/// Opens the header. Any damage that shows while pixels are read is an error, never a grey area.
VImage load(InputFormat format, VipsBlob* blob, vips::VOption* options) {
    options->set("access", VIPS_ACCESS_SEQUENTIAL)->set("fail_on", VIPS_FAIL_ON_ERROR);
    switch (format) {
        case InputFormat::jpeg:
            return VImage::jpegload_buffer(blob, options);
        case InputFormat::png:
            return VImage::pngload_buffer(blob, options);
        case InputFormat::webp:
            return VImage::webpload_buffer(blob, options);
        case InputFormat::gif:
            return VImage::gifload_buffer(blob, options);
        case InputFormat::avif:
        case InputFormat::heic:
            return VImage::heifload_buffer(blob, options);
    }
    throw Error(Error::Retry::permanent, "unsupported_format", "no loader for this format");
}

int field(const VImage& image, const char* name, int otherwise) {
    if (image.get_typeof(name) != G_TYPE_INT) return otherwise;
    return image.get_int(name);
}

struct Opened {
    VImage image;
    SourceFacts facts;
    bool turned = false;  ///< orientation swaps width and height
};

Opened open_header(InputFormat format, VipsBlob* blob, const Limits& limits) {
    Opened opened{.image = load(format, blob, VImage::option()), .facts = {}};
    const VImage& image = opened.image;
    const int frames = std::max(1, field(image, "n-pages", 1));
    check_limits({.format = format,
                  .width = image.width(),
                  .height = image.height(),
                  .frames = format == InputFormat::avif || format == InputFormat::heic ? 1 : frames,
                  .interlaced =
                      field(image, "interlaced", 0) != 0 || field(image, "jpeg-multiscan", 0) != 0},
                 limits);
    const int orientation = field(image, "orientation", 1);
    opened.turned = orientation >= 5 && orientation <= 8;
    opened.facts = {
        .format = format,
        .width = opened.turned ? image.height() : image.width(),
        .height = opened.turned ? image.width() : image.height(),
        .orientation = orientation >= 1 && orientation <= 8 ? orientation : 1,
        .frames = frames,
        .alpha = image.has_alpha(),
        .profile = image.get_typeof("icc-profile-data") != 0,
        .colour = vips_enum_nick(VIPS_TYPE_INTERPRETATION, image.interpretation()),
    };
    return opened;
}

/// Opens again with the decoder's own down-scaling, where there is one: never below `width`.
VImage open_scaled(const Opened& opened, VipsBlob* blob, int width) {
    const double shrink = static_cast<double>(opened.facts.width) / width;
    if (opened.facts.format == InputFormat::jpeg) {
        // The DCT's scales; each keeps at least the pixels that the widest variant needs.
        const int factor = shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
        if (factor > 1) {
            return load(InputFormat::jpeg, blob, VImage::option()->set("shrink", factor));
        }
    }
    if (opened.facts.format == InputFormat::webp && shrink > 2) {
        return load(InputFormat::webp, blob, VImage::option()->set("scale", 2 / shrink));
    }
    return opened.image;
}

/// Colours that are already sRGB need no transform: it would cost a quarter of the whole job.
bool is_srgb_profile(const VImage& image) {
    size_t size = 0;
    const void* data = image.get_blob("icc-profile-data", &size);
    if (data == nullptr || size < 128) return false;
    const std::string_view profile(static_cast<const char*>(data), std::min<size_t>(size, 4096));
    using namespace std::string_view_literals;
    return profile.substr(16, 4) == "RGB " &&
           (profile.find("sRGB IEC61966-2"sv) != std::string_view::npos ||
            profile.find("s\0R\0G\0B\0 \0I\0E\0C\0006\0001\0009\0006\0006"sv) !=
                std::string_view::npos);
}

/// To 8-bit sRGB. A profile that doesn't fit the picture is passed over.
VImage to_srgb(const VImage& image) {
    const bool cmyk = image.interpretation() == VIPS_INTERPRETATION_CMYK;
    const bool profile = image.get_typeof("icc-profile-data") != 0;
    VImage out = image;
    // The explicit transform, not thumbnail's: 8.14.1 loses a CMYK picture's own profile there.
    if (cmyk || (profile && !is_srgb_profile(image))) {
        vips::VOption* options = VImage::option()
                                     ->set("embedded", profile)
                                     ->set("intent", VIPS_INTENT_PERCEPTUAL)
                                     ->set("depth", 8);
        if (cmyk) options->set("input_profile", "cmyk");
        try {
            out = image.icc_transform("srgb", options);
        } catch (const VError&) {
            if (cmyk) throw;
            vips_error_clear();
        }
    }
    if (out.interpretation() != VIPS_INTERPRETATION_sRGB) {
        out = out.colourspace(VIPS_INTERPRETATION_sRGB);
    }
    const int bands = out.has_alpha() ? 4 : 3;
    if (out.bands() > bands) out = out.extract_band(0, VImage::option()->set("n", bands));
    return out.cast(VIPS_FORMAT_UCHAR);
}

/// Scales to exactly `width` × `height`. Transparent pixels must not bleed their hidden colour.
VImage scale(const VImage& image, int width, int height) {
    if (image.width() == width && image.height() == height) return image;
    if (can_resample(image, width, height)) return resample(image, width, height);
    const double h = static_cast<double>(width) / image.width();
    const double v = static_cast<double>(height) / image.height();
    vips::VOption* options = VImage::option()->set("vscale", v);
    if (!image.has_alpha()) return image.resize(h, options);
    const VipsBandFormat format = image.format();
    return image.premultiply().cast(format).resize(h, options).unpremultiply().cast(format);
}

/// Computes the pixels into memory and forgets everything else: EXIF, GPS, XMP, profiles and
/// comments can't reach an output, whatever a saver's `strip` does (webpsave's does nothing).
VImage pixels_only(const VImage& image) {
    size_t size = 0;
    void* data = image.write_to_memory(&size);
    const VImage plain = VImage::new_from_memory_steal(data, size, image.width(), image.height(),
                                                       image.bands(), VIPS_FORMAT_UCHAR);
    return plain.copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

int height_for(const SourceFacts& facts, int width) {
    const double height = std::round(static_cast<double>(facts.height) * width / facts.width);
    if (height > kMaxVariantHeight) {
        throw Error(Error::Retry::permanent, "aspect_too_extreme",
                    fmt::format("a variant of {} pixels width would be {:.0f} pixels high; at most "
                                "{} are possible",
                                width, height, kMaxVariantHeight));
    }
    return std::max(1, static_cast<int>(height));
}

/// The widest variant, upright, in memory.
VImage widest(const Opened& opened, VipsBlob* blob, int width) {
    const int height = height_for(opened.facts, width);
    const VImage source = open_scaled(opened, blob, width);
    const VImage scaled =
        opened.turned ? scale(source, height, width) : scale(source, width, height);
    VImage ready = pixels_only(to_srgb(scaled));
    if (opened.facts.orientation != 1) {
        // Turning needs random access, so it comes after the streaming part, on few pixels.
        ready.set("orientation", opened.facts.orientation);
        ready = pixels_only(ready.autorot());
    }
    return ready;
}

std::string encode(const VImage& image, OutputFormat format, const Recipe& recipe) {
    VipsBlob* raw = nullptr;
    switch (format) {
        case OutputFormat::webp:
            raw = image.webpsave_buffer(VImage::option()
                                            ->set("Q", recipe.webp_quality)
                                            ->set("effort", recipe.webp_effort)
                                            ->set("strip", true));
            break;
        case OutputFormat::avif:
            raw = image.heifsave_buffer(VImage::option()
                                            ->set("Q", recipe.avif_quality)
                                            ->set("effort", recipe.avif_effort)
                                            ->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)
                                            ->set("strip", true));
            break;
        case OutputFormat::jpeg: {
            const std::vector<double> background(recipe.background.begin(),
                                                 recipe.background.end());
            const VImage opaque =
                image.has_alpha() ? image.flatten(VImage::option()->set("background", background))
                                  : image;
            raw = opaque.jpegsave_buffer(VImage::option()
                                             ->set("Q", recipe.jpeg_quality)
                                             ->set("interlace", true)
                                             ->set("optimize_coding", true)
                                             ->set("strip", true));
            break;
        }
    }
    const BlobHandle blob(raw);
    size_t size = 0;
    const void* data = vips_blob_get(blob.get(), &size);
    const std::string_view bytes(static_cast<const char*>(data), size);
    return format == OutputFormat::webp ? without_webp_metadata(bytes) : std::string(bytes);
}

std::vector<Variant> make_variants(const Opened& opened, VipsBlob* blob, const Recipe& recipe,
                                   const char*& stage) {
    const std::vector<int> plan = plan_widths(opened.facts.width, recipe.widths);
    std::map<int, VImage> ready;
    std::vector<int> made;
    std::vector<Variant> variants;
    for (auto width = plan.rbegin(); width != plan.rend(); ++width) {
        stage = "decoding";
        const VImage image = made.empty()
                                 ? widest(opened, blob, *width)
                                 : pixels_only(scale(ready.at(parent_width(made, *width)), *width,
                                                     height_for(opened.facts, *width)));
        ready.emplace(*width, image);
        made.push_back(*width);
        stage = "encoding";
        for (const OutputFormat format : recipe.formats) {
            variants.push_back({.width = image.width(),
                                .height = image.height(),
                                .format = format,
                                .bytes = encode(image, format, recipe)});
        }
    }
    std::ranges::sort(variants, {}, [](const Variant& v) { return std::pair(v.width, v.format); });
    return variants;
}

struct Diagnosis {
    const char* code;
    std::string_view sentence;
};

/// libvips gives sentences only; these are the ones that matter to who sent the picture.
Diagnosis diagnose(std::string_view detail, InputFormat format, std::string_view bytes,
                   std::string_view stage) {
    const auto says = [&](std::string_view text) { return detail.find(text) != std::string::npos; };
    if (says("out of memory")) return {"out_of_memory", "needs more memory than a picture may use"};
    if (stage == "encoding") return {"encode_failed", "could not be encoded"};
    if (says("Unsupported") || says("unsupported")) {
        return {"unsupported_format", "uses a feature that isn't supported"};
    }
    if (looks_truncated(format, bytes)) return {"truncated", "is cut off: bytes are missing"};
    return {"corrupt_image", "is damaged"};
}

[[noreturn]] void rethrow(const std::string& what, InputFormat format, std::string_view bytes,
                          std::string_view stage) {
    std::string detail = scrub_utf8(what.substr(0, 200));
    std::ranges::replace(detail, '\n', ' ');
    const Diagnosis found = diagnose(detail, format, bytes, stage);
    throw Error(Error::Retry::permanent, found.code,
                fmt::format("the {} {} ({})", word(format), found.sentence, detail));
}

}  // namespace

ProcessedImage process_image(std::string_view bytes, const Recipe& recipe, const Limits& limits) {
    check_recipe(recipe);
    if (bytes.size() > limits.max_source_bytes) {
        throw Error(Error::Retry::permanent, "too_large",
                    fmt::format("the source has {} bytes, at most {} are allowed", bytes.size(),
                                limits.max_source_bytes));
    }
    const InputFormat format = require_image(bytes);
    const char* stage = "decoding";
    try {
        const BlobHandle blob = view_of(bytes);
        const Opened opened = open_header(format, blob.get(), limits);
        std::vector<Variant> variants =
            make_variants(opened, blob.get(), normalised(recipe), stage);
        return {.source = opened.facts, .variants = std::move(variants)};
    } catch (const VError& e) {
        const std::string what = e.what();
        vips_error_clear();
        rethrow(what, format, bytes, stage);
    } catch (const std::bad_alloc&) {
        rethrow("out of memory", format, bytes, stage);
    }
}

}  // namespace barid::media
