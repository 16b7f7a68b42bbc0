// Password sessions: signing in and out, other pages' requests, guessing.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/integration/admin_access/real_door.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using support::Headers;
using support::kPassword;
using testing::HasSubstr;
using testing::Not;

class SigningIn : public support::RealDoor {
  protected:
    std::string cookie(const std::string& login = "nora") {
        const auto answer = sign_in(login, kPassword);
        EXPECT_EQ(answer.status, 200) << answer.body;
        return cookie_of(answer);
    }
    /// A request that changes something, which its body keeps from doing so.
    std::string change(Headers headers) {
        const auto answer = ask("POST", "/tokens", std::move(headers), "{}");
        return fmt::format("{} {}", answer.status, answer.code());
    }
    std::string new_password(const std::string& cookie, const std::string& current,
                             const std::string& wanted) {
        const auto answer =
            ask("POST", "/me/password", page(cookie),
                json::serialize(json::object{{"current", current}, {"new", wanted}}));
        if (answer.status == 200) renewed = cookie_of(answer);
        return fmt::format("{} {}", answer.status, answer.code());
    }
    std::string renewed;
};

TEST_F(SigningIn, GivesASessionThatOnlyThisHostGetsBack) {
    const auto id = add_account("Nora@shop.example", "operator");
    const auto answer = sign_in("nora@SHOP.example", kPassword);
    ASSERT_EQ(answer.status, 200) << answer.body;
    EXPECT_EQ(answer.json.at("id").as_string(), "account:" + id);
    EXPECT_EQ(answer.json.at("name"), "نورة");
    EXPECT_TRUE(answer.json.at("permissions").as_object().contains("jobs.cancel"));
    EXPECT_THAT(answer.header("Set-Cookie"),
                testing::MatchesRegex("__Host-barid=[A-Za-z0-9_-]{43}; Path=/; Secure; HttpOnly; "
                                      "SameSite=Lax"));
    const auto me = get("/me", {{"Cookie", "a=b; " + cookie_of(answer) + "; c=d"}});
    EXPECT_EQ(me.status, 200);
    EXPECT_EQ(me.json.at("kind"), "account");
    EXPECT_EQ(database.sql("SELECT actor || ' ' || action || ' ' || request_id || ' ' || client "
                           "FROM barid.audit_log"),
              "account:" + id + " session.sign_in req-1 192.0.2.7");
}

TEST_F(SigningIn, KeepsNoSecretInTheDatabase) {
    add_account("nora");
    const std::string text = cookie().substr(13);
    for (const char* table : {"admin_session", "admin_account", "audit_log", "admin_idempotency"}) {
        const auto rows =
            database.sql(fmt::format("SELECT string_agg(t::text, ' ') FROM barid.{} t", table));
        EXPECT_THAT(rows, Not(HasSubstr(text)));
        EXPECT_THAT(rows, Not(HasSubstr("correct horse")));
    }
    EXPECT_THAT(database.sql("SELECT password_hash FROM barid.admin_account"),
                testing::StartsWith("$argon2id$"));
}

TEST_F(SigningIn, SaysTheSameOfEveryWrongTry) {
    const auto id = add_account("nora");
    const auto wrong = sign_in("nora", "wrong password");
    EXPECT_EQ(wrong.status, 401);
    EXPECT_EQ(wrong.code(), "wrong_credentials");
    EXPECT_EQ(wrong.header("Set-Cookie"), "");
    EXPECT_EQ(sign_in("nobody", kPassword).body, wrong.body);
    database.sql("UPDATE barid.admin_account SET disabled = true");
    EXPECT_EQ(sign_in("nora", kPassword).body, wrong.body);
    database.sql("UPDATE barid.admin_account SET disabled = false, password_hash = NULL");
    EXPECT_EQ(sign_in("nora", kPassword).body, wrong.body);
    EXPECT_EQ(sign_in("nora", std::string(1500, 'x')).body, wrong.body);
    EXPECT_EQ(sign_in("no\x01ra", "x").body, wrong.body);
}

TEST_F(SigningIn, LocksOutWhoGuesses) {
    const auto id = add_account("nora");
    for (int i = 0; i < 5; ++i) EXPECT_EQ(sign_in("nora", "wrong").code(), "wrong_credentials");
    const auto locked = sign_in("nora", kPassword);
    EXPECT_EQ(locked.status, 429);
    EXPECT_EQ(locked.code(), "locked_out");
    EXPECT_GT(std::stoi(locked.header("Retry-After")), 20);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log WHERE action = "
                           "'session.locked_out' AND target = '" +
                           id + "'"),
              "1");
    address = "192.0.2.8";
    EXPECT_EQ(sign_in("nora", kPassword).status, 200) << "the account's owner, from elsewhere";
    address = "192.0.2.7";
    EXPECT_EQ(sign_in("nora", kPassword).code(), "locked_out");

    database.sql("UPDATE barid.admin_sign_in_attempt SET locked_until = now()");
    EXPECT_EQ(sign_in("nora", "wrong").code(), "wrong_credentials");
    EXPECT_GT(std::stoi(sign_in("nora", kPassword).header("Retry-After")), 50) << "it doubles";
    database.sql("UPDATE barid.admin_sign_in_attempt SET locked_until = now()");
    EXPECT_EQ(sign_in("nora", kPassword).status, 200);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_sign_in_attempt"), "0")
        << "a success forgets";
}

