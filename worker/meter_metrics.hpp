// The metrics of what the process counted beside its jobs, from the counters to their names.
#pragma once

#include <optional>

#include "base/meter.hpp"
#include "base/otlp_exporter.hpp"
#include "worker/metric_families.hpp"
#include "worker/process_meters.hpp"

namespace barid::worker {

void add_meters(Families& out, const ProcessMeters& meters);
void add_admin(Families& out, const AdminMeter& admin);
void add_traces(Families& out, const trace::ExporterFigures& traces);

}  // namespace barid::worker
