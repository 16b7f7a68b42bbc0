// `barid admin token|account|role`: who may use the API and the dashboard, from the command line,
// where the first account comes from. Each change and its audit line are one statement.
#include <fmt/format.h>

#include <iostream>

#include "admin/access/credentials.hpp"
#include "admin/access/grants_text.hpp"
#include "admin/access/password.hpp"
#include "base/text.hpp"
#include "config/files.hpp"
#include "worker/admin_access_command.hpp"
#include "worker/command_line_state.hpp"
#include "worker/table.hpp"

namespace barid::worker {
namespace {

constexpr std::size_t kMaxPasswordBytes = 1024;

access::Grants grants_of(const std::vector<std::string>& texts) {
    access::Grants grants;
    for (const std::string& text : texts) {
        const auto added = access::add_grant(grants, text);
        if (!added) {
            throw UsageError(fmt::format("--permission {}: {}", printable(text), added.error()));
        }
    }
    return grants;
}

std::string permissions_json(const std::vector<std::string>& texts) {
    return json::serialize(access::grants_json(grants_of(texts)));
}

/// The password of a file, of standard input ("-"), or a new one.
Secret read_password(const std::string& file, const std::string& login, bool* made) {
    std::string text;
    *made = file.empty();
    if (*made) {
        text = access::new_secret_text().substr(0, 24);
    } else if (file == "-") {
        std::getline(std::cin, text);
        if (text.size() > kMaxPasswordBytes) text.clear();
    } else {
        auto read = config::read_secret(file);
        if (!read) throw UsageError(fmt::format("--password-file {}: {}", file, read.error()));
        text = *std::move(read);
    }
    if (const auto problem = access::password_problem(text, login)) {
        throw UsageError("the password " + *problem);
    }
    return Secret(std::move(text));
}

/// Runs one statement that changes something; its first column is what was made or changed.
std::string change(CommandSession& session, std::string_view sql, const pg::Params& params) {
    try {
        const pg::Result result = session.run(session.pool.execute(sql, params));
        if (result.empty() || result.one().is_null(0)) return "";
        return std::string(result.one().text(0));
    } catch (const pg::Error& e) {
        if (!e.is("23503")) throw;
        throw UsageError("there is no such role: `barid admin role list` has them");
    }
}

int unknown(const std::string& what) {
    fmt::print(stderr, "barid: there is no {}\n", what);
    return static_cast<int>(Exit::failed);
}

}  // namespace

int run_token_create(const config::Settings& settings, const TokenArguments& arguments) {
    const std::string permissions = permissions_json(arguments.permissions);
    const std::string text = std::string(access::kTokenPrefix) + access::new_secret_text();
    CommandSession session(settings);
    const pg::Result made = session.run(session.pool.execute(
        R"(WITH made AS MATERIALIZED (
               SELECT barid.admin_token_create($1::bytea, $2, $3, NULL, $4::jsonb,
                          clock_timestamp() + $5::interval, 'cli:' || session_user) AS id),
           noted AS MATERIALIZED (
               SELECT barid.audit('cli:' || session_user, session_user, 'token.create', 'token',
                          id::text, NULL, jsonb_build_object('name', $3::text, 'prefix', $2::text,
                              'permissions', $4::jsonb, 'expires_in', $5::text), NULL, NULL, NULL)
               FROM made)
           SELECT m.id, barid.admin_time(clock_timestamp() + $5::interval) FROM made m, noted)",
        pg::Params(access::secret_hash(text), text.substr(0, access::kTokenPrefix.size() + 6),
                   arguments.name, permissions, arguments.expires)));
    const pg::Row row = made.one();
    if (arguments.json) {
        fmt::print("{{\"id\":{},\"name\":{},\"token\":{},\"expires_at\":{}}}\n", row.text(0),
                   json_quote(arguments.name), json_quote(text), json_quote(row.text(1)));
    } else {
        fmt::print("{}\n", text);
        fmt::print(stderr, "token {} ({}) until {}; it is shown this once\n", row.text(0),
                   printable(arguments.name), row.text(1));
    }
    return static_cast<int>(Exit::ok);
}