TEST_F(SigningIn, ForgetsFailuresAfterADay) {
    add_account("nora");
    for (int i = 0; i < 5; ++i) sign_in("nora", "wrong");
    database.sql(
        "UPDATE barid.admin_sign_in_attempt "
        "SET last_at = now() - interval '25 hours', locked_until = now()");
    EXPECT_EQ(sign_in("somebody", "wrong").code(), "wrong_credentials");
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_sign_in_attempt"), "1");
}

TEST_F(SigningIn, TakesPasswordsOverHttpsOrOnThisMachineOnly) {
    add_account("nora");
    for (const char* near : {"localhost", "127.0.0.1:1", "[::1]:8787", "LOCALHOST:9"}) {
        host = near;
        EXPECT_EQ(sign_in("nora", kPassword).status, 200) << near;
    }
    for (const char* far : {"shop.example", "localhost.evil.example", "127.0.0.1.evil.example",
                            "10.0.0.1", "[::2]"}) {
        host = far;
        EXPECT_EQ(sign_in("nora", kPassword).code(), "insecure") << far;
    }
    secure = true;
    host = "shop.example";
    EXPECT_EQ(sign_in("nora", kPassword).status, 200);
}

TEST_F(SigningIn, CannotBeDoneByAnotherSitesPage) {
    add_account("nora");
    const std::string body =
        json::serialize(json::object{{"login", "nora"}, {"password", kPassword}});
    const auto with = [&](Headers headers) {
        return ask("POST", "/session", std::move(headers), body).code();
    };
    EXPECT_EQ(with({}), "cross_site");
    EXPECT_EQ(with({{"Sec-Fetch-Site", "cross-site"}}), "cross_site");
    EXPECT_EQ(with({{"Origin", "https://evil.example"}}), "cross_site");
    EXPECT_EQ(with({{"Origin", "http://localhost:8787"}}), "");
}

TEST_F(SigningIn, ChangesNeedProofThatTheyComeFromOurPage) {
    add_account("nora");
    const std::string session = cookie();
    const std::string ok = "422 invalid";  // the handler was reached
    const auto with = [&](Headers headers) {
        headers.emplace_back("Cookie", session);
        return change(std::move(headers));
    };
    EXPECT_EQ(with({{"Sec-Fetch-Site", "same-origin"}}), ok);
    EXPECT_EQ(with({{"Origin", "http://localhost:8787"}}), ok);
    EXPECT_EQ(with({{"Origin", "https://localhost:8787"}}), ok);
    for (const char* site : {"cross-site", "same-site", "none", "", "Same-Origin"}) {
        EXPECT_EQ(with({{"Sec-Fetch-Site", site}, {"Origin", "http://localhost:8787"}}),
                  "403 cross_site")
            << site;
    }
    for (const char* origin : {"null", "", "http://localhost", "http://localhost:8788",
                               "http://localhost:8787.evil.example", "http://evil.example",
                               "http://localhost:8787/", "localhost:8787"}) {
        EXPECT_EQ(with({{"Origin", origin}}), "403 cross_site") << origin;
    }
    EXPECT_EQ(with({}), "403 cross_site");
    EXPECT_EQ(with({{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "same-origin"}}),
              "403 cross_site");
    for (const char* type : {"text/plain", "application/x-www-form-urlencoded",
                             "multipart/form-data; boundary=x", "application/jsonx"}) {
        EXPECT_EQ(with({{"Sec-Fetch-Site", "same-origin"}, {"Content-Type", type}}),
                  "403 cross_site")
            << type;
    }
    EXPECT_EQ(get("/me", {{"Cookie", session}, {"Sec-Fetch-Site", "cross-site"}}).status, 200)
        << "reading needs none: other sites can't see the answer";
    secure = true;
    EXPECT_EQ(with({{"Origin", "http://localhost:8787"}}), "403 cross_site");
}

TEST_F(SigningIn, TwoDifferentCookiesAreNoSession) {
    add_account("nora");
    const std::string session = cookie();
    EXPECT_EQ(get("/me", {{"Cookie", session + "; __Host-barid=other"}}).status, 401);
    EXPECT_EQ(get("/me", {{"Cookie", session}, {"Cookie", "__Host-barid=other"}}).status, 401);
    EXPECT_EQ(get("/me", {{"Cookie", "__Host-barid=" + std::string(5000, 'a')}}).status, 401);
    EXPECT_EQ(get("/me", {{"Cookie", "__host-barid" + session.substr(12)}}).status, 401);
}

