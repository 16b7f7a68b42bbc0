#include "bench/commerce_suite.hpp"

namespace barid::bench {

void bench_rebuild(CommerceBench& /*bench*/) {}

}  // namespace barid::bench
