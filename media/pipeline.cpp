#include "media/pipeline.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <new>

#include "base/text.hpp"
#include "media/error.hpp"
#include "media/picture.hpp"
#include "media/sniff.hpp"
#include "media/vips_runtime.hpp"

namespace barid::media {
namespace {

using vips::VError;
using vips::VImage;

using Frames = std::vector<VImage>;

/// One picture on its way through a recipe.
class Work {
  public:
    Work(Opened opened, Recipe recipe, const Limits& limits, const char*& stage);
    [[nodiscard]] ProcessedImage run();

  private:
    [[nodiscard]] Frames widest(const Size& target);
    [[nodiscard]] Frames finished(const Frames& frames, bool scaled);
    void open_watermark(const Size& widest);
    void note_attention(const Point& point);
    [[nodiscard]] int frames_for(const Size& target) const;
    void encode_all(const Frames& frames, bool scaled);

    Opened opened_;
    Recipe recipe_;
    const Limits& limits_;
    const char*& stage_;
    Box region_;  ///< what is used of the upright source
    VImage mark_;
    ProcessedImage result_;
};

Work::Work(Opened opened, Recipe recipe, const Limits& limits, const char*& stage)
    : opened_(std::move(opened)), recipe_(std::move(recipe)), limits_(limits), stage_(stage) {
    SourceFacts& facts = result_.source = opened_.facts;
    region_ = {.width = facts.width, .height = facts.height};
    if (!recipe_.trim) return;
    region_ = trim_box(opened_, recipe_);
    reopen(opened_);
    facts.trimmed_width = region_.width;
    facts.trimmed_height = region_.height;
}

int Work::frames_for(const Size& target) const {
    const SourceFacts& facts = result_.source;
    const bool animated = facts.format == InputFormat::gif || facts.format == InputFormat::webp;
    if (!animated || facts.frames < 2 || recipe_.animation != Animation::keep) return 1;
    const std::int64_t pixels = std::int64_t{target.width} * target.height;
    if (pixels > limits_.max_kept_pixels / facts.frames) {
        throw Error(
            Error::Retry::permanent, "too_many_pixels",
            fmt::format("{} frames of {}x{} pixels are too many to keep the animation: "
                        "together at most {} pixels; use a smaller width, or "
                        "\"animation\": \"first\"",
                        facts.frames, target.width, target.height, limits_.max_kept_pixels));
    }
    return facts.frames;
}

void Work::note_attention(const Point& point) {
    const SourceFacts& facts = result_.source;
    result_.look.attention_x = (region_.left + point.x * region_.width) / facts.width;
    result_.look.attention_y = (region_.top + point.y * region_.height) / facts.height;
}

/// An alpha channel that hides nothing costs every encoder time.
void drop_opaque_alpha(Frames& frames) {
    const bool opaque = std::ranges::all_of(frames, [](const VImage& frame) {
        return frame.has_alpha() && frame.extract_band(3).min() >= 255;
    });
    if (!opaque) return;
    for (VImage& frame : frames) {
        frame = pixels_only(frame.extract_band(0, VImage::option()->set("n", 3)));
    }
}

Frames Work::widest(const Size& target) {
    const Size source{region_.width, region_.height};
    const Size whole = whole_size(source, target, recipe_.fit);
    Frames frames =
        decode(opened_, {.region = region_, .size = whole, .frames = frames_for(target)});
    drop_opaque_alpha(frames);
    if (recipe_.fit == Fit::inside) return frames;
    const Point eye = attention_of(frames.front());
    note_attention(eye);
    // Of the picture, not of the ground around it.
    if (recipe_.fit == Fit::pad) result_.look.dominant = dominant_of(frames.front());
    Point focus;
    if (recipe_.focus == Focus::attention) focus = eye;
    if (recipe_.focus == Focus::point) {
        focus = {.x = recipe_.focus_x / 1000.0, .y = recipe_.focus_y / 1000.0};
    }
    for (VImage& frame : frames) {
        if (recipe_.fit == Fit::pad) {
            frame = pixels_only(padded(frame, target, recipe_));
        } else {
            const Box box = crop_box(whole, target, focus.x, focus.y);
            frame = pixels_only(frame.extract_area(box.left, box.top, box.width, box.height));
        }
    }
    return frames;
}

void Work::open_watermark(const Size& widest) {
    const std::string& bytes = recipe_.watermark.picture;
    if (bytes.empty()) return;
    try {
        const BlobHandle blob = view_of(bytes);
        const Opened mark = open_header(require_image(bytes), blob.get(), limits_);
        const SourceFacts& facts = mark.facts;
        const int width = std::clamp(widest.width * recipe_.watermark.size / 100, 1, facts.width);
        const Box all{.width = facts.width, .height = facts.height};
        const Size size = whole_size({facts.width, facts.height}, {width, facts.height}, Fit::pad);
        mark_ = with_alpha(decode(mark, {.region = all, .size = size}).front());
    } catch (const VError& e) {
        const std::string what = scrub_utf8(std::string(e.what()).substr(0, 200));
        vips_error_clear();
        throw Error(Error::Retry::permanent, "bad_watermark", "the watermark: " + what);
    } catch (const Error& e) {
        throw Error(Error::Retry::permanent, "bad_watermark",
                    std::string("the watermark: ") + e.what());
    }
}

Frames Work::finished(const Frames& frames, bool scaled) {
    const bool sharpen = recipe_.sharpen && scaled;
    const bool mark = !recipe_.watermark.picture.empty();
    if (!sharpen && !mark) return frames;
    Frames out = frames;
    for (VImage& frame : out) {
        if (sharpen) frame = sharpened(frame);
        if (mark) frame = watermarked(frame, mark_, recipe_.watermark);
        frame = pixels_only(frame);
    }
    return out;
}

void Work::encode_all(const Frames& frames, bool scaled) {
    const Frames ready = finished(frames, scaled);
    stage_ = "encoding";
    for (const OutputFormat format : recipe_.formats) {
        Variant variant{.width = frames.front().width(),
                        .height = frames.front().height(),
                        .format = format,
                        .bytes = {}};
        if (recipe_.avif_baseline_effort >= 0) {
            variant.bytes = improved_avif(ready.front(), recipe_);
            if (variant.bytes.empty()) continue;
        } else {
            variant.bytes =
                encode(ready, format, recipe_, {.delays = opened_.delays, .loop = opened_.loop});
        }
        result_.variants.push_back(std::move(variant));
    }
    stage_ = "decoding";
}

ProcessedImage Work::run() {
    const Size source{region_.width, region_.height};
    const std::vector<Size> plan = plan_sizes(source, recipe_);
    open_watermark(plan.back());
    std::map<int, Frames> ready;
    std::vector<int> made;
    for (auto size = plan.rbegin(); size != plan.rend(); ++size) {
        Frames frames;
        if (made.empty()) {
            frames = widest(*size);
        } else {
            for (const VImage& parent : ready.at(parent_width(made, size->width))) {
                frames.push_back(pixels_only(scale(parent, *size)));
            }
        }
        const bool scaled =
            !made.empty() || whole_size(source, *size, recipe_.fit).width < source.width;
        encode_all(frames, scaled);
        ready.emplace(size->width, std::move(frames));
        made.push_back(size->width);
    }
    // From the smallest variant that isn't smaller than what is looked at.
    const VImage& seen = ready.at(made.back() >= 100 ? made.back() : made.front()).front();
    result_.look.thumbhash = thumbhash_of(seen);
    if (recipe_.fit != Fit::pad) result_.look.dominant = dominant_of(seen);
    if (recipe_.fit == Fit::inside) note_attention(attention_of(seen));
    std::ranges::sort(result_.variants, {},
                      [](const Variant& v) { return std::pair(v.width, v.format); });
    return std::move(result_);
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
    if (format == InputFormat::heic && !can_read_heic()) {
        throw Error(Error::Retry::permanent, "unsupported_format",
                    "the source is heic, and this machine's libheif has no HEVC decoder; send "
                    "JPEG, PNG, WebP, GIF or AVIF, or install one (Debian: libheif with libde265)");
    }
    const char* stage = "decoding";
    try {
        const BlobHandle blob = view_of(bytes);
        Work work(open_header(format, blob.get(), limits), normalised(recipe), limits, stage);
        return work.run();
    } catch (const VError& e) {
        const std::string what = e.what();
        vips_error_clear();
        rethrow(what, format, bytes, stage);
    } catch (const std::bad_alloc&) {
        rethrow("out of memory", format, bytes, stage);
    }
}

}  // namespace barid::media
