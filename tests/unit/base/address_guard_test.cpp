#include "base/address_guard.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

namespace barid {
namespace {

bool is_public_text(const char* text) {
    return is_public(asio::ip::make_address(text));
}

TEST(AddressGuard, AllowsPublicAddresses) {
    for (const char* text :
         {"8.8.8.8",         "1.1.1.1",       "9.255.255.255",   "11.0.0.0",
          "100.63.255.255",  "100.128.0.0",   "126.255.255.255", "128.0.0.0",
          "169.253.255.255", "169.255.0.0",   "172.15.255.255",  "172.32.0.0",
          "192.0.1.0",       "192.0.3.0",     "192.167.255.255", "192.169.0.0",
          "198.17.255.255",  "198.20.0.0",    "198.51.99.255",   "203.0.114.0",
          "223.255.255.255", "168.63.129.15", "2606:4700::1111", "2001:4860:4860::8888",
          "2a00:1450::1",    "2000::",        "3ffe:ffff::1"}) {
        EXPECT_TRUE(is_public_text(text)) << text;
    }
}

TEST(AddressGuard, DeniesSpecialPurposeIpv4) {
    for (const char* text :
         {"0.0.0.0",         "0.1.2.3",         "10.0.0.0",        "10.255.255.255",
          "100.64.0.0",      "100.100.100.200", "100.127.255.255", "127.0.0.1",
          "127.255.255.255", "169.254.0.0",     "169.254.169.254", "172.16.0.0",
          "172.31.255.255",  "192.0.0.192",     "192.0.2.1",       "192.88.99.1",
          "192.168.0.1",     "192.168.255.255", "198.18.0.0",      "198.19.255.255",
          "198.51.100.7",    "203.0.113.9",     "224.0.0.1",       "239.255.255.255",
          "240.0.0.1",       "255.255.255.255", "168.63.129.16"}) {
        EXPECT_FALSE(is_public_text(text)) << text;
    }
}

TEST(AddressGuard, DeniesSpecialPurposeIpv6) {
    for (const char* text :
         {"::",         "::1",        "fe80::1",     "febf::1",     "fc00::1",    "fd00:ec2::254",
          "ff02::1",    "100::1",     "2001:db8::1", "2001:2::1",   "2001:10::1", "2001:1f::1",
          "2001:20::1", "2001:2f::1", "3fff::1",     "3fff:fff::1", "5f00::1",    "4000::1",
          "fec0::1",    "1fff::1"}) {
        EXPECT_FALSE(is_public_text(text)) << text;
    }
}

TEST(AddressGuard, JudgesTheIpv4AddressInsideAnIpv6One) {
    // v4-mapped, NAT64, 6to4, Teredo (server; client inverted), ISATAP.
    for (const char* text :
         {"::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:0:808:808:0:0:f7f7:f7f7",
          "2606:4700::5efe:808:808", "2606:4700::200:5efe:808:808"}) {
        EXPECT_TRUE(is_public_text(text)) << text;
    }
    for (const char* text :
         {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::127.0.0.1",
          "64:ff9b::169.254.169.254", "2002:7f00:1::", "2002:a00:1::1",
          "2002:a9fe:a9fe::", "2001:0:808:808:0:0:80ff:fffe", "2001:0:a00:1:0:0:f7f7:f7f7",
          "2606:4700::5efe:a00:1", "2606:4700::200:5efe:c0a8:1", "fe80::5efe:808:808"}) {
        EXPECT_FALSE(is_public_text(text)) << text;
    }
}

TEST(AddressGuard, DeniesEmbeddingsThatCanNotBeTold) {
    for (const char* text : {"::8.8.8.8", "::127.0.0.1", "::ffff:0:8.8.8.8", "64:ff9b:1::8.8.8.8",
                             "64:ff9b:1:a00:0:100::", "64:ff9c::808:808"}) {
        EXPECT_FALSE(is_public_text(text)) << text;
    }
}

TEST(AddressGuard, SaysWhy) {
    EXPECT_EQ(why_not_public(asio::ip::make_address("10.1.2.3")), "private network (10.0.0.0/8)");
    EXPECT_EQ(why_not_public(asio::ip::make_address("::ffff:127.0.0.1")), "loopback (127.0.0.0/8)");
    EXPECT_EQ(why_not_public(asio::ip::make_address("8.8.8.8")), "");
}

TEST(AddressGuard, ReadsSocketAddresses) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_addr.s_addr = htonl(0x08080404);
    EXPECT_EQ(address_of(reinterpret_cast<sockaddr*>(&v4), sizeof v4).to_string(), "8.8.4.4");
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_addr = in6addr_loopback;
    EXPECT_EQ(address_of(reinterpret_cast<sockaddr*>(&v6), sizeof v6).to_string(), "::1");
}

TEST(AddressGuard, DeniesSocketAddressesItCanNotRead) {
    sockaddr_in6 any{};
    any.sin6_family = AF_UNIX;
    EXPECT_FALSE(is_public(address_of(reinterpret_cast<sockaddr*>(&any), sizeof any)));
    any.sin6_family = AF_INET6;
    EXPECT_FALSE(is_public(address_of(reinterpret_cast<sockaddr*>(&any), sizeof(sockaddr_in))));
}

}  // namespace
}  // namespace barid
