#include "media/picture.hpp"

namespace barid::media {
namespace {

using vips::VError;
using vips::VImage;

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

}  // namespace

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

VImage pixels_only(const VImage& image) {
    const VipsImage* made = image.get_image();
    const bool in_memory =
        made->dtype == VIPS_IMAGE_SETBUF || made->dtype == VIPS_IMAGE_SETBUF_FOREIGN;
    if (in_memory && made->meta == nullptr && made->Type == VIPS_INTERPRETATION_sRGB) return image;
    size_t size = 0;
    void* data = image.write_to_memory(&size);
    const VImage plain = VImage::new_from_memory_steal(data, size, image.width(), image.height(),
                                                       image.bands(), VIPS_FORMAT_UCHAR);
    return plain.copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

VImage with_alpha(const VImage& image) {
    return image.has_alpha() ? image : image.bandjoin_const({255.0}).cast(VIPS_FORMAT_UCHAR);
}

VImage flattened(const VImage& image, const std::array<std::uint8_t, 3>& background) {
    if (!image.has_alpha()) return image;
    const std::vector<double> colour(background.begin(), background.end());
    return image.flatten(VImage::option()->set("background", colour));
}

}  // namespace barid::media
