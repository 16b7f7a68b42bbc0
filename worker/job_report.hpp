// One job as a page for people: what it is, its attempts, its lines, its relatives. Pure.
#pragma once

#include <string>

#include "base/json.hpp"

namespace barid::worker {

/// `report` is barid.job_report's object without payload, output, errors and the checkpoint's
/// data; `payload` and `output` are JSON laid out on several lines, or empty. Nothing that
/// steers a terminal gets through.
std::string render_job_report(const json::object& report, const std::string& payload,
                              const std::string& output);

}  // namespace barid::worker
