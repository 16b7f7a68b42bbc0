// Asks a server on this machine, as `barid health` and `barid doctor` do.
//
// Over TLS any certificate is taken: it is made for the name that clients use, not for loopback,
// and nothing secret is sent. Io thread only.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/asio.hpp"

namespace barid::web {

struct SelfCheck {
    int status = 0;
    std::string body;
};

/// The answer to a GET of `path`; nothing when none that is HTTP comes within `limit`. `address`
/// may be the unspecified one that a server listens on.
awaitable<std::optional<SelfCheck>> ask_server(asio::io_context& io, std::string address,
                                               std::uint16_t port, bool tls, std::string path,
                                               std::chrono::milliseconds limit);

}  // namespace barid::web
