#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "base/json.hpp"

namespace barid::bench {
namespace {

std::string quoted(const std::string& text) {
    return json::serialize(json::string_view(text));
}

std::string number(double value) {
    const double size = std::abs(value);
    if (size >= 1000) return fmt::format("{:.0f}", value);
    return fmt::format("{:.{}f}", value, size >= 10 ? 1 : 3);
}

}  // namespace

double median(std::vector<double> values) {
    return percentile(std::move(values), 50);
}

double percentile(std::vector<double> values, double p) {
    if (values.empty()) return 0;
    std::ranges::sort(values);
    const auto rank =
        static_cast<std::size_t>(std::ceil(p / 100 * static_cast<double>(values.size())));
    return values[std::clamp<std::size_t>(rank, 1, values.size()) - 1];
}

void print(const std::string& suite, const Line& line) {
    std::string out = fmt::format(R"({{"suite":{},"name":{},"value":{},"unit":{})", quoted(suite),
                                  quoted(line.name), number(line.value), quoted(line.unit));
    if (!line.vs.empty()) out += fmt::format(R"(,"vs":{})", quoted(line.vs));
    if (line.ratio) out += fmt::format(R"(,"ratio":{:.3f})", *line.ratio);
    if (line.goal) out += fmt::format(R"(,"goal":{:.2f})", *line.goal);
    if (!line.runs.empty()) {
        out += R"(,"runs":[)";
        for (std::size_t i = 0; i < line.runs.size(); ++i) {
            out += (i > 0 ? "," : "") + number(line.runs[i]);
        }
        out += "]";
    }
    fmt::print("{}}}\n", out);
    std::fflush(stdout);
}

void print_setting(const std::string& suite, const std::string& name, const std::string& value) {
    fmt::print(R"({{"suite":{},"name":{},"value":{},"unit":"setting"}})"
               "\n",
               quoted(suite), quoted(name), quoted(value));
    std::fflush(stdout);
}

}  // namespace barid::bench
