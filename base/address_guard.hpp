// Decides whether a network address belongs to the public Internet (SSRF guard).
//
// URLs from payloads may be fetched from public addresses only. The decision is made on the
// address that is about to be connected, after name resolution, so that neither DNS rebinding nor
// a redirect gets around it. IPv4 addresses inside IPv6 ones (v4-mapped, NAT64, 6to4, Teredo,
// ISATAP) are taken out and judged too. Pure, thread-safe.
#pragma once

#include <sys/socket.h>

#include <boost/asio/ip/address.hpp>
#include <string_view>

#include "base/asio.hpp"

namespace barid {

/// Why `address` is not public ("private network (10.0.0.0/8)"), or an empty text when it is.
std::string_view why_not_public(const asio::ip::address& address);

[[nodiscard]] inline bool is_public(const asio::ip::address& address) {
    return why_not_public(address).empty();
}

/// The address of an IPv4 or IPv6 socket address; anything else gives the unspecified address,
/// which is not public.
asio::ip::address address_of(const sockaddr* address, std::size_t size);

}  // namespace barid
