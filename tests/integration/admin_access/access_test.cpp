// Accounts, roles and tokens by the API; every answer is checked against its schema.
#include <gmock/gmock.h>

#include "admin/access/sign_in.hpp"
#include "admin/api/session_parts.hpp"
#include "tests/support/api_fixture.hpp"
#include "tests/support/token_endpoint.hpp"

namespace barid {
namespace {

using json::object;
using testing::HasSubstr;
using testing::Not;

class Access : public support::ApiFixture {
  protected:
    Access() {
        add_session(routes, desk, "test");
        add_roles(routes, desk);
        add_accounts(routes, desk);
        add_tokens(routes, desk);
    }
    support::ApiAnswer patch(const std::string& target, const json::value& body) {
        return ask("PATCH", target, json::serialize(body));
    }
    support::ApiAnswer put(const std::string& target, const json::value& body,
                           support::Headers headers = {}) {
        return ask("PUT", target, json::serialize(body), std::move(headers));
    }
    support::ApiAnswer revoke(const std::string& id, const char* reason = "leaked") {
        return ask("DELETE", "/tokens/" + id, json::serialize(object{{"reason", reason}}));
    }
    std::string account(const std::string& login, const std::string& role = "viewer") {
        const auto made = post("/accounts", object{{"login", login}, {"roles", {role}}});
        EXPECT_EQ(made.status, 201) << made.body;
        return json::serialize(made.json.at("id"));
    }
    static json::array granted(const std::string& permission) {
        return {object{{"permission", permission}}};
    }
    std::string last_audit() {
        return database.sql(
            "SELECT action || ' ' || target_kind || ' ' || target "
            "FROM barid.audit_log ORDER BY id DESC LIMIT 1");
    }

