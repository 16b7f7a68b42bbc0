#include "worker/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <utility>

#include "base/text.hpp"

namespace barid::worker {
namespace {

constexpr std::uint32_t kBoolean = 16;  // pg_type.oid

struct Range {
    char32_t first;
    char32_t last;
};

/// Marks that stand on the letter before them, and characters that are not seen at all.
constexpr std::array<Range, 14> kNoWidth{{{0x0300, 0x036F},
                                          {0x0610, 0x061A},
                                          {0x064B, 0x065F},
                                          {0x0670, 0x0670},
                                          {0x06D6, 0x06DC},
                                          {0x06DF, 0x06E4},
                                          {0x06E7, 0x06E8},
                                          {0x06EA, 0x06ED},
                                          {0x08D3, 0x08FF},
                                          {0x200B, 0x200F},
                                          {0x2060, 0x2064},
                                          {0xFE00, 0xFE0F},
                                          {0xFEFF, 0xFEFF},
                                          {0xE0100, 0xE01EF}}};

/// Han, Kana, Hangul, full-width forms and emoji take two columns.
constexpr std::array<Range, 8> kTwoColumns{{{0x1100, 0x115F},
                                            {0x2E80, 0xA4CF},
                                            {0xAC00, 0xD7A3},
                                            {0xF900, 0xFAFF},
                                            {0xFE30, 0xFE6F},
                                            {0xFF00, 0xFF60},
                                            {0x1F300, 0x1FAFF},
                                            {0x20000, 0x3FFFD}}};

template <std::size_t N>
bool within(const std::array<Range, N>& ranges, char32_t c) {
    return std::ranges::any_of(ranges, [c](Range r) { return r.first <= c && c <= r.last; });
}

/// What would move the cursor, colour the terminal or turn the reading direction around.
bool is_control(char32_t c) {
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || c == 0x2028 || c == 0x2029 ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

/// Calls `use(code point, its bytes)` for each one of well-formed UTF-8.
template <class F>
void each_code_point(std::string_view text, F use) {
    for (std::size_t at = 0; at < text.size();) {
        const auto lead = static_cast<unsigned char>(text[at]);
        const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
        char32_t c = size == 1 ? lead : lead & (0xFFU >> (size + 1));
        for (std::size_t i = 1; i < size; ++i) {
            c = (c << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
        }
        use(c, text.substr(at, size));
        at += size;
    }
}

std::size_t width_of(const std::string& printable) {
    std::size_t width = 0;
    each_code_point(printable, [&](char32_t c, std::string_view) {
        if (!within(kNoWidth, c)) width += within(kTwoColumns, c) ? 2 : 1;
    });
    return width;
}

}  // namespace

std::string printable(std::string_view text) {
    const std::string clean = scrub_utf8(text);
    std::string out;
    each_code_point(clean, [&](char32_t c, std::string_view bytes) {
        if (is_control(c))
            out += ' ';
        else
            out += bytes;
    });
    return out;
}

std::string json_value(std::uint32_t type, std::string_view text) {
    // Types by their pg_type.oid; what looks like a number need not be one ("2026-11").
    switch (type) {
        case 16:
            return text == "t" ? "true" : "false";
        case 20:    // bigint
        case 21:    // smallint
        case 23:    // integer
        case 700:   // real
        case 701:   // double precision
        case 1700:  // numeric
            if (text.contains("N") || text.contains("I")) return json_quote(text);  // NaN, Infinity
            return std::string(text);
        case 114:  // json
        case 3802:
            return std::string(text);
        default:
            return json_quote(text);
    }
}

std::string render_table(std::vector<std::string> header,
                         std::vector<std::vector<std::string>> rows) {
    for (std::string& cell : header) cell = printable(cell);
    for (auto& row : rows) {
        for (std::string& cell : row) cell = printable(cell);
    }
    std::vector<std::size_t> widths;
    for (std::size_t c = 0; c < header.size(); ++c) {
        std::size_t width = width_of(header[c]);
        for (const auto& row : rows) width = std::max(width, width_of(row[c]));
        widths.push_back(width);
    }
    const auto line = [&](const std::vector<std::string>& cells) {
        std::string text;
        for (std::size_t c = 0; c < cells.size(); ++c) {
            text += cells[c];
            if (c + 1 < cells.size()) text.append(widths[c] - width_of(cells[c]) + 2, ' ');
        }
        return text + '\n';
    };
    std::string out = line(header);
    for (const auto& row : rows) out += line(row);
    return out;
}

void print_result(const pg::Result& result, bool json) {
    const auto names = result.columns();
    if (json) {
        for (const pg::Row row : result) {
            std::string line;
            for (int c = 0; c < static_cast<int>(names.size()); ++c) {
                const std::string value =
                    row.is_null(c) ? "null" : json_value(result.type_oid(c), row.text(c));
                line += fmt::format("{}{}:{}", c == 0 ? "{" : ",",
                                    json_quote(names[static_cast<std::size_t>(c)]), value);
            }
            fmt::print("{}}}\n", line);
        }
        return;
    }
    std::vector<std::vector<std::string>> rows;
    for (const pg::Row row : result) {
        std::vector<std::string> cells;
        for (int c = 0; c < static_cast<int>(names.size()); ++c) {
            const bool flag = result.type_oid(c) == kBoolean && !row.is_null(c);
            cells.emplace_back(!flag ? row.text(c) : row.text(c) == "t" ? "yes" : "no");
        }
        rows.push_back(std::move(cells));
    }
    fmt::print("{}", render_table(names, std::move(rows)));
}

}  // namespace barid::worker
