// libvips as this project runs it: five loaders, one thread of computation, no caches.
//
// Call `start_vips` once per process, before threads, in the decode child (and in tests or
// benchmarks that decode in-process). `warm_up` makes libvips and its codecs load their plug-ins
// and build their tables, which must happen before the system call filter is on.
#pragma once

namespace barid::media {

void start_vips();
void warm_up_vips();

/// Whether libheif decodes HEVC here: it is a separate codec that a machine may lack. Found out
/// once, by `start_vips`, by decoding a picture of one colour that is part of this program.
[[nodiscard]] bool can_read_heic();
/// For tests: as on a machine without that codec (or with it).
void pretend_heic(bool readable);

}  // namespace barid::media
