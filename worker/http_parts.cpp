#include "worker/http_parts.hpp"

#include "worker/version.hpp"

namespace barid::worker {

web::ServerOptions http_options(const config::Http& http) {
    const bool standard = http.forwarded_by == config::ForwardedBy::forwarded;
    return {
        .address = http.bind.address,
        .port = http.bind.port,
        .version = std::string(kVersion),
        .max_connections = static_cast<std::size_t>(http.max_connections),
        .max_connections_per_address = static_cast<std::size_t>(http.max_connections_per_address),
        .tls_certificate_file = http.tls_certificate_file,
        .tls_key_file = http.tls_key_file,
        .trusted_proxies = http.trusted_proxies,
        .forwarded_by = standard ? web::ForwardedBy::forwarded : web::ForwardedBy::x_forwarded};
}

}  // namespace barid::worker
