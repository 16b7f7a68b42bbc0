#include "worker/demo_pictures.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <functional>
#include <string_view>

#include "base/error.hpp"

namespace barid::worker {
namespace {

namespace fs = std::filesystem;

void put_u32(std::string& out, std::uint32_t value) {
    for (const int shift : {24, 16, 8, 0}) out += static_cast<char>((value >> shift) & 0xFFU);
}

std::uint32_t crc32(std::string_view bytes) {
    static const auto table = [] {
        std::array<std::uint32_t, 256> entries{};
        for (std::uint32_t n = 0; n < 256; ++n) {
            std::uint32_t c = n;
            for (int bit = 0; bit < 8; ++bit) c = (c & 1U) != 0 ? 0xEDB88320U ^ (c >> 1U) : c >> 1U;
            entries.at(n) = c;
        }
        return entries;
    }();
    std::uint32_t crc = ~0U;
    for (const char b : bytes) {
        crc = table.at((crc ^ static_cast<unsigned char>(b)) & 0xFFU) ^ (crc >> 8U);
    }
    return ~crc;
}

void put_chunk(std::string& out, std::string_view type, std::string_view data) {
    put_u32(out, static_cast<std::uint32_t>(data.size()));
    const std::string body = std::string(type) + std::string(data);
    out += body;
    put_u32(out, crc32(body));
}

/// A zlib stream of stored blocks: nothing is compressed, nothing is needed to do so.
std::string store_zlib(const std::string& raw) {
    std::string out = "\x78\x01";
    constexpr std::size_t kBlock = 65535;
    for (std::size_t at = 0; at < raw.size(); at += kBlock) {
        const std::size_t size = std::min(kBlock, raw.size() - at);
        out += static_cast<char>(at + size == raw.size() ? 1 : 0);
        for (const std::size_t half : {size, ~size}) {
            out += static_cast<char>(half & 0xFFU);
            out += static_cast<char>((half >> 8U) & 0xFFU);
        }
        out.append(raw, at, size);
    }
    std::uint32_t a = 1;
    std::uint32_t b = 0;
    for (const char c : raw) {
        a = (a + static_cast<unsigned char>(c)) % 65521U;
        b = (b + a) % 65521U;
    }
    put_u32(out, (b << 16U) | a);
    return out;
}

using Samples = std::array<double, 4>;                       ///< in [0, 1]
using Painter = std::function<Samples(double x, double y)>;  ///< of a place in [0, 1]²

struct Canvas {
    int width;
    int height;
    int depth;     ///< bits a sample
    int colour;    ///< PNG's colour type
    int channels;  ///< samples that are written
};

std::string paint_png(const Canvas& canvas, const Painter& painter) {
    std::string raw;
    for (int y = 0; y < canvas.height; ++y) {
        raw += '\0';
        for (int x = 0; x < canvas.width; ++x) {
            const Samples samples = painter((x + 0.5) / canvas.width, (y + 0.5) / canvas.height);
            for (int c = 0; c < canvas.channels; ++c) {
                const double value = std::clamp(samples.at(static_cast<std::size_t>(c)), 0.0, 1.0);
                const auto number =
                    static_cast<unsigned>(std::lround(value * (canvas.depth == 16 ? 65535 : 255)));
                if (canvas.depth == 16) raw += static_cast<char>((number >> 8U) & 0xFFU);
                raw += static_cast<char>(number & 0xFFU);
            }
        }
    }
    std::string header;
    put_u32(header, static_cast<std::uint32_t>(canvas.width));
    put_u32(header, static_cast<std::uint32_t>(canvas.height));
    header += static_cast<char>(canvas.depth);
    header += static_cast<char>(canvas.colour);
    header.append(3, '\0');
    std::string out = "\x89PNG\r\n\x1A\n";
    put_chunk(out, "IHDR", header);
    put_chunk(out, "IDAT", store_zlib(raw));
    put_chunk(out, "IEND", "");
    return out;
}

Samples dunes(double x, double y) {
    if (std::hypot(x - 0.72, (y - 0.28) * 0.75) < 0.09) return {1.0, 0.93, 0.70, 1};
    const double far = 0.58 + 0.05 * std::sin(x * 7.0);
    const double near = 0.74 + 0.07 * std::sin(x * 5.0 + 1.7);
    const double ripple = 0.02 * std::sin((y * 90.0) + 4.0 * std::sin(x * 9.0));
    if (y > near) return {0.80 + ripple, 0.52 + ripple, 0.26, 1};
    if (y > far) return {0.90 + ripple, 0.66 + ripple, 0.40, 1};
    return {0.35 + 0.55 * y, 0.55 + 0.40 * y, 0.85 - 0.10 * y, 1};
}

Samples mug(double x, double y) {
    const bool body = x > 0.22 && x < 0.66 && y > 0.22 && y < 0.82;
    const double handle = std::hypot((x - 0.68) / 0.16, (y - 0.50) / 0.20);
    const bool rim = std::hypot((x - 0.44) / 0.22, (y - 0.22) / 0.06) < 1;
    const double shade = 1.0 - 0.9 * std::abs(x - 0.40);
    if (rim) return {0.30, 0.17, 0.10, 1};
    if (body) {
        const bool band = y > 0.48 && y < 0.58;
        return band ? Samples{0.10 * shade, 0.45 * shade, 0.55 * shade, 1}
                    : Samples{0.96 * shade, 0.95 * shade, 0.92 * shade, 1};
    }
    if (handle < 1 && handle > 0.62 && x > 0.66) return {0.80, 0.79, 0.76, 1};
    return {0, 0, 0, 0};
}

Samples lamp(double x, double y) {
    const double light = std::exp(-6.0 * std::hypot(x - 0.5, (y - 0.32) * 1.2));
    const bool stand = std::abs(x - 0.5) < 0.015 && y > 0.42 && y < 0.88;
    const bool foot = std::hypot((x - 0.5) / 0.17, (y - 0.89) / 0.03) < 1;
    const bool shade = y > 0.20 && y < 0.42 && std::abs(x - 0.5) < 0.08 + 0.5 * (y - 0.20);
    return {shade ? 0.95 : (stand || foot ? 0.05 : 0.12 + 0.75 * light), 0, 0, 0};
}

}  // namespace

std::vector<DemoPicture> find_shared_pictures() {
    std::vector<DemoPicture> pictures;
    std::error_code ignored;
    for (const char* place : {"../shared/images", "../../shared/images"}) {
        const fs::path directory = fs::canonical(place, ignored);
        if (ignored) continue;
        for (const auto& entry : fs::directory_iterator(directory, ignored)) {
            const std::string type = entry.path().extension().string();
            constexpr std::array kTypes = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif"};
            if (std::ranges::find(kTypes, type) == kTypes.end()) continue;
            pictures.push_back({entry.path().stem().string(), entry.path()});
        }
        if (!pictures.empty()) break;
    }
    std::ranges::sort(pictures, {}, &DemoPicture::name);
    return pictures;
}

std::vector<DemoPicture> draw_pictures(const fs::path& directory) {
    struct Plan {
        const char* name;
        Canvas canvas;
        Painter painter;
    };
    const std::vector<Plan> plans = {
        {"dunes", {.width = 1280, .height = 853, .depth = 8, .colour = 2, .channels = 3}, dunes},
        {"mug", {.width = 900, .height = 900, .depth = 8, .colour = 6, .channels = 4}, mug},
        {"lamp", {.width = 600, .height = 900, .depth = 16, .colour = 0, .channels = 1}, lamp},
    };
    std::vector<DemoPicture> pictures;
    for (const Plan& plan : plans) {
        const fs::path path = directory / (std::string(plan.name) + ".png");
        std::ofstream out(path, std::ios::binary | std::ios::trunc);
        out << paint_png(plan.canvas, plan.painter);
        out.close();
        if (!out) throw Error(Error::Retry::permanent, "can't write " + path.string());
        pictures.push_back({plan.name, path});
    }
    return pictures;
}

}  // namespace barid::worker
