#include "admin/http/forwarded.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/network.hpp"

namespace barid::web {
namespace {

namespace ip = boost::asio::ip;

/// More proxies in a row than anybody has.
constexpr std::size_t kMaxNodes = 32;

std::string joined(const RequestHead& head, std::string_view name) {
    std::string all;
    for (const auto& [key, value] : head.headers) {
        if (!same_name(key, name)) continue;
        if (!all.empty()) all += ",";
        all += value;
    }
    return all;
}

/// The parts between `separator`s from the right, at most so many.
std::vector<std::string_view> from_the_right(std::string_view text) {
    std::vector<std::string_view> parts;
    while (!text.empty() && parts.size() < kMaxNodes) {
        const auto comma = text.rfind(',');
        parts.push_back(trimmed(comma == text.npos ? text : text.substr(comma + 1)));
        text = comma == text.npos ? "" : text.substr(0, comma);
    }
    return parts;
}

/// Reads `name=value` or `name="value"` off the front; nothing when that isn't there.
std::optional<std::pair<std::string, std::string>> take_pair(std::string_view& text) {
    const auto equals = text.find('=');
    if (equals == text.npos || !is_token(text.substr(0, equals))) return {};
    std::pair<std::string, std::string> pair{text.substr(0, equals), ""};
    text.remove_prefix(equals + 1);
    if (!text.starts_with('"')) {
        const auto value = text.substr(0, text.find_first_of(",; \t"));
        if (!is_token(value)) return {};
        pair.second = value;
        text.remove_prefix(value.size());
        return pair;
    }
    for (std::size_t i = 1; i < text.size(); ++i) {
        if (text[i] == '"') {
            text.remove_prefix(i + 1);
            return pair;
        }
        if (text[i] == '\\' && ++i == text.size()) return {};
        pair.second += text[i];
    }
    return {};
}

}  // namespace

std::optional<ip::address> parse_node(std::string_view text) {
    if (text.starts_with('[')) {
        const auto end = text.find(']');
        if (end == text.npos) return {};
        text = text.substr(1, end - 1);
    } else if (std::ranges::count(text, ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    boost::system::error_code problem;
    const auto address = ip::make_address(std::string(text), problem);
    if (problem || (address.is_v6() && address.to_v6().scope_id() != 0)) return {};
    return without_mapping(address);
}

std::vector<ForwardedElement> parse_forwarded(std::string_view text) {
    std::vector<ForwardedElement> elements(1);
    text = trimmed(text);
    while (true) {
        const auto pair = take_pair(text);
        if (!pair) return {};
        auto& element = elements.back();
        if (same_name(pair->first, "for")) element.from = pair->second;
        if (same_name(pair->first, "proto")) element.proto = pair->second;
        text = trimmed(text);
        if (text.empty()) return elements;
        if (text.front() == ',')
            elements.emplace_back();
        else if (text.front() != ';')
            return {};
        text.remove_prefix(1);
        text = trimmed(text);
    }
}

TrustedProxies TrustedProxies::parse(const std::vector<std::string>& networks,
                                     ForwardedBy notation) {
    TrustedProxies proxies;
    proxies.notation_ = notation;
    for (const auto& text : networks) {
        const auto network = parse_network(text);
        if (!network) {
            throw Error(Error::Retry::permanent,
                        fmt::format("HTTP server: {} isn't a network like 10.0.0.0/8", text));
        }
        proxies.networks_.push_back(*network);
    }
    return proxies;
}

bool TrustedProxies::trusts(const ip::address& address) const {
    return std::ranges::any_of(networks_,
                               [&](const Network& network) { return network.contains(address); });
}

TrustedProxies::Client TrustedProxies::client_of(const ip::address& peer, const RequestHead& head,
                                                 bool tls) const {
    auto current = without_mapping(peer);
    if (!trusts(current)) return {.address = current.to_string(), .secure = tls};
    std::vector<std::string> nodes;  // from the right
    std::string proto;
    if (notation_ == ForwardedBy::forwarded) {
        auto elements = parse_forwarded(joined(head, "Forwarded"));
        std::ranges::reverse(elements);
        if (!elements.empty()) proto = elements.front().proto;
        for (auto& element : elements) nodes.push_back(std::move(element.from));
    } else {
        const auto list = joined(head, "X-Forwarded-For");
        for (const auto node : from_the_right(list)) nodes.emplace_back(node);
        const auto protos = joined(head, "X-Forwarded-Proto");
        if (!protos.empty()) proto = from_the_right(protos).front();
    }
    for (const auto& text : nodes) {
        if (!trusts(current)) break;
        const auto node = parse_node(text);
        if (!node) break;
        current = *node;
    }
    return {.address = current.to_string(), .secure = tls || same_name(proto, "https")};
}

}  // namespace barid::web
