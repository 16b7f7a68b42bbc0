#include "admin/door.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/files.hpp"

namespace barid::admin {
namespace {

constexpr std::size_t kMaxPemBytes = std::size_t{16} << 10U;

std::shared_ptr<access::KeySource> keys_of(const std::string& name, const config::AdminJwt& jwt,
                                           http::HttpClient& http, const Clock& clock) {
    if (jwt.public_key_file.empty()) {
        return std::make_shared<access::FetchedKeys>(http, clock, jwt.jwks_url);
    }
    const auto complain = [&](const std::string& problem) {
        return Error(Error::Retry::permanent, fmt::format("admin.jwt.{}.public_key_file: {}: {}",
                                                          name, jwt.public_key_file, problem));
    };
    const auto pem = config::read_file(jwt.public_key_file, kMaxPemBytes);
    if (!pem) throw complain(pem.error());
    auto key = access::VerifyKey::from_pem(*pem);
    if (!key) {
        throw complain("is no PEM public key of RSA (2048 bits or more), EC P-256 or Ed25519");
    }
    return std::make_shared<access::FixedKeys>(std::vector{*std::move(key)});
}

access::Issuer issuer_of(const std::string& name, const config::AdminJwt& jwt,
                         http::HttpClient& http, const Clock& clock) {
    access::Issuer issuer{.name = name,
                          .rules = {.issuer = jwt.issuer, .audiences = jwt.audience},
                          .algorithms = {},
                          .roles_claim = jwt.roles_claim,
                          .roles = {},
                          .name_claim = jwt.name_claim,
                          .keys = keys_of(name, jwt, http, clock)};
    for (const std::string& each : jwt.algorithms) {
        if (const auto algorithm = access::algorithm_named(each)) {
            issuer.algorithms.push_back(*algorithm);
        }
    }
    for (const std::string& pair : jwt.roles) {
        const std::size_t equals = pair.rfind('=');
        issuer.roles.emplace(pair.substr(0, equals), pair.substr(equals + 1));
    }
    return issuer;
}

}  // namespace

access::GatekeeperOptions gatekeeper_options(const config::Admin& settings, http::HttpClient& http,
                                             const Clock& clock) {
    access::GatekeeperOptions options{.rate = static_cast<double>(settings.rate_limit),
                                      .burst = static_cast<double>(settings.rate_burst)};
    for (const auto& [name, jwt] : settings.jwt) {
        // A token's issuer chooses the section: the second one would never be looked at.
        for (const access::Issuer& other : options.issuers) {
            if (other.rules.issuer != jwt.issuer) continue;
            throw Error(Error::Retry::permanent,
                        fmt::format("admin.jwt.{}.issuer: admin.jwt.{} has the same one", name,
                                    other.name));
        }
        options.issuers.push_back(issuer_of(name, jwt, http, clock));
    }
    return options;
}

access::SignInOptions sign_in_options(const config::Admin& settings) {
    const auto seconds = [](config::Duration duration) {
        return std::chrono::duration_cast<std::chrono::seconds>(duration);
    };
    return {.idle = seconds(settings.session_idle), .lifetime = seconds(settings.session_lifetime)};
}

}  // namespace barid::admin
