#include <algorithm>
#include <cmath>

#include "media/picture.hpp"
#include "media/resample.hpp"

namespace barid::media {
namespace {

using vips::VImage;

constexpr int kTrimSide = 1024;        ///< borders are looked for in a picture of this size
constexpr double kTrimThreshold = 10;  ///< of 255: what still counts as the border's colour
constexpr double kMarkMargin = 0.03;   ///< between watermark and edge, of the variant's width

VImage with_opacity(const VImage& mark, int per_cent) {
    const VImage alpha = mark.extract_band(3) * (per_cent / 100.0);
    return mark.extract_band(0, VImage::option()->set("n", 3))
        .bandjoin(alpha.cast(VIPS_FORMAT_UCHAR));
}

}  // namespace

VImage scale(const VImage& image, const Size& size) {
    if (image.width() == size.width && image.height() == size.height) return image;
    if (can_resample(image, size.width, size.height)) {
        return resample(image, size.width, size.height);
    }
    const double h = static_cast<double>(size.width) / image.width();
    const double v = static_cast<double>(size.height) / image.height();
    vips::VOption* options = VImage::option()->set("vscale", v);
    if (!image.has_alpha()) return image.resize(h, options);
    const VipsBandFormat format = image.format();
    return image.premultiply().cast(format).resize(h, options).unpremultiply().cast(format);
}

VImage padded(const VImage& image, const Size& size, const Recipe& recipe) {
    std::vector<double> ground(recipe.background.begin(), recipe.background.end());
    if (recipe.clear_padding) ground.push_back(0);
    const VImage picture =
        recipe.clear_padding ? with_alpha(image) : flattened(image, recipe.background);
    const int left = (size.width - image.width()) / 2;
    const int top = (size.height - image.height()) / 2;
    return picture.embed(
        left, top, size.width, size.height,
        VImage::option()->set("extend", VIPS_EXTEND_BACKGROUND)->set("background", ground));
}

VImage sharpened(const VImage& image) {
    // A third of a Laplacian: enough to undo what scaling down softens, too little for halos.
    VImage kernel =
        VImage::new_matrixv(3, 3, -1.0, -1.0, -1.0, -1.0, 32.0, -1.0, -1.0, -1.0, -1.0).copy();
    kernel.set("scale", 24.0);
    if (!image.has_alpha()) {
        return image.conv(kernel, VImage::option()->set("precision", VIPS_PRECISION_INTEGER));
    }
    return image.extract_band(0, VImage::option()->set("n", 3))
        .conv(kernel, VImage::option()->set("precision", VIPS_PRECISION_INTEGER))
        .bandjoin(image.extract_band(3));
}

VImage watermarked(const VImage& image, const VImage& mark, const Watermark& how) {
    const double share = how.size / 100.0;
    int width = std::max(1, static_cast<int>(std::lround(image.width() * share)));
    int height = std::max(1, static_cast<int>(std::lround(static_cast<double>(width) *
                                                          mark.height() / mark.width())));
    if (height > image.height()) {
        width = std::max(1, static_cast<int>(static_cast<double>(width) * image.height() / height));
        height = image.height();
    }
    const VImage small = with_opacity(scale(mark, {width, height}), how.opacity);
    const int margin = static_cast<int>(std::lround(image.width() * kMarkMargin));
    const int right = image.width() - width;
    const int bottom = image.height() - height;
    const bool at_left = how.place == Place::top_left || how.place == Place::bottom_left;
    const bool at_top = how.place == Place::top_left || how.place == Place::top_right;
    int x = at_left ? std::min(margin, right) : std::max(0, right - margin);
    int y = at_top ? std::min(margin, bottom) : std::max(0, bottom - margin);
    if (how.place == Place::centre) {
        x = right / 2;
        y = bottom / 2;
    }
    const VImage both = with_alpha(image).composite2(small, VIPS_BLEND_MODE_OVER,
                                                     VImage::option()->set("x", x)->set("y", y));
    const int bands = image.has_alpha() ? 4 : 3;
    return both.extract_band(0, VImage::option()->set("n", bands)).cast(VIPS_FORMAT_UCHAR);
}

Box trim_box(const Opened& opened, const Recipe& recipe) {
    const Size source{opened.facts.width, opened.facts.height};
    const Box whole{0, 0, source.width, source.height};
    const double factor =
        std::min(1.0, static_cast<double>(kTrimSide) / std::max(source.width, source.height));
    const Size small{std::max(1, static_cast<int>(std::lround(source.width * factor))),
                     std::max(1, static_cast<int>(std::lround(source.height * factor)))};
    const VImage picture = decode(opened, {.region = whole, .size = small}).front();
    const VImage opaque = flattened(picture, recipe.background);
    std::vector<double> border(recipe.background.begin(), recipe.background.end());
    if (!picture.has_alpha()) border = opaque.getpoint(0, 0);
    int top = 0;
    int width = 0;
    int height = 0;
    const int left = opaque.find_trim(
        &top, &width, &height,
        VImage::option()->set("threshold", kTrimThreshold)->set("background", border));
    if (width == 0 || height == 0) return whole;  // nothing but border
    // Outwards to whole pixels of the source: rather a sliver of border than a cut subject.
    const double x = static_cast<double>(source.width) / small.width;
    const double y = static_cast<double>(source.height) / small.height;
    Box box{.left = static_cast<int>(left * x), .top = static_cast<int>(top * y)};
    box.width = std::min(source.width, static_cast<int>(std::ceil((left + width) * x))) - box.left;
    box.height = std::min(source.height, static_cast<int>(std::ceil((top + height) * y))) - box.top;
    return box;
}

}  // namespace barid::media
