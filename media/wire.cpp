#include "media/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "base/text.hpp"
#include "media/error.hpp"
#include "media/geometry.hpp"
#include "media/sniff.hpp"

namespace barid::media::wire {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxListed = 64;
constexpr std::size_t kMaxThumbhashBytes = 25;
/// Shares travel as whole numbers: the answer can't hold a NaN.
constexpr double kShareUnits = 1e6;

[[noreturn]] void bad_frame(const std::string& what) {
    throw Error(Error::Retry::permanent, "bad_frame", "decode child: " + what);
}

class Writer {
  public:
    template <std::integral T>
    void number(T value) {
        auto bits = static_cast<std::uint64_t>(value);
        for (std::size_t i = 0; i < sizeof(T); ++i, bits >>= 8U) {
            out_ += static_cast<char>(bits & 0xFFU);
        }
    }
    void text(std::string_view value) {
        number(static_cast<std::uint64_t>(value.size()));
        out_ += value;
    }
    [[nodiscard]] std::string finish() && { return std::move(out_); }

  private:
    std::string out_;
};

class Reader {
  public:
    explicit Reader(std::string_view in) : in_(in) {}

    template <std::integral T>
    T number() {
        const std::string_view raw = take(sizeof(T));
        std::uint64_t bits = 0;
        for (std::size_t i = sizeof(T); i > 0; --i) {
            bits = (bits << 8U) | static_cast<unsigned char>(raw[i - 1]);
        }
        return static_cast<T>(bits);
    }
    std::string text(std::size_t max = kMaxTextBytes) {
        const auto size = number<std::uint64_t>();
        if (size > max) bad_frame("a text is too long");
        return std::string(take(size));
    }
    std::size_t count() {
        const auto n = number<std::uint32_t>();
        if (n > kMaxListed) bad_frame("a list is too long");
        return n;
    }
    template <class E>
    E enumerator(std::uint8_t end) {
        const auto value = number<std::uint8_t>();
        if (value >= end) bad_frame("an unknown enumerator");
        return static_cast<E>(value);
    }
    bool boolean() { return enumerator<std::uint8_t>(2) == 1; }
    void finish() const {
        if (!in_.empty()) bad_frame("bytes after the end");
    }

  private:
    std::string_view take(std::uint64_t size) {
        if (size > in_.size()) bad_frame("bytes are missing");
        const std::string_view piece = in_.substr(0, size);
        in_.remove_prefix(size);
        return piece;
    }

