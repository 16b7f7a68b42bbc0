#include "base/network.hpp"

#include <gtest/gtest.h>

#include <string>

namespace barid {
namespace {

TEST(Network, IsReadStrictlyAndHoldsItsAddresses) {
    const auto within = [](const std::string& network, const std::string& address) {
        const auto parsed = parse_network(network);
        return parsed && parsed->contains(boost::asio::ip::make_address(address));
    };
    EXPECT_TRUE(within("10.0.0.0/8", "10.255.0.1"));
    EXPECT_FALSE(within("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(within("192.168.4.0/22", "192.168.7.255"));
    EXPECT_FALSE(within("192.168.4.0/22", "192.168.8.0"));
    EXPECT_TRUE(within("0.0.0.0/0", "1.2.3.4"));
    EXPECT_FALSE(within("0.0.0.0/0", "::1"));
    EXPECT_TRUE(within("2001:db8::/33", "2001:db8:7fff::1"));
    EXPECT_FALSE(within("2001:db8::/33", "2001:db8:8000::1"));
    for (const std::string odd : {"", "10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.1.0.0/8",
                                  "10.0.0.0/8 ", "proxy.example", "::/129", "fe80::1%1/64"}) {
        EXPECT_FALSE(parse_network(odd).has_value()) << odd;
    }
    EXPECT_TRUE(within("10.0.0.0/8", "::ffff:10.1.2.3"));
    EXPECT_TRUE(within("::1", "::1"));
}

}  // namespace
}  // namespace barid
