// What an operator and the program may choose about the HTTP server. Values only.
//
// Every wait of the server has one of these limits; docs/admin.md says which answer a client gets
// when one is hit.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace barid::web {

/// In which headers a proxy says who its client is.
enum class ForwardedBy {
    x_forwarded,  ///< X-Forwarded-For and X-Forwarded-Proto
    forwarded,    ///< Forwarded (RFC 7239)
};

struct ServerOptions {
    std::string address = "127.0.0.1";  ///< an IPv4 or IPv6 address, not a name
    std::uint16_t port = 8080;          ///< 0: any free one, see `HttpServer::port()`
    std::string version = {};           ///< shown at /

    /// Further ones get 503 and are closed. Never more than half of the descriptors that the
    /// process may have: the rest is for databases and providers.
    std::size_t max_connections = 10'000;
    std::size_t max_connections_per_address = 1'000;  ///< trusted proxies are not counted
    /// When all places are taken, a connection that has been idle for longer gives way.
    std::chrono::milliseconds spare_idle{1'000};

    std::size_t max_header_bytes = 16'384;  ///< of a request's whole head
    std::size_t max_headers = 100;
    int max_requests = 1'000;  ///< on one connection

    std::chrono::milliseconds handshake_timeout{10'000};  ///< TLS
    std::chrono::milliseconds idle_timeout{60'000};       ///< until a request's first byte
    std::chrono::milliseconds head_timeout{10'000};       ///< from its first byte to its blank line
    std::chrono::milliseconds body_timeout{60'000};       ///< the whole body
    /// A body may be late by this, and must then arrive at this rate on average.
    std::chrono::milliseconds body_grace{5'000};
    std::size_t body_bytes_per_second = 1'024;
    std::chrono::milliseconds write_timeout{10'000};  ///< for each 64 KiB of an answer
    std::chrono::milliseconds heartbeat{15'000};      ///< of an event stream
    /// At `stop`: requests that are being answered may end within this.
    std::chrono::milliseconds drain_timeout{3'000};

    /// PEM files; both or none. With them the port speaks TLS 1.2 and 1.3 only.
    std::string tls_certificate_file = {};
    std::string tls_key_file = {};
    /// CIDRs like "10.0.0.0/8" of proxies whose word about the client is believed.
    std::vector<std::string> trusted_proxies = {};
    ForwardedBy forwarded_by = ForwardedBy::x_forwarded;
};

struct Answer {
    int status = 200;
    std::string body = {};
    std::string content_type = "text/plain; charset=utf-8";
};

struct Readiness {
    bool ready = true;
    std::string reason = {};  ///< for people, without secrets: "no database connection"
};

}  // namespace barid::web
