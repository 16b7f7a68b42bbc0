#include "admin/access/sign_in.hpp"

#include <fmt/format.h>

#include "admin/access/grants_text.hpp"
#include "base/text.hpp"

namespace barid::access {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMaxLoginBytes = 200;
constexpr std::size_t kMaxPasswordBytes = 512;  // 128 characters of four bytes

Denial wrong_credentials() {
    return {.code = "wrong_credentials", .detail = "the login or the password is wrong"};
}

Denial busy() {
    return {.status = 503,
            .code = "busy",
            .detail = "too many passwords are being checked: try again soon",
            .retry_after = 2s};
}

Denial locked_out(std::chrono::seconds wait) {
    return {
        .status = 429,
        .code = "locked_out",
        .detail = "too many wrong passwords from your address: wait as long as Retry-After says",
        .retry_after = wait};
}

/// A sign-in is a request that changes something, of our own page, with a secret in it.
std::optional<Denial> unfit(const web::Request& request) {
    if (!may_carry_password(request)) {
        return Denial{.status = 403,
                      .code = "insecure",
                      .detail =
                          "passwords are taken over HTTPS or on localhost only; behind a "
                          "proxy, name it among the trusted ones"};
    }
    return origin_problem(request);
}

/// The hash of the session that the request came with, NULL for none.
std::optional<std::string> session_hash(const web::Request& request) {
    const Credentials credentials = credentials_of(request.head);
    const auto* cookie = std::get_if<SessionCookie>(&credentials);
    if (cookie == nullptr) return std::nullopt;
    return secret_hash(cookie->text);
}

std::string account_of(const Principal& who) {
    return who.id.substr(who.id.find(':') + 1);
}

}  // namespace

SignIn::SignIn(pg::Pool& pool, PasswordHasher& hasher, DatabaseGatekeeper& gatekeeper,
               SignInOptions options)
    : pool_(pool), hasher_(hasher), gatekeeper_(gatekeeper), options_(options) {}

awaitable<SignIn::Answer> SignIn::sign_in(const web::Request& request, std::string login,
                                          Secret password) {
    if (auto problem = unfit(request)) co_return *std::move(problem);
    if (auto problem = gatekeeper_.admit_stranger(request)) co_return *std::move(problem);
    if (login.empty() || login.size() > kMaxLoginBytes || login.find('\0') != login.npos ||
        !is_valid_utf8(login) || password.reveal().size() > kMaxPasswordBytes) {
        co_return wrong_credentials();
    }
    auto begun = co_await begin(request, login);
    if (auto* denial = std::get_if<Denial>(&begun)) co_return *denial;
    const Attempt& attempt = std::get<Attempt>(begun);

    auto checked = co_await check(attempt.hash, std::move(password));
    if (auto* denial = std::get_if<Denial>(&checked)) co_return *denial;
    const auto& verdict = std::get<PasswordHasher::Verdict>(checked);
    if (!verdict.right) {
        // An unknown login isn't written down: people type passwords there by mistake.
        if (attempt.locks && !attempt.account.empty()) {
            co_await pool_.execute(
                R"(SELECT barid.audit('anonymous', 'anonymous', 'session.locked_out', 'account',
                                      $1, NULL, NULL, NULL, $2, $3))",
                pg::Params(attempt.account, request.id, request.client_address));
        }
        co_return wrong_credentials();
    }
    co_return co_await finish(request, attempt.account, attempt.hash, verdict.better_hash);
}

awaitable<std::variant<SignIn::Attempt, Denial>> SignIn::begin(const web::Request& request,
                                                               const std::string& login) {
    const pg::Result result = co_await pool_.execute(
        R"(SELECT wait_seconds, locks, account, password_hash
           FROM barid.admin_sign_in_begin($1, $2))",
        pg::Params(login, client_network(request.client_address)));
    const pg::Row row = result.one();
    if (const int wait = row.get<int>(0); wait > 0)
        co_return locked_out(std::chrono::seconds(wait));
    co_return Attempt{.account = std::string(row.text(2)),
                      .hash = std::string(row.text(3)),
                      .locks = row.get<bool>(1)};
}

awaitable<std::variant<PasswordHasher::Verdict, Denial>> SignIn::check(std::string stored,
                                                                       Secret password) {
    try {
        co_return co_await hasher_.verify(std::move(stored), std::move(password));
    } catch (const PasswordHasher::Busy&) {
        co_return busy();
    }
}

