// The other side of SandboxPool: the program that decodes, in a process of its own.
//
// `barid decode-child` (hidden) is nothing but a call of `decode_child_main`. It sets up libvips,
// warms it up, builds its walls, and then serves one picture after the other until the worker
// closes the socket. Single-threaded but for libvips' own threads.
#pragma once

namespace barid::media {

/// The descriptor on which SandboxPool hands its children their socket.
inline constexpr int kDecodeChildFd = 3;

/// Never returns to code that matters: ends the process itself once the walls stand. The result
/// is the exit status when it could not start.
int decode_child_main(int fd_in = kDecodeChildFd, int fd_out = kDecodeChildFd);

}  // namespace barid::media
