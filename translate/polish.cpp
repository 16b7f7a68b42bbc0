#include "translate/polish.hpp"

#include <algorithm>
#include <vector>

#include "translate/mask.hpp"
#include "translate/normal_form.hpp"

namespace barid::translate {
namespace {

constexpr char32_t kFsi = 0x2068, kPdi = 0x2069;
constexpr int kMostRounds = 8;
constexpr char32_t kArabicComma = 0x060C, kArabicSemicolon = 0x061B, kArabicQuestion = 0x061F;
constexpr char32_t kArabicDecimal = 0x066B, kArabicThousands = 0x066C;

enum class Side : unsigned char { none, arabic, other };

struct Unit {
    char32_t c = 0;  ///< 0: a mask
    std::size_t begin = 0;
    std::size_t end = 0;
    MaskKind kind = MaskKind::sku;
    Side before = Side::none;  ///< nearest letter before, on this line
    Side after = Side::none;
};

std::vector<Unit> split(std::string_view text) {
    std::vector<Unit> units;
    units.reserve(text.size());
    std::vector<Mask> masks = find_masks(text);
    // A percentage's digits and sign are the language's.
    std::erase_if(masks, [&](const Mask& mask) {
        return mask.kind == MaskKind::measure &&
               !has_letters(text.substr(mask.begin, mask.end - mask.begin));
    });
    auto mask = masks.begin();
    for (std::size_t i = 0; i < text.size();) {
        Unit unit;
        unit.begin = i;
        if (mask != masks.end() && mask->begin == i) {
            unit.kind = mask->kind;
            i = mask->end;
            ++mask;
        } else {
            unit.c = next_code_point(text, i);
        }
        unit.end = i;
        units.push_back(unit);
    }
    return units;
}

Side side_of(const Unit& unit) {
    if (unit.c == 0) {
        // A placeholder says nothing about what will stand in its place.
        return unit.kind == MaskKind::placeholder || unit.kind == MaskKind::entity ||
                       unit.kind == MaskKind::tag
                   ? Side::none
                   : Side::other;
    }
    if (is_arabic_letter(unit.c)) return Side::arabic;
    return is_letter(unit.c) ? Side::other : Side::none;
}

void note_neighbours(std::vector<Unit>& units) {
    Side last = Side::none;
    const auto step = [&last](Unit& unit, Side Unit::* where) {
        unit.*where = last;
        if (unit.c == U'\n')
            last = Side::none;
        else if (const Side own = side_of(unit); own != Side::none)
            last = own;
    };
    for (Unit& unit : units) step(unit, &Unit::before);
    last = Side::none;
    for (auto unit = units.rbegin(); unit != units.rend(); ++unit) step(*unit, &Unit::after);
}

char32_t arabic_mark(char32_t c) {
    switch (c) {
        case U'?':
            return kArabicQuestion;
        case U',':
            return kArabicComma;
        case U';':
            return kArabicSemicolon;
        default:
            return 0;
    }
}

char32_t latin_mark(char32_t c) {
    switch (c) {
        case kArabicQuestion:
            return U'?';
        case kArabicComma:
            return U',';
        case kArabicSemicolon:
            return U';';
        default:
            return 0;
    }
}

bool is_digit_at(const std::vector<Unit>& units, std::size_t i) {
    return i < units.size() && units[i].c != 0 && digit_value(units[i].c) >= 0;
}

bool between_digits(const std::vector<Unit>& units, std::size_t i) {
    return i > 0 && is_digit_at(units, i - 1) && is_digit_at(units, i + 1);
}

/// A digit that touches Latin letters belongs to a name, not to the sentence.
bool touches_latin(const std::vector<Unit>& units, std::size_t i) {
    const auto stops = [&](std::size_t k) { return !is_digit_at(units, k); };
    std::size_t first = i;
    while (first > 0 && !stops(first - 1)) --first;
    std::size_t last = i;
    while (last + 1 < units.size() && !stops(last + 1)) ++last;
    const bool before = first > 0 && units[first - 1].c != 0 && is_latin_letter(units[first - 1].c);
    const bool after =
        last + 1 < units.size() && units[last + 1].c != 0 && is_latin_letter(units[last + 1].c);
    return before || after;
}

/// Decides digits once per run of digits, so that a long one costs linear time.
std::vector<char32_t> with_digits(const std::vector<Unit>& units, Digits policy) {
    std::vector<char32_t> out(units.size());
    for (std::size_t i = 0; i < units.size(); ++i) out[i] = units[i].c;
    if (policy == Digits::keep) return out;
    const bool arabic = policy == Digits::arabic_indic;
    for (std::size_t i = 0; i < units.size(); ++i) {
        if (units[i].c != U'%' && units[i].c != 0x066A) continue;
        const bool behind = i > 0 && is_digit_at(units, i - 1) && !touches_latin(units, i - 1);
        const bool before = is_digit_at(units, i + 1) && !touches_latin(units, i + 1);
        if (behind || before) out[i] = arabic ? 0x066A : U'%';
    }
    for (std::size_t i = 0; i < units.size();) {
        if (!is_digit_at(units, i)) {
            if (between_digits(units, i) && !touches_latin(units, i - 1) &&
                !touches_latin(units, i + 1)) {
                const char32_t c = units[i].c;
                if (arabic && c == U'.')
                    out[i] = kArabicDecimal;
                else if (arabic && c == U',')
                    out[i] = kArabicThousands;
                else if (!arabic && c == kArabicDecimal)
                    out[i] = U'.';
                else if (!arabic && c == kArabicThousands)
                    out[i] = U',';
            }
            ++i;
            continue;
        }
        const bool leave = touches_latin(units, i);
        for (; is_digit_at(units, i); ++i) {
            const auto value = static_cast<char32_t>(digit_value(units[i].c));
            if (!leave) out[i] = (arabic ? 0x0660U : U'0') + value;
        }
    }
    return out;
}

bool wants_isolate(const Unit& unit) {
    return unit.c == 0 && (unit.kind == MaskKind::sku || unit.kind == MaskKind::url ||
                           unit.kind == MaskKind::email || unit.kind == MaskKind::measure);
}

/// What a mark becomes; the same character when it stays.
char32_t mark_for(const std::vector<Unit>& units, std::size_t i, Language target, char32_t c) {
    if (target == Language::en) return latin_mark(c) != 0 ? latin_mark(c) : c;
    const char32_t arabic = arabic_mark(c);
    if (arabic == 0 || between_digits(units, i)) return c;
    const Unit& unit = units[i];
    const bool any_arabic = unit.before == Side::arabic || unit.after == Side::arabic;
    const bool ends_line = unit.before == Side::other && unit.after == Side::none;
    return any_arabic || ends_line ? arabic : c;
}

bool has_arabic(const std::vector<Unit>& units) {
    return std::ranges::any_of(units,
                               [](const Unit& unit) { return side_of(unit) == Side::arabic; });
}

/// Punctuation, digits and isolates.
std::string with_marks(const std::string& clean, Language target, Format format, Digits digits) {
    std::vector<Unit> units = split(clean);
    note_neighbours(units);
    if (target == Language::ar && !has_arabic(units)) return clean;
    const std::vector<char32_t> codes =
        with_digits(units, target == Language::en ? Digits::latin : digits);
    std::string out;
    out.reserve(clean.size() + 16);
    char32_t previous_source = 0;  // the mark just written, as the translation had it
    for (std::size_t i = 0; i < units.size(); ++i) {
        const Unit& unit = units[i];
        if (unit.c == 0) {
            const bool isolated = i > 0 && units[i - 1].c == kFsi;
            const bool isolate = target == Language::ar && format == Format::text &&
                                 wants_isolate(unit) && !isolated;
            if (isolate) append_utf8(out, kFsi);
            out.append(clean, unit.begin, unit.end - unit.begin);
            if (isolate) append_utf8(out, kPdi);
            previous_source = 0;
            continue;
        }
        const char32_t mark = mark_for(units, i, target, codes[i]);
        // "؟?" is one mark that two scripts wrote.
        const bool twin =
            previous_source != 0 && previous_source != codes[i] &&
            (arabic_mark(previous_source) == codes[i] || latin_mark(previous_source) == codes[i]);
        if (twin) continue;
        append_utf8(out, mark);
        const bool is_mark = arabic_mark(codes[i]) != 0 || latin_mark(codes[i]) != 0;
        previous_source = is_mark ? codes[i] : 0;
    }
    return out;
}

}  // namespace

std::string polish(std::string_view text, Language target, Format format,
                   const Typography& typography) {
    std::string clean = without_invisible(strip_stray_marks(text));
    if (target == Language::ar && !has_arabic(split(clean))) return clean;
    // One step may make room for another: "قميص,20%" has a percentage once its comma is Arabic.
    for (int round = 0; round < kMostRounds; ++round) {
        std::string next = strip_stray_marks(without_tatweel(clean));
        next = with_quotes(next, target, typography.quotes);
        next = with_signs_placed(next, target, typography);
        next = with_mark_spacing(next);
        next = with_mark_spacing(with_marks(next, target, format, typography.digits));
        if (next == clean) break;
        clean = std::move(next);
    }
    return clean;
}

}  // namespace barid::translate
