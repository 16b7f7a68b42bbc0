#include "worker/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace barid::worker {
namespace {

/// Whole, whatever a signal interrupts.
void put(std::string_view text) {
    while (!text.empty()) {
        const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
        if (written < 0 && errno != EINTR && errno != EAGAIN) return;
        if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    }
}

}  // namespace

bool Terminal::present() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

// Asio makes what it watches non-blocking, for every process that shares the terminal: it gets a
// description of its own.
Terminal::Terminal(asio::io_context& io) : input_(io, ::open("/dev/tty", O_RDONLY | O_CLOEXEC)) {
    ::tcgetattr(STDIN_FILENO, &before_);
    termios raw = before_;
    raw.c_lflag &= static_cast<tcflag_t>(~(ECHO | ICANON));
    ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    put("\x1b[?1049h\x1b[?25l");
}

Terminal::~Terminal() {
    put("\x1b[?25h\x1b[?1049l");
    ::tcsetattr(STDIN_FILENO, TCSANOW, &before_);
}

TerminalSize Terminal::size() {
    winsize window{};
    if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &window) != 0 || window.ws_col == 0) return {};
    return {window.ws_col, window.ws_row};
}

void Terminal::show(std::string_view text) {
    // Line by line over what was there: erasing the screen first would flicker.
    std::string out = "\x1b[?2026h\x1b[H";
    while (!text.empty()) {
        const std::size_t end = std::min(text.find('\n'), text.size());
        out += text.substr(0, end);
        out += "\x1b[K";
        text.remove_prefix(std::min(end + 1, text.size()));
        if (!text.empty()) out += "\r\n";
    }
    put(out + "\x1b[J\x1b[?2026l");
}

awaitable<std::string> Terminal::read_keys() {
    std::array<char, 64> keys{};
    const auto [problem, size] = co_await input_.async_read_some(asio::buffer(keys), use_tuple);
    co_return problem ? std::string() : std::string(keys.data(), size);
}

void Terminal::cancel() {
    error_code ignored;
    input_.cancel(ignored);
}

}  // namespace barid::worker