TEST_F(SigningIn, EndsAfterItsTime) {
    add_account("nora");
    const std::string session = cookie();
    const auto expired_after = [&](const char* change) {
        database.sql(change);
        clock.advance(11s);
        return get("/me", {{"Cookie", session}}).code();
    };
    EXPECT_EQ(expired_after("UPDATE barid.admin_session "
                            "SET last_seen_at = now() - interval '11 hours'"),
              "");
    EXPECT_EQ(database.sql("SELECT last_seen_at > now() - interval '1 minute' "
                           "FROM barid.admin_session"),
              "t")
        << "its use was noted";
    EXPECT_EQ(expired_after("UPDATE barid.admin_session "
                            "SET last_seen_at = now() - interval '12 hours'"),
              "session_expired");
    EXPECT_EQ(expired_after("UPDATE barid.admin_session SET last_seen_at = now(), "
                            "expires_at = now()"),
              "session_expired");
}

TEST_F(SigningIn, EndsWhenAskedHereOrEverywhere) {
    const auto id = add_account("nora");
    const std::string one = cookie();
    const std::string two = cookie();
    const auto out = ask("DELETE", "/session", page(one));
    EXPECT_EQ(out.status, 204);
    EXPECT_THAT(out.header("Set-Cookie"), HasSubstr("Max-Age=0"));
    EXPECT_EQ(get("/me", page(one)).status, 401) << "at once";
    EXPECT_EQ(get("/me", page(two)).status, 200);
    const std::string three = cookie();
    EXPECT_EQ(ask("DELETE", "/session?everywhere=true", page(two)).status, 204);
    EXPECT_EQ(get("/me", page(three)).status, 401);
    EXPECT_EQ(database.sql("SELECT string_agg(action, ' ' ORDER BY id) FROM barid.audit_log "
                           "WHERE action LIKE 'session.sign_out%'"),
              "session.sign_out session.sign_out_everywhere");
}

TEST_F(SigningIn, MakesANewSessionEachTimeAndKeepsTwenty) {
    add_account("nora");
    const std::string first = cookie();
    const auto again =
        ask("POST", "/session", page(first),
            json::serialize(json::object{{"login", "nora"}, {"password", kPassword}}));
    EXPECT_NE(cookie_of(again), first);
    EXPECT_EQ(get("/me", page(first)).status, 401) << "the one it came with ends";
    for (int i = 0; i < 22; ++i) {
        clock.advance(10s);
        cookie();
    }
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.admin_session"), "20");
}

TEST_F(SigningIn, ANewPasswordEndsAllSessionsAndBeginsOne) {
    add_account("nora");
    const std::string other = cookie();
    const std::string mine = cookie();
    EXPECT_EQ(new_password(mine, "wrong", "كلمة سر جديدة وطويلة"), "401 wrong_credentials");
    EXPECT_EQ(new_password(mine, kPassword, "short"), "422 weak_password");
    EXPECT_EQ(new_password(mine, kPassword, "كلمة سر جديدة وطويلة"), "200 ");
    EXPECT_EQ(get("/me", page(other)).status, 401);
    EXPECT_EQ(get("/me", page(mine)).status, 401);
    EXPECT_EQ(get("/me", page(renewed)).status, 200);
    EXPECT_EQ(sign_in("nora", kPassword).status, 401);
    EXPECT_EQ(sign_in("nora", "كلمة سر جديدة وطويلة").status, 200);
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.audit_log "
                           "WHERE action = 'account.password'"),
              "1");
}

TEST_F(SigningIn, AnOpenSessionIsNoPlaceToGuessThePassword) {
    add_account("nora");
    const std::string mine = cookie();
    for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(new_password(mine, "wrong", "another password"), "401 wrong_credentials");
    }
    EXPECT_EQ(new_password(mine, kPassword, "another password"), "429 locked_out");
}

TEST_F(SigningIn, APasswordOfAnothersChoiceMustBeChangedFirst) {
    add_account("nora", "admin");
    database.sql("UPDATE barid.admin_account SET must_change = true");
    const std::string session = cookie();
    const auto me = get("/me", page(session));
    EXPECT_EQ(me.json.at("must_change_password"), true);
    EXPECT_TRUE(me.json.at("permissions").as_object().empty());
    EXPECT_EQ(get("/accounts", page(session)).code(), "forbidden");
    EXPECT_EQ(new_password(session, kPassword, "another password"), "200 ");
    EXPECT_EQ(get("/accounts", page(renewed)).status, 200);
}

TEST_F(SigningIn, BetterParametersReachOldHashesAtTheNextSignIn) {
    const auto id = add_account("nora");
    const auto weak = access::hash_password(Secret(kPassword));  // of other parameters
    database.sql(fmt::format("SELECT barid.admin_account_set_password({}, '{}', false)", id, weak));
    EXPECT_EQ(sign_in("nora", kPassword).status, 200);
    EXPECT_NE(database.sql("SELECT password_hash FROM barid.admin_account"), weak);
    EXPECT_EQ(sign_in("nora", kPassword).status, 200);
}

TEST_F(SigningIn, TellsEverybodyHow) {
    const auto ways = get("/sign-in", {});
    EXPECT_EQ(ways.body, R"({"methods":["password","token"],"version":"test"})");
}

}  // namespace
}  // namespace barid
