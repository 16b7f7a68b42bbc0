#include "admin/access/issuer.hpp"

#include <algorithm>
#include <set>

#include "base/text.hpp"

namespace barid::access {
namespace {

constexpr std::size_t kMaxClaimedRoles = 100;
constexpr std::size_t kMaxNameBytes = 200;

/// What a JSON pointer (RFC 6901) through objects leads to, or nullptr.
const json::value* find(const Jwt& jwt, const std::string& pointer) {
    const json::value* at = nullptr;
    std::string_view rest = pointer;
    const json::object* object = &jwt.claims;
    while (rest.starts_with('/')) {
        rest.remove_prefix(1);
        const std::size_t end = std::min(rest.find('/'), rest.size());
        std::string token(rest.substr(0, end));
        rest.remove_prefix(end);
        // RFC 6901 §4: ~1 is a slash, ~0 a tilde, in this order.
        for (const auto& [escape, plain] : {std::pair("~1", "/"), std::pair("~0", "~")}) {
            for (std::size_t i = 0; (i = token.find(escape, i)) != token.npos; ++i) {
                token.replace(i, 2, plain);
            }
        }
        if (object == nullptr) return nullptr;
        at = object->if_contains(token);
        if (at == nullptr) return nullptr;
        object = at->if_object();
    }
    return rest.empty() ? at : nullptr;
}

}  // namespace

std::vector<std::string> roles_of(const Issuer& issuer, const Jwt& jwt) {
    std::set<std::string> ours;
    const auto add = [&](const json::value& claimed) {
        const json::string* text = claimed.if_string();
        if (text == nullptr) return;
        const auto [begin, end] = issuer.roles.equal_range(std::string(*text));
        for (auto each = begin; each != end; ++each) ours.insert(each->second);
    };
    const json::value* claimed = find(jwt, issuer.roles_claim);
    if (claimed == nullptr) return {};
    if (const json::array* list = claimed->if_array()) {
        if (list->size() > kMaxClaimedRoles) return {};
        for (const json::value& each : *list) add(each);
    } else {
        add(*claimed);
    }
    return {ours.begin(), ours.end()};
}

std::string name_of(const Issuer& issuer, const Jwt& jwt) {
    const json::value* named = find(jwt, issuer.name_claim);
    const json::string* text = named != nullptr ? named->if_string() : nullptr;
    const std::string_view shown =
        text != nullptr && !text->empty() ? std::string_view(*text) : claim(jwt, "sub");
    return truncate_utf8(scrub_utf8(shown), kMaxNameBytes);
}

}  // namespace barid::access
