#include "base/address_guard.hpp"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace barid {
namespace {

using asio::ip::address;
using asio::ip::address_v4;
using asio::ip::address_v6;
using Bytes = address_v6::bytes_type;

struct Net4 {
    std::uint32_t network;
    int prefix;
    std::string_view why;
};

constexpr std::uint32_t ip4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return a << 24U | b << 16U | c << 8U | d;
}

// IANA's special-purpose registry, and one address that only looks public.
constexpr Net4 kDenied4[] = {
    {ip4(0, 0, 0, 0), 8, "this network (0.0.0.0/8)"},
    {ip4(10, 0, 0, 0), 8, "private network (10.0.0.0/8)"},
    {ip4(100, 64, 0, 0), 10, "carrier-grade NAT (100.64.0.0/10)"},
    {ip4(127, 0, 0, 0), 8, "loopback (127.0.0.0/8)"},
    {ip4(169, 254, 0, 0), 16, "link-local (169.254.0.0/16)"},
    {ip4(172, 16, 0, 0), 12, "private network (172.16.0.0/12)"},
    {ip4(192, 0, 0, 0), 24, "protocol assignments (192.0.0.0/24)"},
    {ip4(192, 0, 2, 0), 24, "documentation (192.0.2.0/24)"},
    {ip4(192, 88, 99, 0), 24, "6to4 relay (192.88.99.0/24)"},
    {ip4(192, 168, 0, 0), 16, "private network (192.168.0.0/16)"},
    {ip4(198, 18, 0, 0), 15, "benchmarking (198.18.0.0/15)"},
    {ip4(198, 51, 100, 0), 24, "documentation (198.51.100.0/24)"},
    {ip4(203, 0, 113, 0), 24, "documentation (203.0.113.0/24)"},
    {ip4(224, 0, 0, 0), 4, "multicast (224.0.0.0/4)"},
    {ip4(240, 0, 0, 0), 4, "reserved or broadcast (240.0.0.0/4)"},
    {ip4(168, 63, 129, 16), 32, "a cloud host's own service (168.63.129.16)"},
};

struct Net6 {
    std::array<std::uint8_t, 8> network;
    int prefix;
    std::string_view why;
};

// Ranges inside the global unicast block 2000::/3; what is outside of it is denied as a whole.
constexpr Net6 kDenied6[] = {
    {{0x20, 0x01, 0x00, 0x02, 0, 0}, 48, "benchmarking (2001:2::/48)"},
    {{0x20, 0x01, 0x00, 0x10}, 28, "overlay identifiers (2001:10::/28)"},
    {{0x20, 0x01, 0x00, 0x20}, 28, "overlay identifiers (2001:20::/28)"},
    {{0x20, 0x01, 0x0D, 0xB8}, 32, "documentation (2001:db8::/32)"},
    {{0x3F, 0xFF, 0x00}, 20, "documentation (3fff::/20)"},
};

bool has_prefix(const Bytes& bytes, const std::uint8_t* network, int prefix) {
    for (std::size_t i = 0; prefix > 0; ++i, prefix -= 8) {
        const unsigned mask = prefix >= 8 ? 0xFFU : (0xFF00U >> static_cast<unsigned>(prefix));
        if (((static_cast<unsigned>(bytes[i]) ^ network[i]) & mask & 0xFFU) != 0) return false;
    }
    return true;
}

template <std::size_t N>
bool starts_with(const Bytes& bytes, const std::array<std::uint8_t, N>& network) {
    return std::memcmp(bytes.data(), network.data(), N) == 0;
}

address_v4 embedded(const Bytes& bytes, std::size_t at, bool inverted = false) {
    address_v4::bytes_type v4{};
    for (std::size_t i = 0; i < 4; ++i) {
        v4[i] = static_cast<std::uint8_t>(inverted ? ~bytes[at + i] : bytes[at + i]);
    }
    return address_v4(v4);
}

std::string_view why_not_public_v4(const address_v4& v4) {
    const std::uint32_t value = v4.to_uint();
    for (const Net4& net : kDenied4) {
        const std::uint32_t mask = ~std::uint32_t{0} << static_cast<unsigned>(32 - net.prefix);
        if ((value & mask) == net.network) return net.why;
    }
    return {};
}

std::string_view why_not_public_v6(const address_v6& v6) {
    const Bytes bytes = v6.to_bytes();
    constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    constexpr std::array<std::uint8_t, 12> kNat64{0x00, 0x64, 0xFF, 0x9B};
    constexpr std::array<std::uint8_t, 4> kTeredo{0x20, 0x01, 0, 0};
    constexpr std::array<std::uint8_t, 2> k6to4{0x20, 0x02};

    if (v6.is_loopback()) return "loopback (::1)";
    if (v6.is_unspecified()) return "unspecified (::)";
    if (starts_with(bytes, kMapped)) return why_not_public_v4(embedded(bytes, 12));
    if (starts_with(bytes, kNat64)) return why_not_public_v4(embedded(bytes, 12));
    // The other embeddings outside 2000::/3 (v4-compatible, v4-translated, the local NAT64 prefix
    // with its free layout) can't be told from private ones: they are denied with the rest.
    if (v6.is_link_local()) return "link-local (fe80::/10)";
    if ((bytes[0] & 0xFEU) == 0xFCU) return "private network (fc00::/7)";
    if (v6.is_multicast()) return "multicast (ff00::/8)";
    if ((bytes[0] & 0xE0U) != 0x20U) return "not a global unicast address (outside 2000::/3)";
    for (const Net6& net : kDenied6) {
        if (has_prefix(bytes, net.network.data(), net.prefix)) return net.why;
    }
    if (starts_with(bytes, k6to4)) return why_not_public_v4(embedded(bytes, 2));
    if (starts_with(bytes, kTeredo)) {
        const auto server = why_not_public_v4(embedded(bytes, 4));
        return server.empty() ? why_not_public_v4(embedded(bytes, 12, true)) : server;
    }
    // ISATAP hides an IPv4 address in the interface identifier, under any prefix.
    const bool isatap =
        (bytes[8] & 0xFDU) == 0 && bytes[9] == 0 && bytes[10] == 0x5E && bytes[11] == 0xFE;
    if (isatap) return why_not_public_v4(embedded(bytes, 12));
    return {};
}

}  // namespace

std::string_view why_not_public(const address& address) {
    return address.is_v4() ? why_not_public_v4(address.to_v4())
                           : why_not_public_v6(address.to_v6());
}

address address_of(const sockaddr* address, std::size_t size) {
    if (address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
        sockaddr_in v4{};
        std::memcpy(&v4, address, sizeof v4);
        return address_v4(ntohl(v4.sin_addr.s_addr));
    }
    if (address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, address, sizeof v6);
        Bytes bytes{};
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return address_v6(bytes, v6.sin6_scope_id);
    }
    return address_v4();
}

}  // namespace barid
