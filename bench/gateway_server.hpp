// A stand-in for the payment gateway that costs little: HTTP/1.1 with kept connections, a thread
// for each, every question for a status answered at once with one invoice of 1.500 KWD.
//
// `barid_bench --role gateway paid|pending`: prints `READY port` and serves until the end of its
// input, then `REQUESTS count`. The invoice is the one that was asked for, its customer reference
// "B-" with the invoice's number behind it.
#pragma once

#include <string>

namespace barid::bench {

int run_gateway(const std::string& status);

}  // namespace barid::bench