    std::string_view in_;
};

void write_facts(Writer& out, const SourceFacts& facts) {
    out.number(static_cast<std::uint8_t>(facts.format));
    for (const int value : {facts.width, facts.height, facts.orientation, facts.frames,
                            facts.trimmed_width, facts.trimmed_height}) {
        out.number(value);
    }
    out.number(static_cast<std::uint8_t>(facts.alpha));
    out.number(static_cast<std::uint8_t>(facts.profile));
    out.text(facts.colour);
}

SourceFacts read_facts(Reader& in) {
    SourceFacts facts;
    facts.format = in.enumerator<InputFormat>(kInputFormatCount);
    facts.width = in.number<int>();
    facts.height = in.number<int>();
    facts.orientation = in.number<int>();
    facts.frames = in.number<int>();
    facts.trimmed_width = in.number<int>();
    facts.trimmed_height = in.number<int>();
    facts.alpha = in.boolean();
    facts.profile = in.boolean();
    facts.colour = scrub_utf8(in.text(64));
    if (facts.width < 1 || facts.height < 1 || facts.frames < 1 || facts.orientation < 1 ||
        facts.orientation > 8 || facts.trimmed_width < 0 || facts.trimmed_width > facts.width ||
        facts.trimmed_height < 0 || facts.trimmed_height > facts.height ||
        (facts.trimmed_width == 0) != (facts.trimmed_height == 0)) {
        bad_frame("impossible facts about the source");
    }
    return facts;
}

void write_look(Writer& out, const Look& look) {
    out.text(look.thumbhash);
    for (const std::uint8_t value : look.dominant) out.number(value);
    for (const double share : {look.attention_x, look.attention_y}) {
        out.number(static_cast<std::uint32_t>(std::clamp(share, 0.0, 1.0) * kShareUnits + 0.5));
    }
}

Look read_look(Reader& in) {
    Look look;
    look.thumbhash = in.text(kMaxThumbhashBytes);
    for (std::uint8_t& value : look.dominant) value = in.number<std::uint8_t>();
    for (double* share : {&look.attention_x, &look.attention_y}) {
        *share = in.number<std::uint32_t>() / kShareUnits;
        if (*share > 1) bad_frame("a point outside of the picture");
    }
    return look;
}

void write_recipe(Writer& out, const Recipe& r) {
    out.number(static_cast<std::uint32_t>(r.widths.size()));
    for (const int width : r.widths) out.number(width);
    out.number(static_cast<std::uint32_t>(r.formats.size()));
    for (const OutputFormat format : r.formats) out.number(static_cast<std::uint8_t>(format));
    for (const int value : {r.webp_quality, r.webp_effort, r.avif_quality, r.avif_effort,
                            r.jpeg_quality, r.aspect_width, r.aspect_height, r.focus_x, r.focus_y,
                            r.avif_baseline_effort, r.watermark.size, r.watermark.opacity}) {
        out.number(value);
    }
    for (const std::uint8_t value : r.background) out.number(value);
    for (const bool value : {r.clear_padding, r.sharpen, r.trim}) {
        out.number(static_cast<std::uint8_t>(value));
    }
    out.number(static_cast<std::uint8_t>(r.fit));
    out.number(static_cast<std::uint8_t>(r.focus));
    out.number(static_cast<std::uint8_t>(r.animation));
    out.number(static_cast<std::uint8_t>(r.watermark.place));
    out.text(r.watermark.picture);
}

Recipe read_recipe(Reader& in) {
    Recipe r;
    r.widths.assign(in.count(), 0);
    for (int& width : r.widths) width = in.number<int>();
    r.formats.assign(in.count(), OutputFormat::webp);
    for (OutputFormat& format : r.formats) {
        format = in.enumerator<OutputFormat>(kOutputFormatCount);
    }
    for (int* value : {&r.webp_quality, &r.webp_effort, &r.avif_quality, &r.avif_effort,
                       &r.jpeg_quality, &r.aspect_width, &r.aspect_height, &r.focus_x, &r.focus_y,
                       &r.avif_baseline_effort, &r.watermark.size, &r.watermark.opacity}) {
        *value = in.number<int>();
    }
    for (std::uint8_t& value : r.background) value = in.number<std::uint8_t>();
    for (bool* value : {&r.clear_padding, &r.sharpen, &r.trim}) *value = in.boolean();
    r.fit = in.enumerator<Fit>(kFitCount);
    r.focus = in.enumerator<Focus>(kFocusCount);
    r.animation = in.enumerator<Animation>(kAnimationCount);
    r.watermark.place = in.enumerator<Place>(kPlaceCount);
    r.watermark.picture = in.text(kMaxWatermarkBytes);
    return r;
}

bool is_output(OutputFormat format, std::string_view bytes) {
    const Sniffed found = sniff(bytes);
    switch (format) {
        case OutputFormat::webp:
            return found.format == InputFormat::webp;
        case OutputFormat::avif:
            return found.format == InputFormat::avif;
        case OutputFormat::jpeg:
            return found.format == InputFormat::jpeg;
    }
    return false;
}

}  // namespace

std::string length_prefix(std::uint64_t size) {
    Writer out;
    out.number(size);
    return std::move(out).finish();
}

std::size_t parse_length(std::string_view prefix, std::size_t max) {
    Reader in(prefix);
    const auto size = in.number<std::uint64_t>();
    in.finish();
    if (size > max) bad_frame(fmt::format("a frame of {} bytes, at most {} fit", size, max));
    return size;
}

std::string encode(const Setup& setup) {
    Writer out;
    out.number(kVersion);
    for (const auto value : {setup.memory_bytes, setup.cpu_seconds, setup.jobs}) out.number(value);
    return std::move(out).finish();
}

Setup decode_setup(std::string_view body) {
    Reader in(body);
    if (in.number<std::uint32_t>() != kVersion) bad_frame("another version of the protocol");
    Setup setup;
    setup.memory_bytes = in.number<std::uint64_t>();
    setup.cpu_seconds = in.number<std::uint64_t>();
    setup.jobs = in.number<std::uint64_t>();
    in.finish();
    return setup;
}

std::string encode_hello(const Hello& hello) {
    Writer out;
    out.text("barid-decode-child");
    out.number(kVersion);
    out.number(static_cast<std::uint8_t>(hello.heic));
    return std::move(out).finish();
}

