// The figure `upload_rgw`: variant sets into Ceph's gateway on this machine (tests/support/rgw.sh).
//
// What a worker does from ready files to a verified set: several pictures at once, the files of
// each over kept connections, with a hash in each request and a HEAD behind it. Prints one line;
// says that it was skipped where Ceph's packages can't be had.
#pragma once

#include "bench/media_suite.hpp"

namespace barid::bench {

void bench_upload(const MediaOptions& options);

}  // namespace barid::bench
