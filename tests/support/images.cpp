#include "tests/support/images.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <vector>

namespace barid::support {
namespace {

using vips::VImage;

VImage block(int width, int height, const Rgb& colour) {
    return VImage::black(width, height)
        .new_from_image(std::vector<double>{colour.r, colour.g, colour.b})
        .cast(VIPS_FORMAT_UCHAR)
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

std::uint32_t crc32(std::string_view data) {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char c : data) {
        crc ^= static_cast<unsigned char>(c);
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1U) ^ ((crc & 1U) != 0 ? 0xEDB88320U : 0U);
    }
    return ~crc;
}

std::string big_endian(std::uint32_t value) {
    std::string out;
    for (const unsigned shift : {24U, 16U, 8U, 0U}) {
        out += static_cast<char>((value >> shift) & 0xFFU);
    }
    return out;
}

std::string chunk(const std::string& type, const std::string& data) {
    return big_endian(static_cast<std::uint32_t>(data.size())) + type + data +
           big_endian(crc32(type + data));
}

/// The transform that EXIF orientation `n` undoes, applied to an upright picture.
VImage stored_as(const VImage& image, int n) {
    switch (n) {
        case 2:
            return image.fliphor();
        case 3:
            return image.rot180();
        case 4:
            return image.flipver();
        case 5:
            return image.rot90().fliphor();
        case 6:
            return image.rot270();
        case 7:
            return image.rot270().fliphor();
        case 8:
            return image.rot90();
        default:
            return image;
    }
}

std::vector<std::string> fields_of(const VImage& image) {
    gchar** names = vips_image_get_fields(image.get_image());
    std::vector<std::string> fields;
    for (gchar** name = names; *name != nullptr; ++name) fields.emplace_back(*name);
    g_strfreev(names);
    return fields;
}

bool contains(std::string_view bytes, std::string_view text) {
    return bytes.find(text) != std::string_view::npos;
}

}  // namespace

VImage quadrants(int width, int height) {
    const int left = width / 2;
    const int top = height / 2;
    const VImage upper =
        block(left, top, kRed).join(block(width - left, top, kGreen), VIPS_DIRECTION_HORIZONTAL);
    const VImage lower =
        block(left, height - top, kBlue)
            .join(block(width - left, height - top, kYellow), VIPS_DIRECTION_HORIZONTAL);
    return upper.join(lower, VIPS_DIRECTION_VERTICAL).copy_memory();
}

VImage noise(int width, int height, int seed) {
    auto* options = VImage::option()->set("mean", 128)->set("sigma", 60)->set("seed", seed);
    return VImage::gaussnoise(width, height, options).cast(VIPS_FORMAT_UCHAR).copy_memory();
}

std::string save(const VImage& image, const std::string& suffix) {
    void* data = nullptr;
    size_t size = 0;
    image.write_to_buffer(suffix.c_str(), &data, &size);
    std::string bytes(static_cast<const char*>(data), size);
    g_free(data);
    return bytes;
}

std::string oriented_jpeg(int width, int height, int orientation) {
    VImage image = stored_as(quadrants(width, height), orientation).copy_memory();
    image.set("orientation", orientation);
    image.set("exif-ifd0-Orientation", std::to_string(orientation).c_str());
    image.set("exif-ifd3-GPSLatitude", "21/1 25/1 21/1");
    return save(image, ".jpg[Q=95]");
}

std::string lying_png(std::uint32_t width, std::uint32_t height) {
    std::string head = big_endian(width) + big_endian(height);
    head += std::string("\x08\x02\x00\x00\x00", 5);
    return "\x89PNG\r\n\x1A\n" + chunk("IHDR", head) +
           chunk("IDAT", std::string("\x78\x9C\x03\x00\x00\x00\x00\x01", 8)) + chunk("IEND", "");
}

std::string animated_gif(int width, int height, int frames) {
    VImage strip = block(width, height, kRed);
    for (int i = 1; i < frames; ++i) {
        strip = strip.join(block(width, height, kBlue), VIPS_DIRECTION_VERTICAL);
    }
    VImage roll = strip.copy_memory();
    roll.set("page-height", height);
    return save(roll, ".gif");
}

VImage open(const std::string& bytes) {
    VipsBlob* blob = vips_blob_copy(bytes.data(), bytes.size());
    VImage image;
    try {
        if (bytes.starts_with("\xFF\xD8"))
            image = VImage::jpegload_buffer(blob);
        else if (bytes.starts_with("RIFF"))
            image = VImage::webpload_buffer(blob);
        else if (bytes.starts_with("\x89PNG"))
            image = VImage::pngload_buffer(blob);
        else if (bytes.starts_with("GIF8"))
            image = VImage::gifload_buffer(blob);
        else
            image = VImage::heifload_buffer(blob);
    } catch (...) {
        vips_area_unref(VIPS_AREA(blob));
        throw;
    }
    image = image.copy_memory();
    vips_area_unref(VIPS_AREA(blob));
    return image;
}

Rgb colour_at(const std::string& bytes, double x, double y) {
    const VImage image = open(bytes).colourspace(VIPS_INTERPRETATION_sRGB);
    const int side = std::max(1, std::min(image.width(), image.height()) / 8);
    const int left =
        std::clamp(static_cast<int>(x * image.width()) - side / 2, 0, image.width() - side);
    const int top =
        std::clamp(static_cast<int>(y * image.height()) - side / 2, 0, image.height() - side);
    const VImage area = image.extract_area(left, top, side, side);
    return {area.extract_band(0).avg(), area.extract_band(1).avg(), area.extract_band(2).avg()};
}

::testing::AssertionResult near(const Rgb& actual, const Rgb& wanted, double tolerance) {
    const double worst = std::max({std::abs(actual.r - wanted.r), std::abs(actual.g - wanted.g),
                                   std::abs(actual.b - wanted.b)});
    if (worst <= tolerance) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure()
           << "colour (" << actual.r << ", " << actual.g << ", " << actual.b << ") instead of ("
           << wanted.r << ", " << wanted.g << ", " << wanted.b << ")";
}

::testing::AssertionResult upright(const std::string& bytes, double tolerance) {
    struct Corner {
        double x, y;
        Rgb colour;
        const char* name;
    };
    for (const Corner& corner :
         {Corner{0.25, 0.25, kRed, "top left"}, Corner{0.75, 0.25, kGreen, "top right"},
          Corner{0.25, 0.75, kBlue, "bottom left"}, Corner{0.75, 0.75, kYellow, "bottom right"}}) {
        const auto result = near(colour_at(bytes, corner.x, corner.y), corner.colour, tolerance);
        if (!result) {
            return ::testing::AssertionFailure() << corner.name << ": " << result.message();
        }
    }
    return ::testing::AssertionSuccess();
}

::testing::AssertionResult without_metadata(const std::string& bytes) {
    for (const std::string_view mark : {"Exif", "EXIF", "http://ns.adobe.com", "XMP ",
                                        "ICC_PROFILE", "ICCP", "acsp", "8BIM", "GPS"}) {
        if (contains(bytes, mark)) {
            return ::testing::AssertionFailure() << "the output holds \"" << mark << '"';
        }
    }
    for (const std::string& field : fields_of(open(bytes))) {
        if (field.starts_with("exif-") || field == "icc-profile-data" || field == "xmp-data" ||
            field == "iptc-data") {
            return ::testing::AssertionFailure() << "the output has the field " << field;
        }
    }
    return ::testing::AssertionSuccess();
}

}  // namespace barid::support
