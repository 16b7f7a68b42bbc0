// A TCP proxy that a test can make swallow, cut or refuse: half-open connections on demand.
//
// Runs on a thread of its own; all members are safe to call from the test's thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace barid::support {

class TcpGate {
  public:
    enum class Mode {
        pass,     ///< forwards both ways
        swallow,  ///< keeps connections open, accepts new ones, forwards nothing
        refuse,   ///< closes new connections at once
    };

    /// Forwards 127.0.0.1:port() to host:port.
    TcpGate(std::string host, std::uint16_t port);
    ~TcpGate();

    [[nodiscard]] std::uint16_t port() const;
    void set_mode(Mode mode);
    /// Swallows what the server answers from now on, and still passes what clients send.
    void swallow_answers(bool on);
    /// Closes every connection that is open now, both sides.
    void cut();
    /// Forgets every connection that is open now, as a NAT does: they stay open on both sides and
    /// carry nothing any more; new ones pass.
    void freeze();

  private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

}  // namespace barid::support
