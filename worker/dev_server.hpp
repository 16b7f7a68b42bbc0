// A private PostgreSQL for `barid dev`, on 127.0.0.1 with a password, and nothing left of it.
//
// A guardian process of its own session owns the server: it runs initdb when there is no cluster
// yet, starts the server, and waits for the end of a pipe whose other end only this process
// holds. However this process ends, SIGKILL included, the guardian stops the server and removes
// the directory when it is a temporary one. Should the guardian itself be killed, the kernel stops
// the server. Construct it before any thread starts: the guardian is a fork without exec.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

#include "base/secret.hpp"
#include "worker/dev_directory.hpp"

namespace barid::worker {

class DevServer {
  public:
    /// Blocks until the server takes connections. Throws a permanent Error that says why not; a
    /// temporary directory is gone then.
    explicit DevServer(const DevDirectory& directory);
    ~DevServer();
    DevServer(const DevServer&) = delete;
    DevServer& operator=(const DevServer&) = delete;

    /// Connection string for a database of the server.
    [[nodiscard]] Secret url(const std::string& database) const;
    [[nodiscard]] std::uint16_t port() const { return port_; }
    /// False once the server has ended by itself.
    [[nodiscard]] bool alive() const;
    /// Stops the server and waits until the guardian has cleaned up.
    void stop();

  private:
    void await_ready();

    Secret password_;
    pid_t guardian_ = -1;
    int control_ = -1;  ///< closing it ends the guardian
    int status_ = -1;   ///< what the guardian says
    std::uint16_t port_ = 0;
};

}  // namespace barid::worker
