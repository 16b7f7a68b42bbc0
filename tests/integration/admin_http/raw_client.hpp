// A TCP client that sends exactly the bytes it is given, for requests no HTTP library would make.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace barid::web {

class RawClient {
  public:
    /// Connects to loopback; every read has a deadline of 10 s. Throws std::runtime_error.
    explicit RawClient(std::uint16_t port);
    ~RawClient();
    RawClient(const RawClient&) = delete;

    /// False when the server has closed the connection.
    bool send(std::string_view bytes);
    /// Tells the server that nothing more follows.
    void finish();
    /// Everything until the server closes.
    std::string read_to_end();
    /// One answer: its head, and its body when `with_body` and it has a Content-Length.
    std::string read_answer(bool with_body = true);
    /// True when there is something to read, or the end, within `time`.
    bool readable(std::chrono::milliseconds time);
    /// Makes the receive buffer as small as the kernel allows, for a reader who doesn't read.
    void shrink_window();

  private:
    bool read_some();

    int fd_ = -1;
    std::string buffer_;
};

/// One request on a connection of its own; everything the server sends back.
std::string talk(std::uint16_t port, std::string_view bytes);

/// 404 of "HTTP/1.1 404 Not Found…"; 0 when there is no status line.
int status_of(std::string_view answer);

/// The value of a header (exact name) or "(absent)".
std::string header_of(std::string_view answer, std::string_view name);

}  // namespace barid::web
