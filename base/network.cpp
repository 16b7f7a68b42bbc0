#include "base/network.hpp"

#include <charconv>
#include <string>
#include <vector>

namespace barid {
namespace {

namespace ip = boost::asio::ip;

std::vector<unsigned char> bytes_of(const ip::address& address) {
    if (address.is_v4()) {
        const auto bytes = address.to_v4().to_bytes();
        return {bytes.begin(), bytes.end()};
    }
    const auto bytes = address.to_v6().to_bytes();
    return {bytes.begin(), bytes.end()};
}

bool bit(const std::vector<unsigned char>& bytes, unsigned at) {
    return ((bytes[at / 8] >> (7 - at % 8)) & 1U) != 0;
}

}  // namespace

ip::address without_mapping(const ip::address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped()) {
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    }
    return address;
}

bool Network::contains(const ip::address& other) const {
    const auto asked = without_mapping(other);
    if (asked.is_v4() != address.is_v4()) return false;
    const auto mine = bytes_of(address);
    const auto theirs = bytes_of(asked);
    for (unsigned i = 0; i < bits; ++i) {
        if (bit(mine, i) != bit(theirs, i)) return false;
    }
    return true;
}

std::optional<Network> parse_network(std::string_view text) {
    const auto slash = text.find('/');
    boost::system::error_code problem;
    Network network;
    network.address = ip::make_address(std::string(text.substr(0, slash)), problem);
    if (problem || (network.address.is_v6() && network.address.to_v6().scope_id() != 0)) return {};
    const unsigned whole = network.address.is_v4() ? 32 : 128;
    network.bits = whole;
    if (slash != text.npos) {
        const auto digits = text.substr(slash + 1);
        const auto* end = digits.data() + digits.size();
        const auto [stopped, error] = std::from_chars(digits.data(), end, network.bits);
        if (error != std::errc() || stopped != end || network.bits > whole) return {};
    }
    const auto bytes = bytes_of(network.address);
    for (unsigned i = network.bits; i < whole; ++i) {
        if (bit(bytes, i)) return {};
    }
    return network;
}

}  // namespace barid