int run_token_list(const config::Settings& settings, int limit, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     R"(SELECT k.id, k.name, k.prefix || '…' AS token, j->>'state' AS state,
                               coalesce(j->'account'->>'login', '') AS account,
                               (SELECT coalesce(string_agg(p->>'permission' || coalesce('=' ||
                                           (SELECT string_agg(n, ',')
                                            FROM jsonb_array_elements_text(
                                                CASE WHEN p->'limited_to' <> 'null'
                                                     THEN p->'limited_to' END) n), ''), ' '), '')
                                FROM jsonb_array_elements(k.permissions) p) AS permissions,
                               j->>'expires_at' AS expires_at,
                               coalesce(j->>'last_used_at', '') AS last_used_at
                        FROM barid.admin_token k, LATERAL barid.admin_token_json(k.id) j
                        ORDER BY k.id DESC LIMIT $1::int)",
                     pg::Params(limit))),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_token_revoke(const config::Settings& settings, std::int64_t id, const std::string& reason,
                     bool json) {
    CommandSession session(settings);
    const std::string revoked = change(session,
                                       R"(WITH changed AS (
               UPDATE barid.admin_token SET revoked_at = coalesce(revoked_at, now())
               WHERE id = $1 RETURNING id),
           noted AS MATERIALIZED (
               SELECT barid.audit('cli:' || session_user, session_user, 'token.revoke', 'token',
                                  id::text, NULL, NULL, $2, NULL, NULL) FROM changed)
           SELECT c.id FROM changed c, noted)",
                                       pg::Params(id, reason));
    if (revoked.empty()) return unknown(fmt::format("token {}", id));
    if (json)
        fmt::print("{{\"id\":{},\"state\":\"revoked\"}}\n", id);
    else
        fmt::print("token {} is revoked; it stops working within ten seconds\n", id);
    return static_cast<int>(Exit::ok);
}

int run_account_create(const config::Settings& settings, const AccountArguments& arguments) {
    bool made = false;
    const Secret password = read_password(arguments.password_file, arguments.login, &made);
    CommandSession session(settings);
    const std::string id = change(session,
                                  R"(WITH made AS MATERIALIZED (
               SELECT barid.admin_account_create($1, $2, $5) AS id),
           roles AS (INSERT INTO barid.admin_account_role (account_id, role)
                     SELECT DISTINCT m.id, r FROM made m, unnest($3::text[]) r RETURNING role),
           given AS MATERIALIZED (
               SELECT barid.admin_account_set_password(id, $4, $5) FROM made),
           noted AS MATERIALIZED (
               SELECT barid.audit('cli:' || session_user, session_user, 'account.create',
                          'account', id::text, NULL,
                          jsonb_build_object('login', $1::text, 'roles', $3::text[]), NULL, NULL,
                          NULL) FROM made)
           SELECT m.id FROM made m, given, noted)",
                                  pg::Params(arguments.login, arguments.name, arguments.roles,
                                             access::hash_password(password), made));
    if (arguments.json) {
        fmt::print("{{\"id\":{},\"login\":{}{}}}\n", id, json_quote(arguments.login),
                   made ? ",\"password\":" + json_quote(password.reveal()) : "");
    } else if (made) {
        fmt::print("{}\n", password.reveal());
        fmt::print(stderr, "account {} ({}); its password must be changed at the first sign-in\n",
                   id, printable(arguments.login));
    } else {
        fmt::print("account {} ({})\n", id, printable(arguments.login));
    }
    return static_cast<int>(Exit::ok);
}

