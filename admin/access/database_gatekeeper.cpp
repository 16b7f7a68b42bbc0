#include "admin/access/database_gatekeeper.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "admin/access/grants_text.hpp"
#include "queue/pg/error.hpp"

namespace barid::access {
namespace {

using namespace std::chrono_literals;

Denial denied(std::string code, std::string detail) {
    return {.code = std::move(code), .detail = std::move(detail)};
}

Denial unknown() {
    return denied("unauthenticated",
                  "sign in, or send a token that an admin made (barid admin token create)");
}

Denial too_many(std::chrono::seconds wait) {
    return {.status = 429,
            .code = "rate_limited",
            .detail = "too many requests: wait as long as Retry-After says",
            .retry_after = wait};
}

Denial unavailable(std::string detail) {
    return {.status = 503, .code = "unavailable", .detail = std::move(detail), .retry_after = 5s};
}

std::string utc_text(SystemTime time) {
    std::string text = pg::format_timestamp(time);  // "2026-11-21 10:00:00.123456+00"
    text = text.substr(0, text.find('+')) + "Z";
    std::ranges::replace(text, ' ', 'T');
    return text;
}

Denial denial_of(const JwtRefusal& refusal) {
    return denied(refusal.why == JwtRefusal::Why::expired ? "token_expired" : "unauthenticated",
                  refusal.detail);
}

/// "" for no credentials; a hash, so that memory holds no secrets.
std::string key_of(const Credentials& credentials) {
    if (const auto* bearer = std::get_if<BearerToken>(&credentials)) {
        return secret_hash("bearer " + bearer->text);
    }
    if (const auto* cookie = std::get_if<SessionCookie>(&credentials)) {
        return secret_hash("cookie " + cookie->text);
    }
    return "";
}

}  // namespace

DatabaseGatekeeper::DatabaseGatekeeper(pg::Pool& pool, const Clock& clock,
                                       GatekeeperOptions options, log::Logger logger)
    : pool_(pool),
      clock_(clock),
      options_(std::move(options)),
      log_(std::move(logger)),
      callers_(options_.rate, options_.burst),
      strangers_(options_.stranger_rate, options_.stranger_burst) {}

awaitable<std::variant<Principal, Denial>> DatabaseGatekeeper::admit(const web::Request& request) {
    const Credentials credentials = credentials_of(request.head);
    const std::string key = key_of(credentials);
    const SteadyTime now = clock_.steady_now();
    Verdict verdict = unknown();
    const auto known = key.empty() ? remembered_.end() : remembered_.find(key);
    if (known != remembered_.end() && now < known->second.until) {
        verdict = known->second.who;
    } else {
        // Who was in before is asked for again, whatever others from the same address try.
        const bool met = known != remembered_.end();
        const std::string network = client_network(request.client_address);
        const auto full = met ? std::nullopt : strangers_.empty(network, now);
        if (full) co_return too_many(*full);
        SteadyTime until = now + options_.memory;
        verdict = co_await look_up(credentials, &until);
        if (const auto* who = std::get_if<Principal>(&verdict)) {
            remember(key, *who, until);
        } else if (std::get<Denial>(verdict).status < 500) {
            remembered_.erase(key);
            // It was there before the look-up, but others may have come meanwhile.
            if (const auto wait = strangers_.take(network, now)) co_return too_many(*wait);
        }
    }
    if (auto* who = std::get_if<Principal>(&verdict)) {
        if (const auto wait = callers_.take(who->id, now)) co_return too_many(*wait);
        if (who->by_cookie) {
            if (auto problem = origin_problem(request)) co_return *std::move(problem);
        }
    }
    co_return verdict;
}

std::optional<Denial> DatabaseGatekeeper::admit_stranger(const web::Request& request) {
    const auto wait = strangers_.take(client_network(request.client_address), clock_.steady_now());
    return wait ? std::optional(too_many(*wait)) : std::nullopt;
}

awaitable<DatabaseGatekeeper::Verdict> DatabaseGatekeeper::look_up(const Credentials& credentials,
                                                                   SteadyTime* until) {
    std::string problem;
    try {
        if (const auto* bearer = std::get_if<BearerToken>(&credentials)) {
            if (bearer->text.starts_with(kTokenPrefix)) {
                co_return co_await token(bearer->text, until);
            }
            co_return co_await jwt(bearer->text, until);
        }
        if (const auto* cookie = std::get_if<SessionCookie>(&credentials)) {
            co_return co_await session(cookie->text, until);
        }
        if (const auto* denial = std::get_if<Denial>(&credentials)) co_return *denial;
        co_return unknown();
    } catch (const Error& e) {
        problem = e.what();
    }
    log_.warn("a caller could not be looked up", {{"problem", problem}});
    co_return unavailable("who you are can't be looked up just now: try again soon");
}

awaitable<DatabaseGatekeeper::Verdict> DatabaseGatekeeper::token(std::string text,
                                                                 SteadyTime* until) {
    const pg::Result found = co_await pool_.execute(
        R"(SELECT id, name, state, permissions::text, owner_permissions::text, expires_at,
                  seconds_left
           FROM barid.admin_token_principal($1::bytea))",
        pg::Params(secret_hash(text)));
    if (found.empty()) co_return unknown();
    const pg::Row row = found.one();
    const auto state = row.text(2);
    if (state == "revoked") co_return denied("token_revoked", "the token was revoked: get another");
    if (state == "expired") co_return denied("token_expired", "the token has expired: get another");
    Grants grants = read_grants(parse_json(row.text(3)));
    if (!row.is_null(4)) grants = grants.meet(read_grants(parse_json(row.text(4))));
    const auto left = std::chrono::duration<double>(row.get<double>(6));
    *until =
        std::min(*until, clock_.steady_now() + std::chrono::floor<std::chrono::milliseconds>(left));
    co_return Principal{.kind = Principal::Kind::token,
                        .id = fmt::format("token:{}", row.text(0)),
                        .name = std::string(row.text(1)),
                        .grants = std::move(grants),
                        .expires_at = std::string(row.text(5))};
}

