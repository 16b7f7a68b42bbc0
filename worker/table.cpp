#include "worker/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "base/text.hpp"

namespace barid::worker {
namespace {

std::size_t width_of(const std::string& text) {
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string json_value(const pg::Row& row, int column) {
    if (row.is_null(column)) return "null";
    const std::string_view text = row.text(column);
    if (text == "t" || text == "f") return text == "t" ? "true" : "false";
    const bool number = !text.empty() && text.size() < 19 &&
                        text.find_first_not_of("-.0123456789") == std::string_view::npos &&
                        text != "-" && text != ".";
    return number ? std::string(text) : json_quote(text);
}

}  // namespace

std::string render_table(const std::vector<std::string>& header,
                         const std::vector<std::vector<std::string>>& rows) {
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
                line +=
                    fmt::format("{}{}:{}", c == 0 ? "{" : ",",
                                json_quote(names[static_cast<std::size_t>(c)]), json_value(row, c));
            }
            fmt::print("{}}}\n", line);
        }
        return;
    }
    std::vector<std::vector<std::string>> rows;
    for (const pg::Row row : result) {
        std::vector<std::string> cells;
        for (int c = 0; c < static_cast<int>(names.size()); ++c) cells.emplace_back(row.text(c));
        rows.push_back(std::move(cells));
    }
    fmt::print("{}", render_table(names, rows));
}

}  // namespace barid::worker
