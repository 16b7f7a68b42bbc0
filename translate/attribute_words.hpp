// The curated words behind deterministic attributes, in both languages.
//
// A field may hold several spellings, parted by '|': the first is written, all are read. Arabic
// words are indefinite and nominative. Whoever changes a word raises `kAttributeData`, which is
// part of the memory's key. Constants.
#pragma once

#include <span>
#include <string_view>

namespace barid::translate {

inline constexpr std::string_view kAttributeData = "1";

enum class Gender { masculine, feminine };

/// A colour, a shade of one, a size, a fit or a pattern. `feminine` also goes with plurals of
/// things, as Arabic grammar has it.
struct Describing {
    std::string_view english;
    std::string_view masculine;
    std::string_view feminine;
    /// False: alone the English word may mean something else ("rose", "orange", "chocolate"), so
    /// it is only understood where a colour is expected.
    bool clear = true;
};

struct Material {
    std::string_view english;
    std::string_view arabic;
    std::string_view definite;   ///< behind "من"
    std::string_view masculine;  ///< as an adjective: "قطني"; read, not written; may be empty
    std::string_view feminine;
    Gender gender = Gender::masculine;
};

struct Thing {
    std::string_view english;
    std::string_view english_plural;
    std::string_view arabic;
    std::string_view arabic_plural;
    Gender gender = Gender::masculine;
};

/// What can be counted: 1 قطعة واحدة, 2 قطعتان, 3–10 قطع, 11–99 قطعة.
struct Counted {
    std::string_view english;
    std::string_view english_plural;
    std::string_view one;
    std::string_view two;  ///< both cases: "قطعتان|قطعتين"
    std::string_view few;
    std::string_view many;
};

struct Unit {
    std::string_view english;
    std::string_view arabic;
};

/// What a label expects behind its colon.
enum class Expects { anything, colour };

struct Label {
    std::string_view english;
    std::string_view arabic;
    Expects expects = Expects::anything;
    bool clear = true;  ///< understood alone, too
};

struct Currency {
    std::string_view code;
    std::string_view english;  ///< signs beside the code
    std::string_view arabic;
};

std::span<const Describing> colours();
std::span<const Describing> shades();
std::span<const Describing> sizes_and_patterns();
std::span<const Material> materials();
std::span<const Thing> things();
std::span<const Counted> counted();
std::span<const Unit> units();
std::span<const Label> labels();
std::span<const Currency> currencies();

}  // namespace barid::translate