awaitable<DatabaseGatekeeper::Verdict> DatabaseGatekeeper::session(std::string text,
                                                                   SteadyTime* until) {
    const pg::Result found = co_await pool_.execute(
        R"(SELECT account, name, state, permissions::text, must_change, expires_at, seconds_left
           FROM barid.admin_session_principal($1::bytea))",
        pg::Params(secret_hash(text)));
    if (found.empty()) co_return unknown();
    const pg::Row row = found.one();
    if (row.text(2) != "good") {
        co_return denied("session_expired", "the session has ended: sign in again");
    }
    const bool must_change = row.get<bool>(4);
    const auto left = std::chrono::duration<double>(row.get<double>(6));
    *until =
        std::min(*until, clock_.steady_now() + std::chrono::floor<std::chrono::milliseconds>(left));
    co_return Principal{.kind = Principal::Kind::account,
                        .id = fmt::format("account:{}", row.text(0)),
                        .name = std::string(row.text(1)),
                        .grants = must_change ? Grants() : read_grants(parse_json(row.text(3))),
                        .expires_at = std::string(row.text(5)),
                        .by_cookie = true,
                        .must_change_password = must_change};
}

awaitable<DatabaseGatekeeper::Verdict> DatabaseGatekeeper::jwt(std::string text,
                                                               SteadyTime* until) {
    const auto read = read_jwt(text);
    if (!read) co_return options_.issuers.empty() ? unknown() : denial_of(read.error());
    // What the token says of its issuer chooses whose keys it is checked with, nothing more.
    const auto issuer = std::ranges::find_if(options_.issuers, [&](const Issuer& each) {
        return each.rules.issuer == claim(*read, "iss");
    });
    if (issuer == options_.issuers.end()) {
        co_return denied("unauthenticated", "tokens of that issuer are not taken");
    }
    KeySet keys;
    std::string problem;
    try {
        keys = co_await issuer->keys->keys(read->key_id);
    } catch (const KeyError& e) {
        problem = e.what();
    }
    if (!keys) {
        log_.warn("an issuer's keys can't be had",
                  {{"issuer", issuer->name}, {"problem", problem}});
        co_return unavailable("the issuer's keys can't be fetched just now: try again soon");
    }
    const SystemTime now = clock_.system_now();
    if (const auto bad = check_signature(*read, *keys, issuer->algorithms))
        co_return denial_of(*bad);
    if (const auto bad = check_claims(*read, issuer->rules, now)) co_return denial_of(*bad);

    const auto roles = roles_of(*issuer, *read);
    Grants grants;
    if (!roles.empty()) {
        const pg::Result found = co_await pool_.execute(
            "SELECT barid.admin_role_permissions($1::text[])::text", pg::Params(roles));
        grants = read_grants(parse_json(found.one().text(0)));
    }
    const SystemTime ends = expiry(*read) + issuer->rules.leeway;
    *until = std::min(*until, clock_.steady_now() + (ends - now));
    co_return Principal{.kind = Principal::Kind::jwt,
                        .id = fmt::format("jwt:{}:{}", issuer->name, claim(*read, "sub")),
                        .name = name_of(*issuer, *read),
                        .grants = std::move(grants),
                        .expires_at = utc_text(expiry(*read))};
}

void DatabaseGatekeeper::remember(const std::string& key, const Principal& who, SteadyTime until) {
    if (remembered_.size() >= kMaxRemembered) {
        const SteadyTime now = clock_.steady_now();
        std::erase_if(remembered_, [&](const auto& each) { return each.second.until <= now; });
        if (remembered_.size() >= kMaxRemembered) remembered_.clear();
    }
    remembered_.insert_or_assign(key, Remembered{.who = who, .until = until});
}

void DatabaseGatekeeper::forget(const std::string& principal_id) {
    std::erase_if(remembered_,
                  [&](const auto& each) { return each.second.who.id == principal_id; });
}

}  // namespace barid::access