awaitable<SignIn::Answer> SignIn::finish(const web::Request& request, const std::string& account,
                                         const std::string& checked_hash,
                                         const std::string& better_hash) {
    const std::string text = new_secret_text();
    const auto replaced = session_hash(request);
    const pg::Result result = co_await pool_.execute(
        R"(SELECT name, permissions::text, must_change, expires_at
           FROM barid.admin_sign_in_finish($1::bigint, $2, $3, $4, $5::bytea, $6::bytea,
                                           $7::interval, $8::interval, $9, $10, $11))",
        pg::Params(account, checked_hash,
                   better_hash.empty() ? std::nullopt : std::optional(better_hash),
                   client_network(request.client_address), secret_hash(text), replaced,
                   std::chrono::microseconds(options_.idle),
                   std::chrono::microseconds(options_.lifetime), request.client_address,
                   truncate_utf8(scrub_utf8(request.head.header("user-agent")), 200), request.id));
    if (result.empty()) co_return wrong_credentials();  // changed while it was checked
    const pg::Row row = result.one();
    const bool must_change = row.get<bool>(2);
    Principal who{.kind = Principal::Kind::account,
                  .id = "account:" + account,
                  .name = std::string(row.text(0)),
                  .grants = must_change ? Grants() : read_grants(parse_json(row.text(1))),
                  .expires_at = std::string(row.text(3)),
                  .by_cookie = true,
                  .must_change_password = must_change};
    gatekeeper_.forget(who.id);
    co_return Session{.who = std::move(who), .cookie = session_cookie(text)};
}

awaitable<std::string> SignIn::sign_out(const web::Request& request, const Principal& who,
                                        bool everywhere) {
    const auto hash = session_hash(request);
    if (!hash || !who.by_cookie) co_return "";
    const pg::Result result = co_await pool_.execute(
        R"(SELECT s.account,
                  CASE WHEN s.account IS NOT NULL
                       THEN barid.audit($3, $4, $5, 'account', s.account::text, NULL, NULL, NULL,
                                        $6, $7) END
           FROM (SELECT barid.admin_sign_out($1::bytea, $2) AS account OFFSET 0) s)",
        pg::Params(*hash, everywhere, who.id, who.name,
                   everywhere ? "session.sign_out_everywhere" : "session.sign_out", request.id,
                   request.client_address));
    std::string account(result.one().text(0));
    gatekeeper_.forget(who.id);
    co_return account;
}

awaitable<SignIn::Answer> SignIn::change_password(const web::Request& request, const Principal& who,
                                                  Secret current, Secret wanted) {
    const std::string account = account_of(who);
    if (who.kind != Principal::Kind::account || !who.by_cookie) {
        co_return Denial{.status = 403,
                         .code = "no_password",
                         .detail = "only who signed in with a password can change it"};
    }
    const pg::Result found = co_await pool_.execute(
        R"(SELECT barid.admin_account_password($1::bigint), a.login
           FROM barid.admin_account a WHERE a.id = $1::bigint)",
        pg::Params(account));
    if (found.empty() || found.one().is_null(0)) co_return wrong_credentials();
    const std::string stored(found.one().text(0));
    const std::string login(found.one().text(1));
    if (const auto problem = password_problem(wanted.reveal(), login)) {
        co_return Denial{
            .status = 422, .code = "weak_password", .detail = "the new password " + *problem};
    }
    // Whoever found an open session must not guess on without end either.
    auto begun = co_await begin(request, login);
    if (auto* denial = std::get_if<Denial>(&begun)) co_return *denial;
    auto checked = co_await check(stored, std::move(current));
    if (auto* denial = std::get_if<Denial>(&checked)) co_return *denial;
    if (!std::get<PasswordHasher::Verdict>(checked).right) co_return wrong_credentials();
    std::string hash;
    try {
        hash = co_await hasher_.hash(std::move(wanted));
    } catch (const PasswordHasher::Busy&) {
    }
    if (hash.empty()) co_return busy();
    const pg::Result changed = co_await pool_.execute(
        R"(SELECT s.changed,
                  CASE WHEN s.changed
                       THEN barid.audit($4, $5, 'account.password', 'account', $1::bigint::text,
                                        NULL, NULL, NULL, $6, $7) END
           FROM (SELECT barid.admin_account_set_password($1::bigint, $2, false, $3) AS changed
                 OFFSET 0) s)",
        pg::Params(account, hash, stored, who.id, who.name, request.id, request.client_address));
    if (!changed.one().get<bool>(0)) co_return wrong_credentials();
    co_return co_await finish(request, account, hash, "");
}

awaitable<std::string> SignIn::hash(Secret password) {
    co_return co_await hasher_.hash(std::move(password));
}

}  // namespace barid::access
