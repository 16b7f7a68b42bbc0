// The keys of [admin]: the API and the dashboard.
#include "config/key_types.hpp"

#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {

using namespace std::chrono_literals;

namespace {

/// Keys that came over a connection that others can change would let those others in.
bool is_key_set_url(std::string_view text) {
    const std::string_view path = text.substr(0, text.find('?'));
    if (!is_http_url(path)) return false;
    if (path.starts_with("https://")) return true;
    std::string_view host = path.substr(std::string_view("http://").size());
    host = host.substr(0, host.find('/'));
    if (host.starts_with('[')) return host.substr(0, host.find(']') + 1) == "[::1]";
    host = host.substr(0, host.find(':'));
    return host == "127.0.0.1" || host == "localhost";
}

/// "shop_admin=admin"; theirs may hold "=" itself.
bool is_role_pair(std::string_view text) {
    const std::size_t equals = text.rfind('=');
    if (equals == text.npos || equals == 0) return false;
    const std::string_view ours = text.substr(equals + 1);
    return !ours.empty() && ours.size() <= 63 && ours.front() >= 'a' && ours.front() <= 'z' &&
           ours.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_.-") == ours.npos;
}

}  // namespace

std::vector<Key> admin_keys() {
    return {
        boolean_key("admin.enabled", BARID_AT(admin.enabled)),
        integer_key("admin.connections", BARID_AT(admin.connections), 1, 100),
        duration_key("admin.statement_timeout", BARID_AT(admin.statement_timeout), 100ms, 1min),
        integer_key("admin.rate_limit", BARID_AT(admin.rate_limit), 1, 10'000),
        integer_key("admin.rate_burst", BARID_AT(admin.rate_burst), 1, 100'000),
        duration_key("admin.session_idle", BARID_AT(admin.session_idle), 1min, 30 * 24h),
        duration_key("admin.session_lifetime", BARID_AT(admin.session_lifetime), 1min, 90 * 24h),
    };
}

std::vector<Key> admin_jwt_keys(const std::string& name) {
    const auto key = [&](const char* part) { return fmt::format("admin.jwt.{}.{}", name, part); };
    const TextKey pointer{.allowed = "a JSON pointer like \"/app_metadata/roles\"",
                          .valid = [](std::string_view text) { return text.starts_with('/'); }};
    return {
        text_key(key("issuer"), [name](auto& s) -> auto& { return s.admin.jwt.at(name).issuer; }),
        texts_key(key("audience"),
                  [name](auto& s) -> auto& { return s.admin.jwt.at(name).audience; },
                  {.allowed = "a list of audiences, of which a token's must hold one",
                   .valid = [](std::string_view item) { return !item.empty(); }}),
        text_key(key("jwks_url"),
                 [name](auto& s) -> auto& { return s.admin.jwt.at(name).jwks_url; },
                 {.allowed = "an https URL like \"https://shop.example/.well-known/jwks.json\" "
                             "(http to this machine's own 127.0.0.1, [::1] or localhost only)",
                  .valid = is_key_set_url}),
        text_key(key("public_key_file"),
                 [name](auto& s) -> auto& { return s.admin.jwt.at(name).public_key_file; }),
        texts_key(key("algorithms"),
                  [name](auto& s) -> auto& { return s.admin.jwt.at(name).algorithms; },
                  {.allowed = "a list of RS256, ES256 and EdDSA",
                   .valid =
                       [](std::string_view item) {
                           return item == "RS256" || item == "ES256" || item == "EdDSA";
                       },
                   .min_items = 1}),
        text_key(
            key("roles_claim"),
            [name](auto& s) -> auto& { return s.admin.jwt.at(name).roles_claim; }, pointer),
        texts_key(
            key("roles"), [name](auto& s) -> auto& { return s.admin.jwt.at(name).roles; },
            {.allowed = "a list like [\"shop_admin=admin\"]: a role of theirs = a role of Barid's",
             .valid = is_role_pair}),
        text_key(
            key("name_claim"), [name](auto& s) -> auto& { return s.admin.jwt.at(name).name_claim; },
            pointer),
    };
}

}  // namespace barid::config
