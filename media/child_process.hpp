// One child process with a socket to it; killed and reaped when destroyed.
//
// The child starts from a program path (never a bare fork of the many-threaded worker), with an
// empty environment but for a few harmless variables and with no descriptor of the worker's except
// standard error: what a decoder could give away must not be there. Not thread-safe: io thread.
#pragma once

#include <sys/types.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <optional>
#include <string>
#include <vector>

#include "base/asio.hpp"

namespace barid::media {

class ChildProcess {
  public:
    /// The child finds its end of the socket at descriptor 3. Throws a transient Error
    /// sandbox_unavailable when the program can't be started.
    ChildProcess(asio::io_context& io, const std::string& program,
                 const std::vector<std::string>& arguments);
    /// Kills the child and waits for its end, which takes a few milliseconds.
    ~ChildProcess();
    ChildProcess(const ChildProcess&) = delete;
    ChildProcess& operator=(const ChildProcess&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }

    // Frames as media/wire.hpp describes them. A child that is gone is an ordinary answer here.
    awaitable<bool> send_frame(const std::string& body);
    /// Throws bad_frame when the child announces more than `max` bytes.
    awaitable<std::optional<std::string>> receive_frame(std::size_t max);
    /// Fills `into`, which must live until then.
    awaitable<bool> receive_bytes(std::string& into);

    void kill() noexcept;
    /// The status of waitpid(2), once the child has ended; call after `kill` or the socket's end.
    awaitable<int> wait();

  private:
    bool reap(bool block) noexcept;

    asio::io_context& io_;
    asio::local::stream_protocol::socket socket_;
    pid_t pid_ = -1;
    bool reaped_ = false;
    int status_ = 0;
};

/// "was killed by signal 11 (Segmentation fault)", "ended with status 1".
[[nodiscard]] std::string describe_wait_status(int status);

}  // namespace barid::media
