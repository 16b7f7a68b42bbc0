// A terminal that a program draws on: raw keys, no echo, the alternate screen; all put back at the
// end, also after a signal that the program handles. One at a time; io thread only.
#pragma once

#include <termios.h>

#include <boost/asio/posix/stream_descriptor.hpp>
#include <string>
#include <string_view>

#include "base/asio.hpp"

namespace barid::worker {

struct TerminalSize {
    int columns = 80;
    int lines = 24;
};

class Terminal {
  public:
    /// Both standard input and standard output are one.
    static bool present();

    explicit Terminal(asio::io_context& io);
    ~Terminal();
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    [[nodiscard]] static TerminalSize size();
    /// Replaces what is shown by `text`, whose lines must fit.
    static void show(std::string_view text);
    /// The next bytes that were typed; empty when input has ended or the wait was cancelled.
    awaitable<std::string> read_keys();
    void cancel();

  private:
    asio::posix::stream_descriptor input_;
    termios before_{};
};

}  // namespace barid::worker
