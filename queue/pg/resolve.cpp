#include "queue/pg/resolve.hpp"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <netdb.h>

#include <algorithm>
#include <map>
#include <memory>

#include "queue/pg/error.hpp"

namespace barid::pg {
namespace {

using Options = std::map<std::string, std::string>;

struct FreeOptions {
    void operator()(PQconninfoOption* p) const { PQconninfoFree(p); }
};
struct FreeAddresses {
    void operator()(addrinfo* p) const { freeaddrinfo(p); }
};

std::vector<std::string> split(const std::string& text) {
    std::vector<std::string> parts{""};
    for (const char c : text) {
        if (c == ',') parts.emplace_back();
        else parts.back() += c;
    }
    return parts;
}

Options parse(const std::string& conninfo) {
    char* problem = nullptr;
    const std::unique_ptr<PQconninfoOption, FreeOptions> parsed(
        PQconninfoParse(conninfo.c_str(), &problem));
    if (!parsed) {
        // libpq's text may quote the string, password and all: it is dropped.
        PQfreemem(problem);
        throw Error("42601",
                    "the database connection string is not a valid libpq URI or keyword list");
    }
    Options options;
    for (const auto* option = parsed.get(); option->keyword != nullptr; ++option) {
        if (option->val != nullptr) options[option->keyword] = option->val;
    }
    return options;
}

/// What libpq itself would read from the environment, where the string says nothing.
void add_environment(Options& options) {
    const std::unique_ptr<PQconninfoOption, FreeOptions> defaults(PQconndefaults());
    if (!defaults) return;
    for (const auto* option = defaults.get(); option->keyword != nullptr; ++option) {
        const std::string_view keyword = option->keyword;
        const bool wanted = keyword == "host" || keyword == "port" ||
                            keyword == "hostaddr" || keyword == "target_session_attrs";
        if (wanted && option->val != nullptr && *option->val != '\0') {
            options.try_emplace(std::string(keyword), option->val);
        }
    }
}

void add_defaults(Options& options, const std::string& application_name) {
    // A half-open connection is found by keepalives when idle (5 s + 3 × 2 s) and by
    // tcp_user_timeout when data is on the way.
    for (const auto& [key, value] : Options{{"keepalives", "1"},
                                            {"keepalives_idle", "5"},
                                            {"keepalives_interval", "2"},
                                            {"keepalives_count", "3"},
                                            {"tcp_user_timeout", "10000"},
                                            {"fallback_application_name", application_name},
                                            {"client_encoding", "UTF8"}}) {
        options.try_emplace(key, value);
    }
}

std::vector<std::string> look_up(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_ADDRCONFIG;
    addrinfo* found = nullptr;
    if (getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
    const std::unique_ptr<addrinfo, FreeAddresses> owner(found);
    std::vector<std::string> addresses;
    for (const addrinfo* entry = found; entry != nullptr; entry = entry->ai_next) {
        char text[NI_MAXHOST];
        if (getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0,
                        NI_NUMERICHOST) == 0 &&
            std::ranges::find(addresses, text) == addresses.end()) {
            addresses.emplace_back(text);
        }
    }
    return addresses;
}

Candidate candidate(Options options, const std::string& host, const std::string& address,
                    const std::string& port) {
    const auto put = [&](const char* key, const std::string& value) {
        options.erase(key);
        if (!value.empty()) options[key] = value;
    };
    put("host", host);
    put("hostaddr", address);
    put("port", port);
    Candidate made;
    made.host = fmt::format("{}:{}", host.empty() ? address : host, port);
    made.options.assign(options.begin(), options.end());
    made.label = fmt::format("{}{} port {}", host.empty() ? "the local socket" : host,
                             address.empty() || address == host ? "" : " (" + address + ")",
                             port.empty() ? "5432" : port);
    return made;
}

std::vector<Candidate> expand(const Options& options) {
    const auto value = [&](const char* key) {
        const auto at = options.find(key);
        return at == options.end() ? std::string() : at->second;
    };
    const auto hosts = split(value("host"));
    const auto addresses = split(value("hostaddr"));
    const auto ports = split(value("port"));
    std::vector<Candidate> candidates;
    std::string unresolved;
    for (std::size_t i = 0; i < std::max(hosts.size(), addresses.size()); ++i) {
        const std::string host = i < hosts.size() ? hosts[i] : "";
        const std::string address = i < addresses.size() ? addresses[i] : "";
        const std::string& port = i < ports.size() ? ports[i] : ports.back();
        if (!address.empty() || host.empty() || host.front() == '/' || host.front() == '@') {
            candidates.push_back(candidate(options, host, address, port));
            continue;
        }
        const auto found = look_up(host);
        if (found.empty()) unresolved += (unresolved.empty() ? "" : ", ") + host;
        for (const auto& ip : found) candidates.push_back(candidate(options, host, ip, port));
    }
    if (candidates.empty()) throw Error("", "no address found for database host " + unresolved);
    return candidates;
}

}  // namespace

std::vector<Candidate> resolve(const std::string& conninfo, const std::string& application_name) {
    Options options = parse(conninfo);
    add_environment(options);
    add_defaults(options, application_name);
    const auto attrs = options.find("target_session_attrs");
    if (attrs == options.end() || attrs->second != "prefer-standby") return expand(options);
    attrs->second = "standby";
    std::vector<Candidate> candidates = expand(options);
    attrs->second = "any";
    for (Candidate& any : expand(options)) candidates.push_back(std::move(any));
    return candidates;
}

}  // namespace barid::pg
