// Spans as an OTLP export request (OpenTelemetry Protocol 1.x, "OTLP/HTTP", JSON encoding), and
// what the collector says about it. Pure.
//
// The JSON encoding is protobuf's with OTLP's deviations: lowerCamelCase names, ids as lower-case
// hexadecimal, enums as numbers, 64-bit integers as texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/trace.hpp"

namespace barid::trace {

/// Who the spans are of: `service.name` and the like.
struct Resource {
    std::string service_name = "barid";
    std::string service_version = {};
    std::string instance_id = {};  ///< the worker's name; left out when empty
};

/// An ExportTraceServiceRequest.
std::string otlp_request(const Resource& resource, const std::vector<SpanData>& spans);

/// How many spans the collector refused although it answered 200 (`partialSuccess`); 0 when the
/// answer says nothing of it or can't be read.
std::uint64_t otlp_rejected(std::string_view answer);

}  // namespace barid::trace
