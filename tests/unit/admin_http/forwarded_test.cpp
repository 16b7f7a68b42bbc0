#include "admin/http/forwarded.hpp"

#include <gtest/gtest.h>

#include "base/error.hpp"

namespace barid::web {
namespace {

using Headers = std::vector<std::pair<std::string, std::string>>;

TrustedProxies::Client client(const std::string& peer, Headers headers, bool tls = false,
                              ForwardedBy notation = ForwardedBy::x_forwarded) {
    const auto proxies = TrustedProxies::parse({"10.0.0.0/8", "fd00::/8", "127.0.0.1"}, notation);
    const RequestHead head{.method = "GET", .target = "/", .headers = std::move(headers)};
    return proxies.client_of(boost::asio::ip::make_address(peer), head, tls);
}

TEST(HttpForwarded, OnlyATrustedPeerIsBelieved) {
    const Headers claims = {{"X-Forwarded-For", "1.2.3.4"}, {"X-Forwarded-Proto", "https"}};
    EXPECT_EQ(client("192.0.2.9", claims).address, "192.0.2.9");
    EXPECT_FALSE(client("192.0.2.9", claims).secure);
    EXPECT_EQ(client("10.1.2.3", claims).address, "1.2.3.4");
    EXPECT_TRUE(client("10.1.2.3", claims).secure);
    EXPECT_EQ(client("::ffff:10.1.2.3", claims).address, "1.2.3.4");
    EXPECT_EQ(client("10.1.2.3", {}).address, "10.1.2.3");
    EXPECT_TRUE(client("192.0.2.9", {}, true).secure);
}

TEST(HttpForwarded, TheRightmostAddressThatIsntTrustedIsTheClient) {
    const auto of = [](const std::string& list) {
        return client("127.0.0.1", {{"X-Forwarded-For", list}}).address;
    };
    EXPECT_EQ(of("6.6.6.6, 1.2.3.4"), "1.2.3.4") << "what is left of it is the client's invention";
    EXPECT_EQ(of("1.2.3.4, 10.0.0.7"), "1.2.3.4");
    EXPECT_EQ(of("1.2.3.4 ,\t10.0.0.7 , fd00::1"), "1.2.3.4");
    EXPECT_EQ(of("10.0.0.7"), "10.0.0.7");
    EXPECT_EQ(of("1.2.3.4:5678"), "1.2.3.4");
    EXPECT_EQ(of("[2001:db8::1]:5678"), "2001:db8::1");
    EXPECT_EQ(of("2001:DB8::1"), "2001:db8::1");
    for (const std::string odd : {"", "unknown", "1.2.3.4.5", "1.2.3.4, x", "1.2.3.4,", "[::1",
                                  "fe80::1%eth0", "<script>", "01.2.3.4"}) {
        EXPECT_EQ(of(odd), "127.0.0.1") << odd;
    }
    EXPECT_EQ(client("127.0.0.1", {{"X-Forwarded-For", "6.6.6.6"}, {"x-forwarded-for", "1.2.3.4"}})
                  .address,
              "1.2.3.4")
        << "lines are one list";
    std::string endless = "1.2.3.4";
    for (int i = 0; i < 1000; ++i) endless += ",10.0.0.1";
    EXPECT_EQ(of(endless), "10.0.0.1");
}

TEST(HttpForwarded, TheNearestProxySaysWhetherItWasEncrypted) {
    const auto secure = [](const std::string& proto) {
        return client("127.0.0.1", {{"X-Forwarded-Proto", proto}}).secure;
    };
    EXPECT_TRUE(secure("HTTPS"));
    EXPECT_TRUE(secure("http, https"));
    EXPECT_FALSE(secure("https, http"));
    EXPECT_FALSE(secure("https;"));
}

TEST(HttpForwarded, OneNotationIsBelievedTheOneThatTheProxyWrites) {
    const Headers both = {{"X-Forwarded-For", "1.1.1.1"},
                          {"X-Forwarded-Proto", "https"},
                          {"Forwarded", "for=2.2.2.2;proto=http"}};
    EXPECT_EQ(client("127.0.0.1", both).address, "1.1.1.1");
    const auto standard = client("127.0.0.1", both, false, ForwardedBy::forwarded);
    EXPECT_EQ(standard.address, "2.2.2.2");
    EXPECT_FALSE(standard.secure);
}

TEST(HttpForwarded, ReadsTheStandardHeader) {
    const auto of = [](const std::string& text) {
        return client("127.0.0.1", {{"Forwarded", text}}, false, ForwardedBy::forwarded);
    };
    EXPECT_EQ(of("for=6.6.6.6, for=1.2.3.4;proto=https;by=10.0.0.1").address, "1.2.3.4");
    EXPECT_TRUE(of("for=6.6.6.6, for=1.2.3.4;proto=https;by=10.0.0.1").secure);
    EXPECT_EQ(of("For=\"[2001:db8::17]:4711\"").address, "2001:db8::17");
    EXPECT_EQ(of("for=1.2.3.4 , for=10.0.0.9").address, "1.2.3.4");
    EXPECT_EQ(of("for=\"1.2.3.4, 6.6.6.6\"").address, "127.0.0.1") << "quotes hold one value";
    for (const std::string odd :
         {"", "for", "for=", "for=\"1.2.3.4", "for=1.2.3.4,", "for=1.2.3.4;;", "=1.2.3.4",
          "for=unknown", "for=_hidden", "for=1.2.3.4 proto=https", "for=\"1.2.3.4\\"}) {
        EXPECT_EQ(of(odd).address, "127.0.0.1") << odd;
    }
}

TEST(HttpForwarded, ANetworkThatIsntOneIsAnError) {
    EXPECT_THROW(TrustedProxies::parse({"10.0.0.1/8"}, ForwardedBy::x_forwarded), barid::Error);
}

}  // namespace
}  // namespace barid::web
