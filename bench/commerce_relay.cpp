#include "bench/commerce_suite.hpp"

namespace barid::bench {

void bench_relay(CommerceBench& /*bench*/) {}

}  // namespace barid::bench
