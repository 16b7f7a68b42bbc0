#include "bench/commerce_suite.hpp"

namespace barid::bench {

void bench_orders(CommerceBench& /*bench*/) {}

}  // namespace barid::bench
