#include "bench/media_pictures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <vips/vips8>

#include "media/vips_runtime.hpp"

namespace barid::bench {
namespace {

using vips::VImage;

std::filesystem::path make_folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "barid-bench-XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("can't make " + pattern);
    return pattern;
}

bool is_picture(const std::filesystem::path& path) {
    static constexpr std::array kEndings{".jpg", ".jpeg", ".png", ".webp", ".gif"};
    return std::ranges::find(kEndings, path.extension()) != kEndings.end();
}

/// By the buffer loaders: those of files are blocked in this program, as in the worker.
VImage open(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    return VImage::new_from_buffer(bytes, "").copy_memory();
}

/// Soft clouds in three colours with a photograph's noise.
VImage photograph(int width, int height, int seed) {
    std::vector<VImage> bands;
    for (int band = 0; band < 3; ++band) {
        const VImage clouds = VImage::perlin(
            width, height, VImage::option()->set("cell_size", 300)->set("seed", seed + band));
        const VImage detail = VImage::perlin(
            width, height, VImage::option()->set("cell_size", 24)->set("seed", seed + 10 + band));
        const VImage grain =
            VImage::gaussnoise(width, height, VImage::option()->set("sigma", 6)->set("mean", 0));
        bands.push_back(clouds * 90 + detail * 40 + grain + 128);
    }
    return VImage::bandjoin(bands)
        .cast(VIPS_FORMAT_UCHAR)
        .copy(VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
}

/// Mean SSIM of the luma in windows of 8×8, as Wang et al. (2004) define it.
double ssim(const VImage& a, const VImage& b) {
    const VImage mask = VImage::new_matrix(8, 8) + 1.0 / 64;
    const auto mean = [&](const VImage& image) {
        return image.conv(mask, VImage::option()->set("precision", VIPS_PRECISION_FLOAT));
    };
    const VImage x = a.cast(VIPS_FORMAT_FLOAT);
    const VImage y = b.cast(VIPS_FORMAT_FLOAT);
    const VImage mx = mean(x);
    const VImage my = mean(y);
    const VImage vx = mean(x * x) - mx * mx;
    const VImage vy = mean(y * y) - my * my;
    const VImage cov = mean(x * y) - mx * my;
    constexpr double kC1 = 0.01 * 255 * 0.01 * 255;
    constexpr double kC2 = 0.03 * 255 * 0.03 * 255;
    const VImage map =
        ((mx * my * 2 + kC1) * (cov * 2 + kC2)) / ((mx * mx + my * my + kC1) * (vx + vy + kC2));
    return map.avg();
}

VImage luma(const VImage& image) {
    const VImage flat =
        image.has_alpha()
            ? image.flatten(VImage::option()->set("background", std::vector<double>{255, 255, 255}))
            : image;
    return flat.colourspace(VIPS_INTERPRETATION_B_W).extract_band(0);
}

}  // namespace

PictureStage::PictureStage(const std::string& directory) : folder_(make_folder()) {
    media::start_vips();
    if (directory.empty()) {
        origin_ = "made on the spot";
        make_pictures();
        return;
    }
    origin_ = "of " + std::filesystem::path(directory).filename().string();
    for (const auto& entry : std::filesystem::directory_iterator(directory)) {
        if (is_picture(entry.path())) files_.push_back(entry.path());
    }
    std::ranges::sort(files_);
    if (files_.empty()) throw std::runtime_error("no pictures in " + directory);
}

PictureStage::~PictureStage() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void PictureStage::make_pictures() {
    struct Shape {
        int width;
        int height;
        const char* suffix;
    };
    static constexpr std::array kShapes{
        Shape{4000, 3000, ".jpg[Q=92]"}, Shape{3000, 4000, ".jpg[Q=90,interlace=true]"},
        Shape{2725, 2225, ".jpg[Q=88]"}, Shape{1920, 1080, ".jpg[Q=85]"},
        Shape{1600, 1200, ".png"},       Shape{1200, 1600, ".webp[Q=90]"},
        Shape{1080, 1080, ".jpg[Q=85]"}, Shape{2400, 1600, ".jpg[Q=95]"}};
    int seed = 1;
    for (const Shape& shape : kShapes) {
        const std::string_view suffix = shape.suffix;
        const std::string_view ending = suffix.substr(0, suffix.find('['));
        const std::string path = folder_ / fmt::format("picture-{}{}", seed, ending);
        photograph(shape.width, shape.height, 20 * seed)
            .write_to_file((path + std::string(suffix.substr(ending.size()))).c_str());
        files_.push_back(path);
        ++seed;
    }
}

std::string PictureStage::folder(const std::string& name) const {
    std::filesystem::create_directories(folder_ / name);
    return folder_ / name;
}

double PictureStage::quality(const std::string& name) const {
    double sum = 0;
    int count = 0;
    for (const std::string& file : files_) {
        const std::string base = std::filesystem::path(file).filename();
        for (const int width : {640, 1080}) {
            const auto made = folder_ / name / fmt::format("{}.{}.avif", base, width);
            if (!std::filesystem::exists(made)) continue;
            const VImage output = open(made);
            const VImage source = open(file).autorot();
            if (source.bands() > 4 || source.interpretation() == VIPS_INTERPRETATION_CMYK) continue;
            const VImage wanted =
                source.colourspace(VIPS_INTERPRETATION_sRGB)
                    .resize(static_cast<double>(width) / source.width(),
                            VImage::option()->set(
                                "vscale", static_cast<double>(output.height()) / source.height()));
            if (wanted.width() != output.width() || wanted.height() != output.height()) continue;
            sum += ssim(luma(wanted), luma(output));
            ++count;
        }
    }
    if (count == 0) throw std::runtime_error("no outputs to compare in " + name);
    return sum / count;
}

}  // namespace barid::bench
