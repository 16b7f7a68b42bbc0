// A network of IP addresses: "10.0.0.0/8", "fd00::/8", or one address. Pure, thread-safe.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string_view>

namespace barid {

struct Network {
    boost::asio::ip::address address;
    unsigned bits = 0;

    /// An IPv4 address inside an IPv6 one (v4-mapped) is taken out first.
    [[nodiscard]] bool contains(const boost::asio::ip::address& other) const;
};

/// Nothing when the text isn't a network, or has bits set beyond its length ("10.1.0.0/8").
std::optional<Network> parse_network(std::string_view text);

/// The IPv4 address inside a v4-mapped IPv6 one; others as they are.
boost::asio::ip::address without_mapping(const boost::asio::ip::address& address);

}  // namespace barid
