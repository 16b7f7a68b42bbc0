#include "admin/http/connections.hpp"

#include <gtest/gtest.h>

namespace barid::web {
namespace {

std::string counted(const std::string& address) {
    return counted_address(asio::ip::make_address(address)).to_string();
}

TEST(HttpConnections, CountWholeNetworksOfIpv6AndSingleAddressesOfIpv4) {
    EXPECT_EQ(counted("192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(counted("::ffff:192.0.2.1"), "192.0.2.1");
    EXPECT_EQ(counted("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    EXPECT_EQ(counted("2001:db8:1:2::"), counted("2001:db8:1:2:ffff:ffff:ffff:ffff"));
    EXPECT_NE(counted("2001:db8:1:2::1"), counted("2001:db8:1:3::1"));
}

}  // namespace
}  // namespace barid::web
