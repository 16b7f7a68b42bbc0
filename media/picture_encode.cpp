#include "media/picture.hpp"
#include "media/ssim.hpp"
#include "media/webp_container.hpp"

namespace barid::media {
namespace {

using vips::VImage;

std::string bytes_of(VipsBlob* raw) {
    const BlobHandle blob(raw);
    size_t size = 0;
    const void* data = vips_blob_get(blob.get(), &size);
    return {static_cast<const char*>(data), size};
}

std::string webp(const VImage& image, const Recipe& recipe) {
    // 8.14.1's webpsave adds an EXIF block of its own, whatever `strip` says.
    return without_webp_metadata(
        bytes_of(image.webpsave_buffer(VImage::option()
                                           ->set("Q", recipe.webp_quality)
                                           ->set("effort", recipe.webp_effort)
                                           ->set("strip", true))));
}

std::string animated_webp(const std::vector<VImage>& frames, const Recipe& recipe,
                          const Timing& timing) {
    VImage roll = VImage::arrayjoin(frames, VImage::option()->set("across", 1)).copy();
    roll.set("page-height", frames.front().height());
    roll.set("loop", timing.loop);
    std::vector<int> delays = timing.delays;
    delays.resize(frames.size(), 100);
    roll.set("delay", delays);
    return webp(roll, recipe);
}

std::string avif(const VImage& image, int quality, int effort) {
    return bytes_of(
        image.heifsave_buffer(VImage::option()
                                  ->set("Q", quality)
                                  ->set("effort", effort)
                                  ->set("compression", VIPS_FOREIGN_HEIF_COMPRESSION_AV1)
                                  ->set("strip", true)));
}

std::string jpeg(const VImage& image, const Recipe& recipe) {
    return bytes_of(flattened(image, recipe.background)
                        .jpegsave_buffer(VImage::option()
                                             ->set("Q", recipe.jpeg_quality)
                                             ->set("interlace", true)
                                             ->set("optimize_coding", true)
                                             ->set("strip", true)));
}

/// What a viewer sees of it on the recipe's background, as luma.
std::vector<std::uint8_t> luma(const VImage& image, const Recipe& recipe) {
    const VImage grey = flattened(image, recipe.background)
                            .colourspace(VIPS_INTERPRETATION_B_W)
                            .extract_band(0)
                            .cast(VIPS_FORMAT_UCHAR);
    size_t size = 0;
    auto* data = static_cast<std::uint8_t*>(grey.write_to_memory(&size));
    const std::vector<std::uint8_t> values(data, data + size);
    g_free(data);
    return values;
}

double likeness(const std::string& file, const VImage& original, const Recipe& recipe) {
    const BlobHandle blob = view_of(file);
    const VImage decoded = VImage::heifload_buffer(blob.get());
    return ssim(luma(original, recipe), luma(decoded, recipe), original.width(), original.height());
}

}  // namespace

std::string encode(const std::vector<VImage>& frames, OutputFormat format, const Recipe& recipe,
                   const Timing& timing) {
    const VImage& first = frames.front();
    switch (format) {
        case OutputFormat::webp:
            return frames.size() > 1 ? animated_webp(frames, recipe, timing) : webp(first, recipe);
        case OutputFormat::avif:
            return avif(first, recipe.avif_quality, recipe.avif_effort);
        case OutputFormat::jpeg:
            return jpeg(first, recipe);
    }
    return {};
}

std::string improved_avif(const VImage& image, const Recipe& recipe) {
    std::string better = avif(image, recipe.avif_quality, recipe.avif_effort);
    const std::string baseline = avif(image, recipe.avif_quality, recipe.avif_baseline_effort);
    if (better.size() >= baseline.size()) return "";
    return likeness(better, image, recipe) >= likeness(baseline, image, recipe) ? better : "";
}

}  // namespace barid::media
