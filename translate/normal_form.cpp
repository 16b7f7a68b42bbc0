#include "translate/normal_form.hpp"

#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/utf8.h>

#include <vector>

#include "base/crypto.hpp"
#include "base/error.hpp"

namespace barid::translate {
namespace {

constexpr char32_t kAlm = 0x061C, kLrm = 0x200E, kRlm = 0x200F, kPdf = 0x202C, kPdi = 0x2069;

bool is_plain_mark(char32_t c) {
    return c == kAlm || c == kLrm || c == kRlm;
}
/// LRE, RLE, LRO, RLO: closed by PDF.
bool opens_embedding(char32_t c) {
    return c == 0x202A || c == 0x202B || c == 0x202D || c == 0x202E;
}
/// LRI, RLI, FSI: closed by PDI.
bool opens_isolate(char32_t c) {
    return c >= 0x2066 && c <= 0x2068;
}
bool is_direction_mark(char32_t c) {
    return is_plain_mark(c) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

bool has_script(char32_t c, UScriptCode script) {
    UErrorCode status = U_ZERO_ERROR;
    return uscript_getScript(static_cast<UChar32>(c), &status) == script && U_SUCCESS(status) != 0;
}

}  // namespace

char32_t next_code_point(std::string_view text, std::size_t& i) {
    UChar32 c = 0;
    auto at = static_cast<std::int64_t>(i);
    const auto size = static_cast<std::int64_t>(text.size());
    U8_NEXT_OR_FFFD(text.data(), at, size, c);
    i = static_cast<std::size_t>(at);
    return static_cast<char32_t>(c);
}

void append_utf8(std::string& out, char32_t c) {
    char buffer[4] = {};
    int length = 0;
    UBool failed = 0;
    U8_APPEND(buffer, length, 4, static_cast<UChar32>(c), failed);
    if (failed != 0)
        out += "\xEF\xBF\xBD";
    else
        out.append(buffer, static_cast<std::size_t>(length));
}

std::size_t count_code_points(std::string_view text) {
    std::size_t count = 0;
    for (const char c : text) count += (static_cast<unsigned char>(c) & 0xC0U) != 0x80U ? 1U : 0U;
    return count;
}

bool is_letter(char32_t c) {
    return u_isalpha(static_cast<UChar32>(c)) != 0;
}
bool is_arabic_letter(char32_t c) {
    return is_letter(c) && has_script(c, USCRIPT_ARABIC);
}
bool is_latin_letter(char32_t c) {
    return is_letter(c) && has_script(c, USCRIPT_LATIN);
}

bool has_letters(std::string_view text) {
    for (std::size_t i = 0; i < text.size();) {
        if (is_letter(next_code_point(text, i))) return true;
    }
    return false;
}

int digit_value(char32_t c) {
    if (c >= U'0' && c <= U'9') return static_cast<int>(c - U'0');
    if (c >= 0x0660 && c <= 0x0669) return static_cast<int>(c - 0x0660);
    if (c >= 0x06F0 && c <= 0x06F9) return static_cast<int>(c - 0x06F0);
    return -1;
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view kBlanks = " \t\n\v\f\r";
    const std::size_t first = text.find_first_not_of(kBlanks);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string strip_stray_marks(std::string_view text) {
    struct Mark {
        std::size_t at;
        std::size_t size;
        char32_t c;
    };
    std::vector<Mark> open;
    std::vector<bool> drop(text.size(), false);
    const auto remove = [&](const Mark& mark) { drop[mark.at] = true; };
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t at = i;
        const char32_t c = next_code_point(text, i);
        const Mark mark{at, i - at, c};
        if (is_plain_mark(c)) {
            remove(mark);
        } else if (opens_embedding(c) || opens_isolate(c)) {
            open.push_back(mark);
        } else if (c == kPdf || c == kPdi) {
            const bool closes = !open.empty() && opens_isolate(open.back().c) == (c == kPdi);
            if (closes)
                open.pop_back();
            else
                remove(mark);
        } else if (c == U'\n') {
            for (const Mark& unclosed : open) remove(unclosed);
            open.clear();
        }
    }
    for (const Mark& unclosed : open) remove(unclosed);
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t at = i;
        next_code_point(text, i);
        if (!drop[at]) out.append(text.substr(at, i - at));
    }
    return out;
}

std::string normal_form(std::string_view text) {
    std::string unmarked;
    unmarked.reserve(text.size());
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t at = i;
        const char32_t c = next_code_point(text, i);
        if (!is_direction_mark(c)) unmarked.append(text.substr(at, i - at));
    }
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    std::string composed;
    if (U_SUCCESS(status) != 0) {
        icu::StringByteSink<std::string> sink(&composed,
                                              static_cast<std::int32_t>(unmarked.size()));
        nfc->normalizeUTF8(
            0, icu::StringPiece(unmarked.data(), static_cast<std::int32_t>(unmarked.size())), sink,
            nullptr, status);
    }
    if (U_FAILURE(status) != 0) {
        throw Error(Error::Retry::permanent,
                    std::string("ICU could not normalise a text: ") + u_errorName(status));
    }
    return std::string(trim(composed));
}

std::string source_hash(Format format, std::string_view text) {
    return sha256_hex(std::string(to_string(format)) + ":" + normal_form(text));
}

}  // namespace barid::translate
