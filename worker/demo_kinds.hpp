// Job kinds that only `barid dev` knows: they fail, or take their time, on purpose.
//
//     demo.flaky  {"failures": 2}            fails that many times, then works
//     demo.broken {"reason": "…"}            never works
//     demo.slow   {"first": 60, "later": 1}  seconds that the first and each later attempt take
#pragma once

#include "jobs/registry.hpp"

namespace barid::worker {

void register_demo_kinds(jobs::Registry& registry);

}  // namespace barid::worker
