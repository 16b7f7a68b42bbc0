// The walls around a decode child: resource limits, no new privileges, and a system call filter.
//
// After `build_walls` the process can compute, allocate, start threads and use the descriptors it
// already has; opening a file answers EACCES, and anything that reaches out (sockets, exec, fork,
// signals to others, ptrace) kills the process at once. Irreversible, and for all threads.
//
// Under a sanitizer the address-space limit is left out (ASan reserves terabytes) and the filter
// is a list of what is forbidden instead of what is allowed, because the sanitizer's own runtime
// opens files and maps memory as it likes.
#pragma once

#include <cstdint>

namespace barid::media {

struct Walls {
    std::uint64_t memory_bytes = 0;  ///< address space on top of what is mapped now
    std::uint64_t cpu_seconds = 0;   ///< for the whole life of the process
};

/// Throws a permanent Error sandbox_unavailable when any wall can't be built: there is no way to
/// decode without them.
void build_walls(const Walls& walls);

/// From now on at most this much more CPU time; SIGXCPU ends the process after it.
void limit_cpu(std::uint64_t seconds);

}  // namespace barid::media
