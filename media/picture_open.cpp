#include <algorithm>
#include <cmath>

#include "media/error.hpp"
#include "media/picture.hpp"

namespace barid::media {
namespace {

using vips::VImage;

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

bool animates(InputFormat format) {
    return format == InputFormat::gif || format == InputFormat::webp;
}

/// Opens again with the decoder's own down-scaling, where there is one: never below `factor`.
VImage open_scaled(const Opened& opened, double factor) {
    const double shrink = 1 / factor;
    if (opened.facts.format == InputFormat::jpeg) {
        // The DCT's scales; each keeps at least the pixels that the widest variant needs.
        const int dct = shrink >= 8 ? 8 : shrink >= 4 ? 4 : shrink >= 2 ? 2 : 1;
        if (dct > 1) {
            return load(InputFormat::jpeg, opened.blob, VImage::option()->set("shrink", dct));
        }
    }
    if (opened.facts.format == InputFormat::webp && shrink > 2) {
        return load(InputFormat::webp, opened.blob, VImage::option()->set("scale", 2 / shrink));
    }
    return opened.image;
}

/// The part of `source` (as decoded) that `region` (of the upright original) names.
VImage part_of(const VImage& source, const Opened& opened, const Box& region) {
    const Size stored = opened.stored();
    const Box box = stored_box(region, stored, opened.facts.orientation);
    if (box == Box{0, 0, stored.width, stored.height}) return source;
    const double x = static_cast<double>(source.width()) / stored.width;
    const double y = static_cast<double>(source.height()) / stored.height;
    const int left = std::min(static_cast<int>(box.left * x), source.width() - 1);
    const int top = std::min(static_cast<int>(box.top * y), source.height() - 1);
    const int width = std::max(1, static_cast<int>(std::lround(box.width * x)));
    const int height = std::max(1, static_cast<int>(std::lround(box.height * y)));
    return source.extract_area(left, top, std::min(width, source.width() - left),
                               std::min(height, source.height() - top));
}

VImage ready_frame(const VImage& source, const Opened& opened, const Size& size) {
    const VImage scaled = scale(source, opened.turned ? Size{size.height, size.width} : size);
    VImage ready = pixels_only(to_srgb(scaled));
    if (opened.facts.orientation != 1) {
        // Turning needs random access, so it comes after the streaming part, on few pixels.
        ready.set("orientation", opened.facts.orientation);
        ready = pixels_only(ready.autorot());
    }
    return ready;
}

}  // namespace

BlobHandle view_of(std::string_view bytes) {
    return BlobHandle(vips_blob_new(nullptr, bytes.data(), bytes.size()));
}

Opened open_header(InputFormat format, VipsBlob* blob, const Limits& limits) {
    Opened opened{
        .image = load(format, blob, VImage::option()), .facts = {}, .blob = blob, .delays = {}};
    const VImage& image = opened.image;
    const int frames = std::max(1, field(image, "n-pages", 1));
    check_limits({.format = format,
                  .width = image.width(),
                  .height = image.height(),
                  .frames = animates(format) ? frames : 1,
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
    if (frames > 1 && image.get_typeof("delay") != 0) opened.delays = image.get_array_int("delay");
    opened.loop = std::clamp(field(image, "loop", 0), 0, 65'535);
    return opened;
}

void reopen(Opened& opened) {
    opened.image = load(opened.facts.format, opened.blob, VImage::option());
}

std::vector<VImage> decode(const Opened& opened, const Wanted& wanted) {
    std::vector<VImage> ready;
    if (wanted.frames <= 1) {
        const double factor =
            std::min(1.0, std::max(static_cast<double>(wanted.size.width) / wanted.region.width,
                                   static_cast<double>(wanted.size.height) / wanted.region.height));
        const VImage source = open_scaled(opened, factor);
        ready.push_back(ready_frame(part_of(source, opened, wanted.region), opened, wanted.size));
        return ready;
    }
    // All frames come as one tall picture, which is read once from top to bottom.
    const VImage roll =
        load(opened.facts.format, opened.blob, VImage::option()->set("n", wanted.frames));
    const Size stored = opened.stored();
    for (int i = 0; i < wanted.frames; ++i) {
        const VImage frame = roll.extract_area(0, i * stored.height, stored.width, stored.height);
        ready.push_back(ready_frame(part_of(frame, opened, wanted.region), opened, wanted.size));
    }
    return ready;
}

}  // namespace barid::media
