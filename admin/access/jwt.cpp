#include "admin/access/jwt.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "admin/access/strict_json.hpp"
#include "base/crypto.hpp"
#include "base/error.hpp"

namespace barid::access {
namespace {

using Why = JwtRefusal::Why;

constexpr std::size_t kMaxTextBytes = 512;  // of a name, subject or key id
constexpr std::size_t kMaxAudiences = 50;
/// Seconds since 1970 up to the year 9999: later ones can't be times.
constexpr double kMaxTime = 253'402'300'799.0;

JwtRefusal refused(Why why, std::string detail) {
    return {.why = why, .detail = std::move(detail)};
}

std::optional<json::object> object_of(std::string_view encoded) {
    const auto text = base64url_decode(encoded);
    if (!text) return std::nullopt;
    try {
        json::value value = parse_strict_json(*text);
        if (json::object* object = value.if_object()) return std::move(*object);
    } catch (const Error&) {
    }
    return std::nullopt;
}

/// The text of a member, "" when it is missing, or nothing when it isn't a text of a good size.
std::optional<std::string_view> text_member(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    if (found == nullptr) return "";
    const json::string* text = found->if_string();
    if (text == nullptr || text->empty() || text->size() > kMaxTextBytes) return std::nullopt;
    return std::string_view(*text);
}

/// "JWT", "at+jwt" and their media types; a logout token or the like is signed by the same keys.
bool is_access_token_type(std::string_view type) {
    std::string lower(type);
    std::ranges::transform(lower, lower.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    if (lower.starts_with("application/")) lower.erase(0, 12);
    return lower.empty() || lower == "jwt" || lower == "at+jwt";
}

/// A NumericDate, or nothing when it is missing or can't be one.
std::optional<double> time_claim(const json::object& claims, std::string_view name) {
    const json::value* found = claims.if_contains(name);
    if (found == nullptr || !found->is_number()) return std::nullopt;
    const auto seconds = found->to_number<double>();
    if (!std::isfinite(seconds) || seconds < 0 || seconds > kMaxTime) return std::nullopt;
    return seconds;
}

bool has_audience(const json::value& claimed, std::span<const std::string> wanted) {
    const auto is_wanted = [&](const json::value& each) {
        const json::string* text = each.if_string();
        return text != nullptr &&
               std::ranges::find(wanted, std::string_view(*text)) != wanted.end();
    };
    if (const json::array* list = claimed.if_array()) {
        return list->size() <= kMaxAudiences && std::ranges::any_of(*list, is_wanted);
    }
    return is_wanted(claimed);
}

}  // namespace

std::expected<Jwt, JwtRefusal> read_jwt(std::string_view text) {
    const auto malformed = [](std::string detail) {
        return std::unexpected(refused(Why::malformed, std::move(detail)));
    };
    if (text.size() > kMaxJwtBytes) return malformed("the token is longer than 8 KiB");
    const std::size_t first = text.find('.');
    const std::size_t second = first == text.npos ? text.npos : text.find('.', first + 1);
    if (second == text.npos || text.find('.', second + 1) != text.npos) {
        return malformed("a JWT has three parts with dots between them");
    }
    const auto header = object_of(text.substr(0, first));
    auto claims = object_of(text.substr(first + 1, second - first - 1));
    auto signature = base64url_decode(text.substr(second + 1));
    if (!header || !claims || !signature) {
        return malformed("the token's parts must be base64url of two JSON objects and a signature");
    }
    const auto algorithm = text_member(*header, "alg");
    const auto key_id = text_member(*header, "kid");
    const auto type = text_member(*header, "typ");
    if (!algorithm || !key_id || !type) return malformed("alg, kid and typ must be short texts");
    if (header->contains("crit") || header->contains("zip") || header->contains("enc") ||
        header->contains("b64")) {
        return malformed("the token needs an extension that Barid doesn't have");
    }
    if (!is_access_token_type(*type)) return malformed("the token's typ must be JWT or at+jwt");
    return Jwt{.algorithm = std::string(*algorithm),
               .key_id = std::string(*key_id),
               .claims = *std::move(claims),
               .signed_text = std::string(text.substr(0, second)),
               .signature = *std::move(signature)};
}

std::optional<JwtRefusal> check_signature(const Jwt& jwt, std::span<const VerifyKey> keys,
                                          std::span<const Algorithm> allowed) {
    const auto algorithm = algorithm_named(jwt.algorithm);
    if (!algorithm || std::ranges::find(allowed, *algorithm) == allowed.end()) {
        return refused(Why::algorithm, "the token's algorithm is not one that its issuer may use");
    }
    const VerifyKey* chosen = nullptr;
    for (const VerifyKey& key : keys) {
        if (key.algorithm() != *algorithm) continue;
        // A key without a name of its own (from a PEM file) serves whatever name a token gives.
        if (!jwt.key_id.empty() && !key.id().empty() && key.id() != jwt.key_id) continue;
        if (chosen != nullptr) {
            return refused(Why::unknown_key, "several keys could have signed the token");
        }
        chosen = &key;
    }
    if (chosen == nullptr) {
        return refused(Why::unknown_key, "the token's key is not among the issuer's");
    }
    if (!chosen->verify(jwt.signed_text, jwt.signature)) {
        return refused(Why::signature, "the token's signature is wrong");
    }
    return std::nullopt;
}

std::optional<JwtRefusal> check_claims(const Jwt& jwt, const ClaimRules& rules, SystemTime now) {
    if (claim(jwt, "iss") != rules.issuer || rules.issuer.empty()) {
        return refused(Why::claims, "the token is of another issuer");
    }
    const json::value* audience = jwt.claims.if_contains("aud");
    if (audience == nullptr || !has_audience(*audience, rules.audiences)) {
        return refused(Why::claims, "the token is for another audience");
    }
    const double clock = std::chrono::duration<double>(now.time_since_epoch()).count();
    const auto leeway = static_cast<double>(rules.leeway.count());
    const auto ends = time_claim(jwt.claims, "exp");
    if (!ends) return refused(Why::claims, "the token doesn't say when it ends (exp)");
    if (*ends + leeway <= clock) return refused(Why::expired, "the token has expired");
    for (const char* name : {"nbf", "iat"}) {
        if (!jwt.claims.contains(name)) continue;
        const auto begins = time_claim(jwt.claims, name);
        if (!begins || *begins - leeway > clock) {
            return refused(Why::claims, "the token is of the future (nbf, iat)");
        }
    }
    const auto subject = text_member(jwt.claims, "sub");
    const auto is_control = [](char c) {
        return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    };
    if (!subject || subject->empty() || std::ranges::any_of(*subject, is_control)) {
        return refused(Why::claims, "the token doesn't say whose it is (sub)");
    }
    return std::nullopt;
}

std::string_view claim(const Jwt& jwt, std::string_view name) {
    const json::value* found = jwt.claims.if_contains(name);
    const json::string* text = found != nullptr ? found->if_string() : nullptr;
    return text != nullptr ? std::string_view(*text) : std::string_view();
}

SystemTime expiry(const Jwt& jwt) {
    const double seconds = time_claim(jwt.claims, "exp").value_or(0);
    return SystemTime(std::chrono::seconds(static_cast<std::int64_t>(seconds)));
}

}  // namespace barid::access
