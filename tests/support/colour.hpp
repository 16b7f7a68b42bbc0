// Colour arithmetic for tests, in floating point from the published formulas and apart from
// libvips and lcms: what the pipeline's colours are measured against. Pure.
//
// sRGB: IEC 61966-2-1. Lab: CIE 1976, white D65 unless said. Difference: CIEDE2000.
#pragma once

#include <array>
#include <string>

namespace barid::support {

using Triple = std::array<double, 3>;

/// 0–1, gamma-encoded, to XYZ of D65 (Y of white is 1), and back; out of gamut is not clipped.
Triple srgb_to_xyz(const Triple& rgb);
Triple xyz_to_srgb(const Triple& xyz);

inline constexpr Triple kD65{0.95047, 1.0, 1.08883};
/// As profiles write it; libpng drops a profile that says anything else.
inline constexpr Triple kD50{0.9642, 1.0, 0.8249};
Triple xyz_to_lab(const Triple& xyz, const Triple& white = kD65);
Triple lab_to_xyz(const Triple& lab, const Triple& white = kD65);
/// Bradford's adaptation of the eye to another white.
Triple adapted(const Triple& xyz, const Triple& from, const Triple& to);

double ciede2000(const Triple& lab_a, const Triple& lab_b);
/// Of two sRGB colours, 0–255.
double difference(const Triple& rgb_a, const Triple& rgb_b);

struct RgbSpace {
    std::array<std::array<double, 2>, 3> primaries;  ///< x, y of red, green, blue; white is D65
    double gamma;                                    ///< 0: sRGB's own curve
};
inline constexpr RgbSpace kDisplayP3{{{{0.680, 0.320}, {0.265, 0.690}, {0.150, 0.060}}}, 0};
inline constexpr RgbSpace kAdobeRgb{{{{0.640, 0.330}, {0.210, 0.710}, {0.150, 0.060}}},
                                    563.0 / 256};

Triple to_xyz(const RgbSpace& space, const Triple& rgb);

/// A version 2 profile of that space.
std::string icc_profile(const RgbSpace& space);

/// Lab (D50) of inks that no printer has: "cyan" is orange, "magenta" is green, "yellow" is violet,
/// black is black; 0–1 each. Whoever takes another profile than the embedded one gets it wrong.
Triple strange_inks(const std::array<double, 4>& cmyk);
/// Their profile: a table with `kInkSteps` steps each way, exact where the inks are on a step.
inline constexpr int kInkSteps = 9;
std::string icc_profile_of_strange_inks();

}  // namespace barid::support
