#include "tests/support/colour.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numbers>
#include <utility>
#include <vector>

namespace barid::support {
namespace {

using Matrix = std::array<Triple, 3>;

Triple times(const Matrix& m, const Triple& v) {
    Triple out{};
    for (std::size_t i = 0; i < 3; ++i) out[i] = m[i][0] * v[0] + m[i][1] * v[1] + m[i][2] * v[2];
    return out;
}

Matrix inverse(const Matrix& m) {
    const auto minor = [&](std::size_t r, std::size_t c) {
        const std::size_t a = (r + 1) % 3;
        const std::size_t b = (r + 2) % 3;
        const std::size_t x = (c + 1) % 3;
        const std::size_t y = (c + 2) % 3;
        return m[a][x] * m[b][y] - m[a][y] * m[b][x];
    };
    const double det = m[0][0] * minor(0, 0) + m[0][1] * minor(0, 1) + m[0][2] * minor(0, 2);
    Matrix out{};
    for (std::size_t r = 0; r < 3; ++r) {
        for (std::size_t c = 0; c < 3; ++c) out[c][r] = minor(r, c) / det;
    }
    return out;
}

constexpr RgbSpace kSrgb{{{{0.640, 0.330}, {0.300, 0.600}, {0.150, 0.060}}}, 0};

double srgb_decoded(double v) {
    return v <= 0.04045 ? v / 12.92 : std::pow((v + 0.055) / 1.055, 2.4);
}
double srgb_encoded(double v) {
    return v <= 0.0031308 ? 12.92 * v : 1.055 * std::pow(v, 1 / 2.4) - 0.055;
}

/// Linear RGB to XYZ: the primaries, each as strong as it takes to make white of all three.
Matrix matrix_of(const RgbSpace& space) {
    Matrix m{};
    for (std::size_t c = 0; c < 3; ++c) {
        const auto [x, y] = space.primaries[c];
        m[0][c] = x / y;
        m[1][c] = 1;
        m[2][c] = (1 - x - y) / y;
    }
    const Triple strength = times(inverse(m), kD65);
    for (Triple& row : m) {
        for (std::size_t c = 0; c < 3; ++c) row[c] *= strength[c];
    }
    return m;
}

double decoded(const RgbSpace& space, double v) {
    return space.gamma == 0 ? srgb_decoded(v) : std::pow(v, space.gamma);
}

void put(std::string& out, std::uint64_t value, int bytes) {
    for (int i = bytes - 1; i >= 0; --i) out += static_cast<char>(value >> (8 * i) & 0xFFU);
}
void put_fixed(std::string& out, double value) {
    put(out, static_cast<std::uint32_t>(static_cast<std::int32_t>(std::lround(value * 65536))), 4);
}

std::string xyz_tag(const Triple& xyz) {
    std::string tag = "XYZ ";
    put(tag, 0, 4);
    for (const double v : xyz) put_fixed(tag, v);
    return tag;
}

std::string text_tag(const std::string& text) {
    return std::string("text\0\0\0\0", 8) + text + '\0';
}

std::string description_tag(const std::string& text) {
    std::string tag("desc\0\0\0\0", 8);
    put(tag, text.size() + 1, 4);
    tag += text + '\0';
    return tag + std::string(4 + 4 + 2 + 1 + 67, '\0');
}

std::string curve_tag(const RgbSpace& space) {
    constexpr int kPoints = 1024;
    std::string tag("curv\0\0\0\0", 8);
    put(tag, kPoints, 4);
    for (int i = 0; i < kPoints; ++i) {
        const double v = decoded(space, i / (kPoints - 1.0));
        put(tag, static_cast<std::uint64_t>(std::lround(v * 65535)), 2);
    }
    return tag;
}

using Tags = std::vector<std::pair<std::string, std::string>>;

std::string profile(const std::string& device, const std::string& space, const std::string& pcs,
                    const Tags& tags) {
    std::string body;
    std::string table;
    put(table, tags.size(), 4);
    const std::size_t start = 128 + 4 + 12 * tags.size();
    for (const auto& [name, data] : tags) {
        table += name;
        put(table, start + body.size(), 4);
        put(table, data.size(), 4);
        body += data;
        body.resize((body.size() + 3) / 4 * 4);
    }
    std::string head;
    put(head, 128 + table.size() + body.size(), 4);
    put(head, 0, 4);
    put(head, 0x02400000, 4);
    head += device + space + pcs;
    head += std::string(12, '\0') + "acsp";
    head.resize(68, '\0');
    for (const double v : kD50) put_fixed(head, v);
    head.resize(128, '\0');
    return head + table + body;
}

double lab_curve(double t) {
    return t > 216.0 / 24389 ? std::cbrt(t) : (24389.0 / 27 * t + 16) / 116;
}
double lab_curve_back(double f) {
    return f > 6.0 / 29 ? f * f * f : (116 * f - 16) * 27 / 24389;
}

double radians(double degrees) {
    return degrees * std::numbers::pi / 180;
}
double hue_of(double b, double a) {
    if (a == 0 && b == 0) return 0;
    const double h = std::atan2(b, a) * 180 / std::numbers::pi;
    return h < 0 ? h + 360 : h;
}

}  // namespace

Triple to_xyz(const RgbSpace& space, const Triple& rgb) {
    return times(matrix_of(space),
                 {decoded(space, rgb[0]), decoded(space, rgb[1]), decoded(space, rgb[2])});
}

Triple srgb_to_xyz(const Triple& rgb) {
    static const Matrix kMatrix = matrix_of(kSrgb);
    return times(kMatrix, {srgb_decoded(rgb[0]), srgb_decoded(rgb[1]), srgb_decoded(rgb[2])});
}

Triple xyz_to_srgb(const Triple& xyz) {
    static const Matrix kMatrix = inverse(matrix_of(kSrgb));
    Triple rgb = times(kMatrix, xyz);
    for (double& v : rgb) v = srgb_encoded(v);
    return rgb;
}

Triple xyz_to_lab(const Triple& xyz, const Triple& white) {
    const double x = lab_curve(xyz[0] / white[0]);
    const double y = lab_curve(xyz[1] / white[1]);
    const double z = lab_curve(xyz[2] / white[2]);
    return {116 * y - 16, 500 * (x - y), 200 * (y - z)};
}

Triple lab_to_xyz(const Triple& lab, const Triple& white) {
    const double y = (lab[0] + 16) / 116;
    return {white[0] * lab_curve_back(y + lab[1] / 500), white[1] * lab_curve_back(y),
            white[2] * lab_curve_back(y - lab[2] / 200)};
}

Triple adapted(const Triple& xyz, const Triple& from, const Triple& to) {
    constexpr Matrix kBradford{
        {{0.8951, 0.2664, -0.1614}, {-0.7502, 1.7135, 0.0367}, {0.0389, -0.0685, 1.0296}}};
    const Triple source = times(kBradford, from);
    const Triple target = times(kBradford, to);
    Triple cones = times(kBradford, xyz);
    for (std::size_t i = 0; i < 3; ++i) cones[i] *= target[i] / source[i];
    return times(inverse(kBradford), cones);
}

double ciede2000(const Triple& one, const Triple& two) {
    const double chroma = (std::hypot(one[1], one[2]) + std::hypot(two[1], two[2])) / 2;
    const double c7 = std::pow(chroma, 7);
    const double g = 0.5 * (1 - std::sqrt(c7 / (c7 + std::pow(25.0, 7))));
    const double a1 = (1 + g) * one[1];
    const double a2 = (1 + g) * two[1];
    const double c1 = std::hypot(a1, one[2]);
    const double c2 = std::hypot(a2, two[2]);
    const double h1 = hue_of(one[2], a1);
    const double h2 = hue_of(two[2], a2);
    const bool grey = c1 * c2 == 0;
    double dh = grey ? 0 : h2 - h1;
    if (dh > 180) dh -= 360;
    if (dh < -180) dh += 360;
    double h = h1 + h2;
    if (!grey) {
        if (std::abs(h1 - h2) > 180) h += h < 360 ? 360 : -360;
        h /= 2;
    }
    const double dl = two[0] - one[0];
    const double dc = c2 - c1;
    const double dH = 2 * std::sqrt(c1 * c2) * std::sin(radians(dh / 2));
    const double l = (one[0] + two[0]) / 2;
    const double c = (c1 + c2) / 2;
    const double t = 1 - 0.17 * std::cos(radians(h - 30)) + 0.24 * std::cos(radians(2 * h)) +
                     0.32 * std::cos(radians(3 * h + 6)) - 0.20 * std::cos(radians(4 * h - 63));
    const double turn = 30 * std::exp(-std::pow((h - 275) / 25, 2));
    const double mean7 = std::pow(c, 7);
    const double rc = 2 * std::sqrt(mean7 / (mean7 + std::pow(25.0, 7)));
    const double l50 = (l - 50) * (l - 50);
    const double sl = 1 + 0.015 * l50 / std::sqrt(20 + l50);
    const double sc = 1 + 0.045 * c;
    const double sh = 1 + 0.015 * c * t;
    const double rt = -std::sin(radians(2 * turn)) * rc;
    return std::sqrt(std::pow(dl / sl, 2) + std::pow(dc / sc, 2) + std::pow(dH / sh, 2) +
                     rt * (dc / sc) * (dH / sh));
}

double difference(const Triple& rgb_a, const Triple& rgb_b) {
    const auto lab = [](Triple rgb) {
        for (double& v : rgb) v /= 255;
        return xyz_to_lab(srgb_to_xyz(rgb));
    };
    return ciede2000(lab(rgb_a), lab(rgb_b));
}

std::string icc_profile(const RgbSpace& space) {
    const Matrix m = matrix_of(space);
    Tags tags{{"desc", description_tag("test space")},
              {"cprt", text_tag("nobody's")},
              {"wtpt", xyz_tag(kD50)}};
    constexpr std::array kColumns{"rXYZ", "gXYZ", "bXYZ"};
    constexpr std::array kCurves{"rTRC", "gTRC", "bTRC"};
    for (std::size_t c = 0; c < 3; ++c) {
        tags.emplace_back(kColumns[c], xyz_tag(adapted({m[0][c], m[1][c], m[2][c]}, kD65, kD50)));
        tags.emplace_back(kCurves[c], curve_tag(space));
    }
    return profile("mntr", "RGB ", "XYZ ", tags);
}

Triple strange_inks(const std::array<double, 4>& cmyk) {
    // What each ink leaves of the light, for long, middle and short waves.
    constexpr std::array<Triple, 4> kInks{
        {{0.95, 0.45, 0.12}, {0.15, 0.65, 0.25}, {0.50, 0.18, 0.75}, {0.04, 0.04, 0.04}}};
    Triple light{0.9, 0.9, 0.9};
    for (std::size_t ink = 0; ink < 4; ++ink) {
        for (std::size_t wave = 0; wave < 3; ++wave) {
            light[wave] *= std::pow(kInks[ink][wave], cmyk[ink]);
        }
    }
    return xyz_to_lab(adapted(times(matrix_of(kSrgb), light), kD65, kD50), kD50);
}

std::string icc_profile_of_strange_inks() {
    std::string table("mft2\0\0\0\0", 8);
    for (const int v : {4, 3, kInkSteps, 0}) put(table, static_cast<std::uint64_t>(v), 1);
    for (int i = 0; i < 9; ++i) put_fixed(table, i % 4 == 0 ? 1 : 0);
    put(table, 2, 2);
    put(table, 2, 2);
    const auto straight_lines = [&](int channels) {
        for (int i = 0; i < channels; ++i) {
            put(table, 0, 2);
            put(table, 0xFFFF, 2);
        }
    };
    straight_lines(4);
    const int points = kInkSteps * kInkSteps * kInkSteps * kInkSteps;
    for (int i = 0; i < points; ++i) {
        std::array<double, 4> inks{};
        int rest = i;
        for (std::size_t ink = 4; ink-- > 0; rest /= kInkSteps) {
            inks[ink] = static_cast<double>(rest % kInkSteps) / (kInkSteps - 1);
        }
        const Triple lab = strange_inks(inks);
        // Version 2's coding of Lab in 16 bits.
        const Triple coded{lab[0] * 652.8, (lab[1] + 128) * 256, (lab[2] + 128) * 256};
        for (const double v : coded) {
            put(table, static_cast<std::uint64_t>(std::clamp(std::lround(v), 0L, 65535L)), 2);
        }
    }
    straight_lines(3);
    return profile("prtr", "CMYK", "Lab ",
                   {{"desc", description_tag("strange inks")},
                    {"cprt", text_tag("nobody's")},
                    {"wtpt", xyz_tag(kD50)},
                    {"A2B0", table}});
}

}  // namespace barid::support
