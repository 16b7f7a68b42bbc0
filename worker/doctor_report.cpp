#include "worker/doctor_report.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "base/text.hpp"
#include "worker/commands.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

std::string_view name_of(Finding::Level level) {
    switch (level) {
        case Finding::Level::ok:
            return "ok";
        case Finding::Level::warning:
            return "warning";
        case Finding::Level::problem:
            break;
    }
    return "problem";
}

std::string plural(int count, std::string_view word) {
    return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

}  // namespace

std::string render(const Finding& finding, bool json) {
    if (json) {
        return fmt::format(R"({{"check":{},"status":"{}","text":{},"advice":{}}})",
                           json_quote(finding.check), name_of(finding.level),
                           json_quote(finding.text), json_quote(finding.advice));
    }
    const bool problem = finding.level == Finding::Level::problem;
    return printable(fmt::format("{:<8} {:<13} {}{}{}",
                                 problem ? "PROBLEM" : name_of(finding.level), finding.check,
                                 finding.text, finding.advice.empty() ? "" : ": ", finding.advice));
}

void DoctorReport::add(const Finding& finding) {
    ++checks_;
    warnings_ += finding.level == Finding::Level::warning ? 1 : 0;
    problems_ += finding.level == Finding::Level::problem ? 1 : 0;
    fmt::print("{}\n", render(finding, json_));
    std::fflush(stdout);
}

void DoctorReport::add(const Findings& findings) {
    for (const Finding& finding : findings) add(finding);
}

int DoctorReport::finish() {
    if (!json_) {
        fmt::print("{}, {}, {}\n", plural(checks_, "check"), plural(warnings_, "warning"),
                   plural(problems_, "problem"));
    }
    return static_cast<int>(problems_ == 0 ? Exit::ok : Exit::failed);
}

}  // namespace barid::worker
