// Who a request really comes from, when a proxy stands in front of the server.
//
// A proxy's word is believed only when its own address is one of the trusted ones, and only the
// part of it that trusted proxies have written: the list is read from the right up to the first
// address that isn't trusted; what is left of that can be the client's own invention. Of the two
// notations one is believed, the one that the operator's proxy writes: the other would come through
// from the client untouched. Pure.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admin/http/options.hpp"
#include "admin/http/rules.hpp"
#include "base/network.hpp"

namespace barid::web {

/// One element of `Forwarded` (RFC 7239 §4), without the quotes; "" for what it doesn't say.
struct ForwardedElement {
    std::string from;   ///< for=
    std::string proto;  ///< proto=
};

/// The elements from left to right; none when the text isn't well-formed.
std::vector<ForwardedElement> parse_forwarded(std::string_view text);

/// "192.0.2.1", "192.0.2.1:80", "2001:db8::1" or "[2001:db8::1]:80", without the port.
std::optional<boost::asio::ip::address> parse_node(std::string_view text);

class TrustedProxies {
  public:
    /// Texts that `parse_network` takes; throws a permanent Error that names another one.
    static TrustedProxies parse(const std::vector<std::string>& networks, ForwardedBy notation);

    [[nodiscard]] bool trusts(const boost::asio::ip::address& address) const;
    [[nodiscard]] bool empty() const { return networks_.empty(); }

    struct Client {
        std::string address;
        bool secure = false;
    };
    /// `tls`: the connection itself is encrypted.
    [[nodiscard]] Client client_of(const boost::asio::ip::address& peer, const RequestHead& head,
                                   bool tls) const;

  private:
    std::vector<Network> networks_;
    ForwardedBy notation_ = ForwardedBy::x_forwarded;
};

}  // namespace barid::web
