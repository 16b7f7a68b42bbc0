// The keys of [http] beside its address: TLS, proxies and how many connections there may be.
#include "base/network.hpp"
#include "config/key_types.hpp"

#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {
namespace {

bool is_network(std::string_view text) {
    return parse_network(text).has_value();
}

bool is_path(std::string_view text) {
    return text.find('\0') == text.npos;
}

}  // namespace

std::vector<Key> http_keys() {
    const TextKey pem{.allowed = "the path of a PEM file", .valid = is_path};
    return {
        integer_key("http.max_connections", BARID_AT(http.max_connections), 1, 100'000),
        integer_key("http.max_connections_per_address", BARID_AT(http.max_connections_per_address),
                    1, 100'000),
        text_key("http.tls_certificate_file", BARID_AT(http.tls_certificate_file), pem),
        text_key("http.tls_key_file", BARID_AT(http.tls_key_file), pem),
        texts_key("http.trusted_proxies", BARID_AT(http.trusted_proxies),
                  {.allowed = "addresses or networks like \"127.0.0.1\" or \"10.0.0.0/8\", without "
                              "bits beyond the length",
                   .valid = is_network}),
        choice_key<ForwardedBy>(
            "http.forwarded_by", BARID_AT(http.forwarded_by),
            {{"x-forwarded", ForwardedBy::x_forwarded}, {"forwarded", ForwardedBy::forwarded}}),
    };
}

}  // namespace barid::config
