// Names of metrics, wherever they are written: exposed text, the documentation's table, Grafana's
// and Prometheus' files.
#pragma once

#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>

namespace barid::support {

inline std::string file_text(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    if (text.str().empty()) throw std::runtime_error("nothing in " + path);
    return text.str();
}

/// The first groups of all matches.
inline std::set<std::string> all_matches(const std::string& text, const std::string& pattern) {
    const std::regex regex(pattern);
    std::set<std::string> found;
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) {
        found.insert((*at)[1].str());
    }
    return found;
}

/// Of an answer of /metrics.
inline std::set<std::string> exposed_names(const std::string& metrics) {
    return all_matches(metrics, "# TYPE (\\S+) ");
}

/// Of the table in docs/operations.md's part on metrics: its first column, between backquotes.
inline std::set<std::string> documented_names(const std::string& page) {
    std::set<std::string> names;
    const std::size_t begin = page.find("\n## Metrics\n");
    if (begin == std::string::npos) throw std::runtime_error("the page has no part on metrics");
    std::istringstream lines(page.substr(begin, page.find("\n## ", begin + 1) - begin));
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with("| `")) continue;
        names.merge(all_matches(line.substr(0, line.find('|', 1)), "`([a-z_]+)`"));
    }
    return names;
}

/// Of expressions; a histogram's series count as the histogram.
inline std::set<std::string> used_names(const std::string& text) {
    std::set<std::string> names;
    for (std::string name : all_matches(text, "\\b(barid_[a-z_]+|process_[a-z_]+)")) {
        for (const char* part : {"_bucket", "_sum", "_count"}) {
            if (name.ends_with(std::string("_seconds") + part)) {
                name.resize(name.size() - std::string(part).size());
            }
        }
        names.insert(name);
    }
    return names;
}

}  // namespace barid::support