int run_account_list(const config::Settings& settings, int limit, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     R"(SELECT a.id, a.login, a.name,
                               (SELECT coalesce(string_agg(r, ' '), '')
                                FROM jsonb_array_elements_text(j->'roles') r) AS roles,
                               a.disabled, (j->>'sessions')::int AS sessions,
                               coalesce(j->>'signed_in_at', '') AS signed_in_at
                        FROM barid.admin_account a, LATERAL barid.admin_account_json(a.id) j
                        ORDER BY a.id LIMIT $1::int)",
                     pg::Params(limit))),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_account_disable(const config::Settings& settings, const std::string& login, bool disable,
                        bool json) {
    CommandSession session(settings);
    const std::string id = change(
        session, "SELECT barid.admin_account_disable($1, $2, 'cli:' || session_user, session_user)",
        pg::Params(login, disable));
    if (id.empty()) return unknown(fmt::format("account \"{}\"", printable(login)));
    if (json) {
        fmt::print("{{\"id\":{},\"login\":{},\"disabled\":{}}}\n", id, json_quote(login), disable);
    } else {
        fmt::print("{} {}\n", printable(login), disable ? "is disabled" : "can sign in again");
    }
    return static_cast<int>(Exit::ok);
}

int run_account_password(const config::Settings& settings, const AccountArguments& arguments) {
    bool made = false;
    const Secret password = read_password(arguments.password_file, arguments.login, &made);
    CommandSession session(settings);
    const std::string id =
        change(session,
               R"(WITH who AS MATERIALIZED (
               SELECT id FROM barid.admin_account WHERE lower(login) = lower($1)),
           given AS MATERIALIZED (
               SELECT barid.admin_account_set_password(id, $2, $3) FROM who),
           noted AS MATERIALIZED (
               SELECT barid.audit('cli:' || session_user, session_user, 'account.password',
                                  'account', id::text, NULL, NULL, NULL, NULL, NULL) FROM who)
           SELECT w.id FROM who w, given, noted)",
               pg::Params(arguments.login, access::hash_password(password), made));
    if (id.empty()) return unknown(fmt::format("account \"{}\"", printable(arguments.login)));
    if (arguments.json) {
        fmt::print("{{\"id\":{},\"login\":{}{}}}\n", id, json_quote(arguments.login),
                   made ? ",\"password\":" + json_quote(password.reveal()) : "");
    } else if (made) {
        fmt::print("{}\n", password.reveal());
        fmt::print(stderr,
                   "all sessions of {} have ended; the password must be changed at the "
                   "first sign-in\n",
                   printable(arguments.login));
    } else {
        fmt::print("{} has a new password; all its sessions have ended\n",
                   printable(arguments.login));
    }
    return static_cast<int>(Exit::ok);
}

int run_role_list(const config::Settings& settings, bool json) {
    CommandSession session(settings);
    print_result(session.run(session.pool.execute(
                     R"(SELECT r.name, r.means, r.built_in,
                               (SELECT coalesce(string_agg(p->>'permission' || coalesce('=' ||
                                           (SELECT string_agg(n, ',')
                                            FROM jsonb_array_elements_text(
                                                CASE WHEN p->'limited_to' <> 'null'
                                                     THEN p->'limited_to' END) n), ''), ' '), '')
                                FROM jsonb_array_elements(r.permissions) p) AS permissions
                        FROM barid.admin_role r ORDER BY r.name LIMIT 1000)")),
                 json);
    return static_cast<int>(Exit::ok);
}

int run_role_set(const config::Settings& settings, const RoleArguments& arguments) {
    if (arguments.name == "admin") throw UsageError("the role admin can't be changed");
    const std::string permissions = permissions_json(arguments.permissions);
    CommandSession session(settings);
    change(session,
           R"(WITH changed AS (
                  INSERT INTO barid.admin_role AS r (name, means, permissions)
                  VALUES ($1, $2, $3::jsonb)
                  ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions,
                      means = coalesce(nullif(excluded.means, ''), r.means),
                      updated_at = clock_timestamp()
                  RETURNING name),
              noted AS MATERIALIZED (
                  SELECT barid.audit('cli:' || session_user, session_user, 'role.change', 'role',
                                     name, NULL, $3::jsonb, NULL, NULL, NULL) FROM changed)
              SELECT c.name FROM changed c, noted)",
           pg::Params(arguments.name, arguments.means, permissions));
    if (arguments.json) {
        fmt::print("{{\"name\":{},\"permissions\":{}}}\n", json_quote(arguments.name), permissions);
    } else {
        fmt::print("the role {} is set\n", arguments.name);
    }
    return static_cast<int>(Exit::ok);
}

}  // namespace barid::worker
