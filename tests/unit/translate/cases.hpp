// Tables of cases: one a line, fields parted by tabs, '#' begins a comment line.
#pragma once

#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace barid::translate {

struct CaseLine {
    std::size_t number = 0;
    std::vector<std::string> fields;
};

/// In a field, \n \t \\ and \u{...} (hexadecimal) stand for what can't be seen in a table.
inline std::string unescape_case(const std::string& field, void (*append)(std::string&, char32_t)) {
    std::string out;
    for (std::size_t i = 0; i < field.size(); ++i) {
        if (field[i] != '\\' || i + 1 == field.size()) {
            out += field[i];
            continue;
        }
        const char kind = field[++i];
        if (kind == 'u' && i + 1 < field.size() && field[i + 1] == '{') {
            const std::size_t end = field.find('}', i);
            append(out, static_cast<char32_t>(
                            std::stoul(field.substr(i + 2, end - i - 2), nullptr, 16)));
            i = end;
        } else {
            out += kind == 'n' ? '\n' : kind == 't' ? '\t' : kind;
        }
    }
    return out;
}

inline std::vector<CaseLine> read_cases(const std::string& name, std::size_t fields,
                                        void (*append)(std::string&, char32_t)) {
    std::ifstream in(std::string(BARID_CASES) + "/" + name);
    if (!in) throw std::runtime_error("no table of cases " + name);
    std::vector<CaseLine> out;
    std::string line;
    for (std::size_t number = 1; std::getline(in, line); ++number) {
        if (line.empty() || line.front() == '#') continue;
        CaseLine read{number, {}};
        for (std::size_t i = 0; i <= line.size();) {
            const std::size_t tab = std::min(line.find('\t', i), line.size());
            read.fields.push_back(unescape_case(line.substr(i, tab - i), append));
            i = tab + 1;
        }
        if (read.fields.size() != fields) {
            throw std::runtime_error(name + ": line " + std::to_string(number) + " has " +
                                     std::to_string(read.fields.size()) + " fields");
        }
        out.push_back(std::move(read));
    }
    return out;
}

}  // namespace barid::translate
