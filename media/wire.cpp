#include "media/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>

#include "base/text.hpp"
#include "media/error.hpp"
#include "media/sniff.hpp"

namespace barid::media::wire {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;
constexpr std::size_t kMaxListed = 64;

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
    void reserve(std::size_t bytes) { out_.reserve(bytes); }
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
    for (const int value : {facts.width, facts.height, facts.orientation, facts.frames}) {
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
    facts.alpha = in.boolean();
    facts.profile = in.boolean();
    facts.colour = scrub_utf8(in.text(64));
    if (facts.width < 1 || facts.height < 1 || facts.frames < 1 || facts.orientation < 1 ||
        facts.orientation > 8) {
        bad_frame("impossible facts about the source");
    }
    return facts;
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

std::string encode_hello() {
    Writer out;
    out.text("barid-decode-child");
    out.number(kVersion);
    return std::move(out).finish();
}

void check_hello(std::string_view body) {
    if (body != encode_hello()) bad_frame("it is not a decode child of this version");
}

std::string encode(const Request& request) {
    const Recipe& r = request.recipe;
    Writer out;
    out.number(static_cast<std::uint32_t>(r.widths.size()));
    for (const int width : r.widths) out.number(width);
    out.number(static_cast<std::uint32_t>(r.formats.size()));
    for (const OutputFormat format : r.formats) out.number(static_cast<std::uint8_t>(format));
    for (const int value :
         {r.webp_quality, r.webp_effort, r.avif_quality, r.avif_effort, r.jpeg_quality}) {
        out.number(value);
    }
    for (const std::uint8_t value : r.background) out.number(value);
    out.number(request.limits.max_source_bytes);
    out.number(request.limits.max_streaming_pixels);
    out.number(request.limits.max_buffered_pixels);
    out.number(request.limits.max_animation_pixels);
    return std::move(out).finish();
}

Request decode_request(std::string_view body) {
    Reader in(body);
    Request request;
    Recipe& r = request.recipe;
    r.widths.assign(in.count(), 0);
    for (int& width : r.widths) width = in.number<int>();
    r.formats.assign(in.count(), OutputFormat::webp);
    for (OutputFormat& format : r.formats) {
        format = in.enumerator<OutputFormat>(kOutputFormatCount);
    }
    for (int* value :
         {&r.webp_quality, &r.webp_effort, &r.avif_quality, &r.avif_effort, &r.jpeg_quality}) {
        *value = in.number<int>();
    }
    for (std::uint8_t& value : r.background) value = in.number<std::uint8_t>();
    request.limits.max_source_bytes = in.number<std::uint64_t>();
    request.limits.max_streaming_pixels = in.number<std::int64_t>();
    request.limits.max_buffered_pixels = in.number<std::int64_t>();
    request.limits.max_animation_pixels = in.number<std::int64_t>();
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
    std::size_t total = 1024;
    for (const Variant& variant : image.variants) total += variant.bytes.size() + 64;
    out.reserve(total);
    out.number(std::uint8_t{1});
    write_facts(out, image.source);
    out.number(static_cast<std::uint32_t>(image.variants.size()));
    for (const Variant& variant : image.variants) {
        out.number(variant.width);
        out.number(variant.height);
        out.number(static_cast<std::uint8_t>(variant.format));
        out.text(variant.bytes);
    }
    return std::move(out).finish();
}

Answer decode_answer(std::string_view body) {
    Reader in(body);
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
    const std::size_t count = in.count();
    for (std::size_t i = 0; i < count; ++i) {
        Variant variant;
        variant.width = in.number<int>();
        variant.height = in.number<int>();
        variant.format = in.enumerator<OutputFormat>(kOutputFormatCount);
        variant.bytes = in.text(body.size());
        image.variants.push_back(std::move(variant));
    }
    in.finish();
    return image;
}

void check_outputs(const ProcessedImage& image, const Recipe& recipe) {
    const Recipe wanted = normalised(recipe);
    const std::vector<int> plan = plan_widths(image.source.width, wanted.widths);
    if (image.variants.size() != plan.size() * wanted.formats.size()) {
        bad_frame("not the variants that were asked for");
    }
    std::size_t i = 0;
    for (const int width : plan) {
        for (const OutputFormat format : wanted.formats) {
            const Variant& v = image.variants[i++];
            if (v.width != width || v.format != format || v.height < 1 ||
                v.height > kMaxVariantHeight || !is_output(format, v.bytes)) {
                bad_frame("a variant is not what was asked for");
            }
        }
    }
}

}  // namespace barid::media::wire