Hello check_hello(std::string_view body) {
    for (const bool heic : {false, true}) {
        const Hello hello{.heic = heic};
        if (body == encode_hello(hello)) return hello;
    }
    bad_frame("it is not a decode child of this version");
}

std::string encode(const Request& request) {
    Writer out;
    write_recipe(out, request.recipe);
    out.number(request.limits.max_source_bytes);
    out.number(request.limits.max_streaming_pixels);
    out.number(request.limits.max_buffered_pixels);
    out.number(request.limits.max_animation_pixels);
    out.number(request.limits.max_kept_pixels);
    return std::move(out).finish();
}

Request decode_request(std::string_view body) {
    Reader in(body);
    Request request;
    request.recipe = read_recipe(in);
    request.limits.max_source_bytes = in.number<std::uint64_t>();
    request.limits.max_streaming_pixels = in.number<std::int64_t>();
    request.limits.max_buffered_pixels = in.number<std::int64_t>();
    request.limits.max_animation_pixels = in.number<std::int64_t>();
    request.limits.max_kept_pixels = in.number<std::int64_t>();
    in.finish();
    return request;
}

std::string encode(const Answer& answer) {
    Writer out;
    if (const auto* failure = std::get_if<Failure>(&answer)) {
        out.number(std::uint8_t{0});
        out.text(failure->code);
        out.text(truncate_utf8(failure->message, kMaxTextBytes));
        return std::move(out).finish();
    }
    const auto& image = std::get<ProcessedImage>(answer);
    out.number(std::uint8_t{1});
    write_facts(out, image.source);
    write_look(out, image.look);
    out.number(static_cast<std::uint32_t>(image.variants.size()));
    for (const Variant& variant : image.variants) {
        out.number(variant.width);
        out.number(variant.height);
        out.number(static_cast<std::uint8_t>(variant.format));
        out.number(static_cast<std::uint64_t>(variant.bytes.size()));
    }
    return std::move(out).finish();
}

Answer decode_answer(std::string_view head, std::size_t max_bytes) {
    Reader in(head);
    if (!in.boolean()) {
        Failure failure;
        failure.code = in.text(64);
        failure.message = scrub_utf8(in.text());
        in.finish();
        const bool plain = !failure.code.empty() && std::ranges::all_of(failure.code, [](char c) {
            return (c >= 'a' && c <= 'z') || c == '_';
        });
        if (!plain) bad_frame("an error without a code");
        return failure;
    }
    ProcessedImage image;
    image.source = read_facts(in);
    image.look = read_look(in);
    const std::size_t count = in.count();
    for (std::size_t i = 0; i < count; ++i) {
        Variant variant;
        variant.width = in.number<int>();
        variant.height = in.number<int>();
        variant.format = in.enumerator<OutputFormat>(kOutputFormatCount);
        const auto size = in.number<std::uint64_t>();
        if (size > max_bytes) bad_frame("the variants are too large");
        max_bytes -= size;
        variant.bytes.resize(size);
        image.variants.push_back(std::move(variant));
    }
    in.finish();
    return image;
}

namespace {

std::vector<Size> planned(const SourceFacts& source, const Recipe& recipe) {
    if (recipe.trim != (source.trimmed_width != 0)) bad_frame("trimming that was not asked for");
    const Size size = recipe.trim
                          ? Size{.width = source.trimmed_width, .height = source.trimmed_height}
                          : Size{.width = source.width, .height = source.height};
    try {
        return plan_sizes(size, recipe);
    } catch (const Error&) {
        bad_frame("a source of which no variant can be made");
    }
}

}  // namespace

void check_outputs(const ProcessedImage& image, const Recipe& recipe) {
    const Recipe wanted = normalised(recipe);
    const bool may_lack = wanted.avif_baseline_effort >= 0;
    auto next = image.variants.begin();
    for (const Size& size : planned(image.source, wanted)) {
        for (const OutputFormat format : wanted.formats) {
            const bool there = next != image.variants.end() && next->width == size.width &&
                               next->height == size.height && next->format == format;
            if (!there && may_lack) continue;
            if (!there || !is_output(format, next->bytes)) {
                bad_frame("a variant is not what was asked for");
            }
            ++next;
        }
    }
    if (next != image.variants.end()) bad_frame("more variants than were asked for");
}

}  // namespace barid::media::wire