    support::ManualClock clock;
    pg::Pool pool{io, blocking, database.options(), 2, {}};
    access::PasswordHasher hasher{{.passes = 1, .memory_bytes = 8192}};
    access::DatabaseGatekeeper gatekeeper{pool, clock, {}, {}};
    access::SignIn desk{pool, hasher, gatekeeper};
};

TEST_F(Access, AccountsAreMadeChangedAndRemoved) {
    const auto made = post("/accounts", object{{"login", "nora@shop.example"},
                                               {"name", "نورة"},
                                               {"password", "a good long password"},
                                               {"roles", {"viewer", "content"}},
                                               {"reason", "new colleague"}});
    ASSERT_EQ(made.status, 201) << made.body;
    EXPECT_EQ(json::serialize(made.json.at("roles")), R"(["content","viewer"])");
    EXPECT_TRUE(made.json.at("must_change_password").as_bool()) << "somebody else chose it";
    EXPECT_TRUE(made.json.at("has_password").as_bool());
    EXPECT_THAT(made.body, Not(HasSubstr("argon2")));
    EXPECT_EQ(last_audit(), "account.create account 1");
    EXPECT_EQ(database.sql("SELECT reason FROM barid.audit_log"), "new colleague");

    const auto changed = patch("/accounts/1", object{{"name", "نورة ع."}, {"roles", {"support"}}});
    EXPECT_EQ(changed.status, 200) << changed.body;
    EXPECT_EQ(changed.json.at("login"), "nora@shop.example");
    EXPECT_EQ(json::serialize(changed.json.at("roles")), R"(["support"])");
    EXPECT_EQ(get("/accounts/1").body, changed.body);
    EXPECT_EQ(get("/accounts").items().size(), 1U);
    EXPECT_EQ(ask("DELETE", "/accounts/1", "").status, 204);
    EXPECT_EQ(last_audit(), "account.delete account 1");
    EXPECT_EQ(get("/accounts/1").status, 404);
    EXPECT_EQ(patch("/accounts/1", object{{"name", "x"}}).status, 404);
    EXPECT_EQ(ask("DELETE", "/accounts/1", "").status, 404);
}

TEST_F(Access, BadAccountsAreRefusedWithEveryProblem) {
    account("nora");
    EXPECT_EQ(post("/accounts", object{{"login", "NORA"}}).code(), "login_taken");
    const auto bad =
        post("/accounts",
             object{{"login", " x"}, {"password", "short"}, {"roles", {7}}, {"admin", true}});
    EXPECT_EQ(bad.status, 422);
    EXPECT_EQ(bad.json.at("errors").as_array().size(), 4U) << bad.body;
    EXPECT_EQ(post("/accounts", object{}).status, 422);
    EXPECT_THAT(post("/accounts", object{{"login", "x"}, {"roles", {"boss"}}}).body,
                HasSubstr("there is no role boss"));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_account"), "1")
        << "what was refused left nothing";
    EXPECT_EQ(
        post("/accounts", object{{"login", "nora.longer.login"}, {"password", "Nora.Longer.Login"}})
            .status,
        422);
}

TEST_F(Access, ADisabledAccountHasNoSessions) {
    const auto id = account("nora");
    database.sql("INSERT INTO barid.admin_session VALUES (sha256('x'), " + id +
                 ", now(), now(), '1 hour', now() + interval '1 day', '', '')");
    EXPECT_EQ(get("/accounts/" + id).json.at("sessions"), 1);
    EXPECT_EQ(patch("/accounts/" + id, object{{"disabled", true}}).json.at("sessions"), 0);
}

TEST_F(Access, SomebodyWhoCanDoEverythingAlwaysRemains) {
    const auto one = account("one", "admin");
    EXPECT_EQ(ask("DELETE", "/accounts/" + one, "").code(), "last_admin");
    EXPECT_EQ(patch("/accounts/" + one, object{{"disabled", true}}).code(), "last_admin");
    EXPECT_EQ(patch("/accounts/" + one, object{{"roles", {"viewer"}}}).code(), "last_admin");
    EXPECT_EQ(put("/roles/boss", object{{"permissions", granted("admin")}}).status, 200);
    const auto two = account("two", "boss");
    EXPECT_EQ(ask("DELETE", "/accounts/" + one, "").status, 204);
    EXPECT_EQ(put("/roles/boss", object{{"permissions", granted("jobs.view")}}).code(),
              "last_admin");
    EXPECT_EQ(ask("DELETE", "/accounts/" + two, "").code(), "last_admin");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_account"), "1");
}

TEST_F(Access, RolesAreMadeChangedAndRemoved) {
    const auto made =
        put("/roles/mail_watch",
            object{{"permissions", {object{{"permission", "jobs.view"}, {"limited_to", {"mail"}}}}},
                   {"means", "يراقب البريد"}});
    ASSERT_EQ(made.status, 200) << made.body;
    EXPECT_EQ(last_audit(), "role.create role mail_watch");
    const auto changed = put("/roles/mail_watch", object{{"permissions", granted("jobs.view")}});
    EXPECT_EQ(changed.json.at("means"), "يراقب البريد") << "what isn't given stays";
    EXPECT_EQ(last_audit(), "role.change role mail_watch");
    EXPECT_EQ(all_items("/roles?limit=2").size(), 6U);
    const auto id = account("nora", "mail_watch");
    EXPECT_EQ(ask("DELETE", "/roles/mail_watch", "").code(), "role_in_use");
    EXPECT_EQ(ask("DELETE", "/accounts/" + id, "").status, 204);
    EXPECT_EQ(ask("DELETE", "/roles/mail_watch", "").status, 204);
    EXPECT_EQ(ask("DELETE", "/roles/mail_watch", "").status, 404);
    EXPECT_EQ(put("/roles/mail_watch", object{{"permissions", granted("jobs.view")}},
                  {{"If-Match", changed.header("ETag")}})
                  .code(),
              "changed")
        << "somebody removed it meanwhile";
    EXPECT_EQ(ask("DELETE", "/roles/viewer", "").code(), "built_in");
    EXPECT_EQ(put("/roles/admin", object{{"permissions", json::array()}}).code(), "built_in");
}

TEST_F(Access, BadRolesAreRefused) {
    const auto problem = [&](const json::value& permissions) {
        const auto answer = put("/roles/r", object{{"permissions", permissions}});
        EXPECT_EQ(answer.status, 422) << answer.body;
        return answer.body;
    };
    EXPECT_THAT(problem(granted("jobs.delete")), HasSubstr("/permissions/0"));
    EXPECT_THAT(problem({object{{"permission", "audit.view"}, {"limited_to", {"mail"}}}}),
                HasSubstr("can't be limited"));
    EXPECT_THAT(problem({object{{"permission", "jobs.view"}, {"limited_to", json::array()}}}),
                HasSubstr("1 to 100"));
    EXPECT_THAT(problem({object{{"permission", "jobs.view"}, {"limit", {"mail"}}}}),
                HasSubstr("member other"));
    problem("jobs.view");
    EXPECT_EQ(put("/roles/R", object{{"permissions", json::array()}}).status, 422);
    EXPECT_EQ(put("/roles/1r", object{{"permissions", json::array()}}).status, 422);
}

TEST_F(Access, ATokensTextIsAnsweredOnceAndStoredNowhere) {
    account("nora", "admin");
    const auto made =
        post("/tokens", object{{"name", "نشر"}, {"permissions", granted("jobs.view")}},
             {{"Idempotency-Key", "k1"}});
    ASSERT_EQ(made.status, 201) << made.body;
    const std::string text(made.json.at("token").as_string());
    EXPECT_EQ(text.size(), 6U + 43U);
    EXPECT_TRUE(text.starts_with(std::string(made.json.at("prefix").as_string())));
    EXPECT_EQ(made.json.at("account").at("login"), "nora") << "it is the caller's own";
    for (const char* table : {"admin_token", "audit_log", "admin_idempotency"}) {
        EXPECT_THAT(
            database.sql("SELECT string_agg(t::text, ' ') FROM barid." + std::string(table) + " t"),
            Not(HasSubstr(text.substr(12))))
            << table;
    }
    EXPECT_EQ(post("/tokens", object{{"name", "نشر"}, {"permissions", granted("jobs.view")}},
                   {{"Idempotency-Key", "k1"}})
                  .status,
              409)
        << "a repetition makes no second token, and can't show the first";
    EXPECT_EQ(get("/tokens").items().size(), 1U);
    EXPECT_THAT(get("/tokens").body, Not(HasSubstr(text.substr(12))));
}

TEST_F(Access, TokensAreRevokedWithAReason) {
    account("nora", "admin");
    post("/tokens", object{{"name", "t"}, {"permissions", granted("jobs.view")}});
    EXPECT_EQ(ask("DELETE", "/tokens/1", "{}").status, 422);
    const auto revoked = revoke("1");
    EXPECT_EQ(revoked.status, 200) << revoked.body;
    EXPECT_EQ(revoked.json.at("state"), "revoked");
    EXPECT_TRUE(revoked.json.at("allowed_actions").as_array().empty());
    EXPECT_EQ(last_audit(), "token.revoke token 1");
    EXPECT_EQ(revoke("1").json.at("revoked_at"), revoked.json.at("revoked_at"));
    EXPECT_EQ(revoke("2").status, 404);
}

TEST_F(Access, NobodyGrantsWhatTheyDoNotHave) {
    account("boss", "admin");
    account("nora");
    as(support::grants({"jobs.view=mail", "jobs.retry"}), "account:2");
    const auto make = [&](const json::value& permissions) {
        return post("/tokens", object{{"name", "t"}, {"permissions", permissions}}).status;
    };
    EXPECT_EQ(make({object{{"permission", "jobs.view"}, {"limited_to", {"mail"}}}}), 201);
    EXPECT_EQ(make({object{{"permission", "jobs.retry"}, {"limited_to", {"x"}}}}), 201);
    EXPECT_EQ(make(granted("jobs.view")), 403);
    EXPECT_EQ(make({object{{"permission", "jobs.view"}, {"limited_to", {"mail", "x"}}}}), 403);
    EXPECT_EQ(make(granted("jobs.cancel")), 403);
    EXPECT_EQ(make(granted("admin")), 403);
    EXPECT_EQ(
        post("/tokens",
             object{{"name", "t"}, {"permissions", granted("jobs.retry")}, {"personal", false}})
            .status,
        403);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_token"), "2");
}

TEST_F(Access, NobodyUsesUpTheTokensOfAll) {
    account("boss", "admin");
    account("nora");
    database.sql(R"(INSERT INTO barid.admin_token (hash, prefix, name, account_id, permissions,
                        created_by, expires_at, revoked_at)
                    SELECT sha256(n::text::bytea), 'x', 'x', 2, '[]', 'account:2', now(), now()
                    FROM generate_series(1, 200) n)");
    const json::value body = object{{"name", "t"}, {"permissions", granted("jobs.view")}};
    EXPECT_EQ(post("/tokens", body).status, 201);
    as(support::grants({"jobs.view"}), "account:2");
    EXPECT_EQ(post("/tokens", body).status, 422) << "revoking them makes no room";
    database.sql("UPDATE barid.admin_token SET revoked_at = now() - interval '91 days'");
    EXPECT_EQ(post("/tokens", body).status, 201);
}

TEST_F(Access, PeopleSeeTheirOwnTokensAndAdminsAll) {
    account("boss", "admin");
    account("nora");
    post("/tokens", object{{"name", "the boss's"}, {"permissions", granted("jobs.view")}});
    as(support::grants({"jobs.view"}), "account:2");
    post("/tokens", object{{"name", "nora's"}, {"permissions", granted("jobs.view")}});
    ASSERT_EQ(get("/tokens").items().size(), 1U);
    EXPECT_EQ(get("/tokens").items()[0].at("name"), "nora's");
    EXPECT_EQ(revoke("1").status, 404) << "others' tokens don't exist for her";
    as(support::everything());
    EXPECT_EQ(get("/tokens").items().size(), 2U);
    EXPECT_EQ(revoke("2").status, 200);
}

TEST_F(Access, ATokenMakesNoTokensUnlessItMayDoEverything) {
    as(support::grants({"jobs.view"}), "token:1");
    door.principal.kind = access::Principal::Kind::token;
    const json::value body = object{{"name", "t"}, {"permissions", granted("jobs.view")}};
    EXPECT_EQ(post("/tokens", body).status, 403);
    EXPECT_TRUE(get("/tokens").items().empty());
    as(support::everything(), "token:1");
    door.principal.kind = access::Principal::Kind::token;
    const auto made = post("/tokens", body);
    EXPECT_EQ(made.status, 201);
    EXPECT_TRUE(made.json.at("account").is_null());
}

TEST_F(Access, TheDescriptionNamesEveryPermission) {
    const auto all = get("/permissions");
    EXPECT_EQ(all.items().size(), access::permissions().size());
    EXPECT_THAT(all.body, HasSubstr(R"("name":"jobs.view")"));
}

}  // namespace
}  // namespace barid
