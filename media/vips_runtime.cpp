#include "media/vips_runtime.hpp"

#include <malloc.h>

#include <cstdlib>
#include <string>
#include <string_view>
#include <vips/vips8>

#include "base/error.hpp"
#include "media/pipeline.hpp"

namespace barid::media {
namespace {

/// Large blocks come from the heap and go back to the system after each picture (the decode child
/// calls malloc_trim): mapping each of them afresh costs 5 % of the CPU in page faults, and never
/// giving them back costs five times the memory.
void tune_malloc() {
    constexpr int kThreshold = 32 * 1024 * 1024;
    mallopt(M_ARENA_MAX, 2);
    mallopt(M_MMAP_THRESHOLD, kThreshold);
    mallopt(M_TRIM_THRESHOLD, 2 * kThreshold);
}

void block_loaders() {
    vips_operation_block_set("VipsForeignLoad", TRUE);
    for (const char* loader :
         {"VipsForeignLoadJpegBuffer", "VipsForeignLoadPngBuffer", "VipsForeignLoadWebpBuffer",
          "VipsForeignLoadNsgifBuffer", "VipsForeignLoadHeifBuffer"}) {
        vips_operation_block_set(loader, FALSE);
    }
}

void drop_message(const char* /*domain*/, GLogLevelFlags /*level*/, const char* /*message*/,
                  void* /*data*/) {}

/// One transparent pixel, the smallest GIF that decoders accept.
constexpr unsigned char kGif[] = {
    'G', 'I', 'F', '8', '9', 'a', 1,    0, 1, 0, 0x80, 0, 0, 0, 0, 0, 255, 255, 255,  0x21, 0xF9,
    4,   1,   0,   0,   0,   0,   0x2C, 0, 0, 0, 0,    1, 0, 1, 0, 0, 2,   1,   0x44, 0,    0x3B};

std::string saved(const vips::VImage& image, const char* suffix) {
    void* data = nullptr;
    size_t size = 0;
    image.write_to_buffer(suffix, &data, &size);
    std::string bytes(static_cast<const char*>(data), size);
    g_free(data);
    return bytes;
}

/// Everything that a recipe can ask for, once: libraries load their parts at first use.
void warm_up_recipes(const std::string& png) {
    Recipe cover{.widths = {16}, .fit = Fit::cover, .aspect_width = 2, .aspect_height = 1};
    cover.sharpen = true;
    cover.trim = true;
    cover.watermark.picture = png;
    (void)process_image(png, cover, Limits{});
    Recipe pad{.widths = {16}, .fit = Fit::pad, .aspect_width = 2, .aspect_height = 1};
    pad.clear_padding = true;
    (void)process_image(png, pad, Limits{});
    const Recipe improve{.widths = {16},
                         .formats = {OutputFormat::avif},
                         .avif_effort = 1,
                         .avif_baseline_effort = 0};
    (void)process_image(png, improve, Limits{});
}

}  // namespace

void start_vips() {
    tune_malloc();
    // Large pictures must never be spilled into temporary files: the sandbox has none.
    setenv("VIPS_DISC_THRESHOLD", "64g", 1);
    if (VIPS_INIT("barid") != 0) {
        throw barid::Error(barid::Error::Retry::permanent, "libvips could not be started");
    }
    vips_concurrency_set(1);
    vips_cache_set_max(0);
    vips_cache_set_max_mem(0);
    vips_cache_set_max_files(0);
    block_loaders();
    // Decoders' warnings quote hostile files; the job's error says what matters.
    g_log_set_default_handler(drop_message, nullptr);
    (void)can_read_heic();
}

void warm_up_vips() {
    const Recipe recipe{.widths = {16, 32}};
    const vips::VImage seed =
        vips::VImage::black(64, 48, vips::VImage::option()->set("bands", 3))
            .copy(vips::VImage::option()->set("interpretation", VIPS_INTERPRETATION_sRGB));
    for (const char* suffix : {".jpg", ".png", ".webp", ".avif"}) {
        (void)process_image(saved(seed, suffix), recipe, Limits{});
    }
    (void)process_image({reinterpret_cast<const char*>(kGif), sizeof(kGif)}, recipe, Limits{});
    // Colour transforms set up their tables the first time, too.
    (void)seed.icc_transform("srgb", vips::VImage::option()->set("input_profile", "srgb")).avg();
    warm_up_recipes(saved(seed, ".png"));
    vips_error_clear();
}

}  // namespace barid::media
