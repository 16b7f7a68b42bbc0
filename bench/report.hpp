// What a benchmark prints: one JSON object a line, and the little statistics behind it.
//
// A line has suite, name, value and unit; a comparison adds `vs` (what with) and `ratio`, this
// value divided by the other's: above 1 is better where more is better (jobs/s), below 1 where
// less is (ms, bytes). Raw numbers of repeated runs come along as `runs`. Prints at once.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace barid::bench {

double median(std::vector<double> values);
/// The nearest-rank percentile, `p` in (0, 100].
double percentile(std::vector<double> values, double p);

struct Line {
    std::string name;
    double value = 0;
    std::string unit;
    std::vector<double> runs = {};
    std::string vs = {};
    std::optional<double> ratio = {};
    std::optional<double> goal = {};  ///< of the ratio, when there is one
};

void print(const std::string& suite, const Line& line);
/// What was measured on: the server's settings and the machine.
void print_setting(const std::string& suite, const std::string& name, const std::string& value);

}  // namespace barid::bench
