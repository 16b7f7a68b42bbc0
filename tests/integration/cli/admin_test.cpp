#include <gmock/gmock.h>

#include "base/crypto.hpp"
#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;
using testing::HasSubstr;
using testing::Not;

class CliAdmin : public testing::Test {
  protected:
    std::string sql(const std::string& text) { return database.sql(text); }
    std::string last_audit() {
        return sql(
            "SELECT actor || ' ' || action || ' ' || target FROM barid.audit_log "
            "ORDER BY id DESC LIMIT 1");
    }
    support::TestDatabase database;
    Cli cli{database.url()};
};

TEST_F(CliAdmin, TokensGoFromCreateToRevoke) {
    const auto made =
        cli.run({"admin", "token", "create", "--name", "نشر", "--permission", "jobs.view",
                 "--permission", "jobs.retry=mail,default", "--expires", "30d", "--json"});
    ASSERT_TRUE(succeeded(made));
    const auto token = json_lines(made.out).at(0);
    const std::string text(token.at("token").as_string());
    EXPECT_TRUE(text.starts_with("barid_"));
    EXPECT_EQ(sql("SELECT encode(hash, 'hex') FROM barid.admin_token"), sha256_hex(text));
    EXPECT_EQ(sql("SELECT permissions FROM barid.admin_token"),
              R"([{"limited_to": null, "permission": "jobs.view"}, )"
              R"({"limited_to": ["mail", "default"], "permission": "jobs.retry"}])");
    EXPECT_EQ(sql("SELECT round(extract(epoch FROM expires_at - created_at) / 86400) "
                  "FROM barid.admin_token"),
              "30");
    EXPECT_EQ(last_audit(), "cli:postgres token.create 1");
    EXPECT_EQ(sql("SELECT count(*) FROM barid.audit_log WHERE after::text LIKE '%" +
                  text.substr(12) + "%'"),
              "0");

    const auto list = cli.run({"admin", "token", "list"});
    EXPECT_TRUE(succeeded(list, "jobs.view jobs.retry=mail,default"));
    EXPECT_THAT(list.out, Not(HasSubstr(text.substr(12))));
    EXPECT_TRUE(succeeded(cli.run({"admin", "token", "revoke", "1", "--reason", "leaked"}),
                          "token 1 is revoked"));
    EXPECT_EQ(sql("SELECT revoked_at IS NOT NULL FROM barid.admin_token"), "t");
    EXPECT_EQ(sql("SELECT reason FROM barid.audit_log WHERE action = 'token.revoke'"), "leaked");
    EXPECT_TRUE(succeeded(cli.run({"admin", "token", "list"}), "revoked"));
    EXPECT_TRUE(failed(cli.run({"admin", "token", "revoke", "7", "--reason", "x"}), 1,
                       "there is no token 7"));
}

TEST_F(CliAdmin, ATokensTextAloneIsPrintedForScripts) {
    const auto made = cli.run({"admin", "token", "create", "--name", "x", "--permission", "admin"});
    ASSERT_TRUE(succeeded(made));
    EXPECT_THAT(made.out, testing::MatchesRegex("barid_[A-Za-z0-9_-]{43}\n"));
    EXPECT_THAT(made.err, HasSubstr("shown this once"));
}

TEST_F(CliAdmin, BadTokensAreRefused) {
    const auto create = [&](const std::string& permission, const std::string& expires = "1d") {
        return cli.run({"admin", "token", "create", "--name", "x", "--permission", permission,
                        "--expires", expires});
    };
    EXPECT_TRUE(failed(create("jobs.delete"), 2, "is no permission; there are: jobs.view"));
    EXPECT_TRUE(failed(create("audit.view=mail"), 2, "can't be limited"));
    EXPECT_TRUE(failed(create("jobs.view="), 2, "1 to 200 bytes"));
    EXPECT_TRUE(failed(create("jobs.view", "-1d"), 2, "between now and five years"));
    EXPECT_TRUE(failed(create("jobs.view", "6 years"), 2, "between now and five years"));
    EXPECT_TRUE(failed(create("jobs.view", "soon"), 2, "interval"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.admin_token"), "0");
}

TEST_F(CliAdmin, AccountsGoFromCreateToDisable) {
    const auto made = cli.run({"admin", "account", "create", "nora@shop.example", "--name", "نورة",
                               "--role", "viewer", "--role", "content", "--json"});
    ASSERT_TRUE(succeeded(made));
    const std::string password(json_lines(made.out).at(0).at("password").as_string());
    EXPECT_EQ(password.size(), 24U);
    EXPECT_EQ(sql("SELECT must_change FROM barid.admin_account"), "t");
    EXPECT_THAT(sql("SELECT password_hash FROM barid.admin_account"),
                testing::StartsWith("$argon2id$"));
    EXPECT_EQ(last_audit(), "cli:postgres account.create 1");
    EXPECT_TRUE(succeeded(cli.run({"admin", "account", "list"}), "content viewer"));

    const auto file = cli.file("password", "كلمة سر طويلة جدا\n");
    const auto old = sql("SELECT password_hash FROM barid.admin_account");
    EXPECT_TRUE(succeeded(
        cli.run({"admin", "account", "password", "NORA@shop.example", "--password-file", file}),
        "has a new password"));
    EXPECT_NE(sql("SELECT password_hash FROM barid.admin_account"), old);
    EXPECT_EQ(sql("SELECT must_change FROM barid.admin_account"), "f");
    EXPECT_TRUE(succeeded(cli.run({"admin", "account", "disable", "nora@shop.example"})));
    EXPECT_EQ(sql("SELECT disabled FROM barid.admin_account"), "t");
    EXPECT_EQ(last_audit(), "cli:postgres account.disable 1");
    EXPECT_TRUE(succeeded(cli.run({"admin", "account", "enable", "nora@shop.example"})));
    EXPECT_TRUE(
        failed(cli.run({"admin", "account", "disable", "nobody"}), 1, "there is no account"));
}

TEST_F(CliAdmin, BadAccountsAreRefused) {
    const auto create = [&](const std::string& login, const std::string& role,
                            const std::string& password) {
        return cli.run({"admin", "account", "create", login, "--role", role, "--password-file",
                        cli.file("p", password)});
    };
    EXPECT_TRUE(failed(create("nora", "viewer", "short"), 2, "12 to 128 characters"));
    EXPECT_TRUE(failed(create("nora", "boss", "long enough to be one"), 2, "no such role"));
    EXPECT_EQ(sql("SELECT count(*) FROM barid.admin_account"), "0");
    EXPECT_TRUE(succeeded(create("nora", "admin", "long enough to be one")));
    EXPECT_TRUE(failed(create("Nora", "admin", "long enough to be one"), 1, "already"));
    EXPECT_TRUE(failed(cli.run({"admin", "account", "disable", "nora"}), 2,
                       "no account could do everything"));
}

TEST_F(CliAdmin, RolesAreSetAndListed) {
    EXPECT_TRUE(succeeded(cli.run({"admin", "role", "set", "mail_watch", "--permission",
                                   "jobs.view=mail", "--means", "يراقب البريد"})));
    EXPECT_TRUE(succeeded(cli.run({"admin", "role", "list"}), "jobs.view=mail"));
    EXPECT_TRUE(succeeded(cli.run({"admin", "role", "list"}), "يراقب البريد"));
    EXPECT_EQ(last_audit(), "cli:postgres role.change mail_watch");
    EXPECT_TRUE(failed(cli.run({"admin", "role", "set", "admin", "--permission", "jobs.view"}), 2,
                       "can't be changed"));
}

}  // namespace
}  // namespace barid
