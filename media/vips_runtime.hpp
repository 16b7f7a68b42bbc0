// libvips as this project runs it: five loaders, one thread of computation, no caches.
//
// Call `start_vips` once per process, before threads, in the decode child (and in tests or
// benchmarks that decode in-process). `warm_up` makes libvips and its codecs load their plug-ins
// and build their tables, which must happen before the system call filter is on.
#pragma once

namespace barid::media {

void start_vips();
void warm_up_vips();

}  // namespace barid::media
