// Who is let in, as whom, for how long, and how often.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "tests/integration/admin_access/real_door.hpp"

namespace barid {
namespace {

using namespace std::chrono_literals;
using support::JwtSigner;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kJobs = R"([{"permission":"jobs.view","limited_to":null}])";
constexpr const char* kMailJobs = R"([{"permission":"jobs.view","limited_to":["mail"]}])";

class Door : public support::RealDoor {
  protected:
    using RealDoor::RealDoor;

    std::string code(const support::Headers& headers) {
        const auto answer = get("/me", headers);
        return answer.status == 200 ? "" : fmt::format("{} {}", answer.status, answer.code());
    }
    /// Past what the gatekeeper remembers.
    void forget() { clock.advance(11s); }
};

TEST_F(Door, LetsATokenInAsWhatItIs) {
    const auto me = get("/me", bearer(add_token(kMailJobs)));
    ASSERT_EQ(me.status, 200) << me.body;
    EXPECT_EQ(me.json.at("id"), "token:1");
    EXPECT_EQ(me.json.at("kind"), "token");
    EXPECT_EQ(me.json.at("name"), "أداة");
    EXPECT_EQ(json::serialize(me.json.at("permissions")),
              R"({"jobs.view":{"limited_to":["mail"]}})");
    EXPECT_FALSE(me.json.at("expires_at").is_null());
}

TEST_F(Door, TellsUnknownExpiredAndRevokedTokensApart) {
    EXPECT_EQ(code({}), "401 unauthenticated");
    EXPECT_EQ(code(bearer("barid_" + std::string(43, 'A'))), "401 unauthenticated");
    EXPECT_EQ(code(bearer("nonsense")), "401 unauthenticated");
    EXPECT_EQ(code({{"Authorization", "Basic YTpi"}}), "401 unauthenticated");
    EXPECT_EQ(code({{"Authorization", "Bearer"}}), "401 unauthenticated");
    const auto good = add_token(kJobs);
    EXPECT_EQ(code({{"Authorization", "Bearer " + good}, {"Authorization", "Bearer " + good}}),
              "401 unauthenticated");
    EXPECT_EQ(code({{"Authorization", "bearer  " + good}}), "");
    EXPECT_EQ(code(bearer(add_token(kJobs, "-1 second"))), "401 token_expired");
    const auto revoked = add_token(kJobs);
    database.sql("UPDATE barid.admin_token SET revoked_at = now() WHERE id = 3");
    EXPECT_EQ(code(bearer(revoked)), "401 token_revoked");
}

TEST_F(Door, ARevokedTokenStopsWithinTenSeconds) {
    const auto token = add_token(kJobs);
    EXPECT_EQ(code(bearer(token)), "");
    database.sql("UPDATE barid.admin_token SET revoked_at = now()");
    clock.advance(10s);
    EXPECT_EQ(code(bearer(token)), "401 token_revoked");
}

TEST_F(Door, ATokenNeverGivesMoreThanItsOwnerHas) {
    const auto account = add_account("nora", "viewer");
    const auto token = add_token(
        R"([{"permission":"admin"},{"permission":"jobs.view","limited_to":["mail"]},
            {"permission":"jobs.retry"}])",
        "1 day", account);
    const auto me = get("/me", bearer(token));
    EXPECT_EQ(me.json.at("permissions").as_object().count("admin"), 0U);
    EXPECT_EQ(me.json.at("permissions").as_object().count("jobs.retry"), 0U);
    EXPECT_EQ(me.json.at("permissions").as_object().count("media.view"), 1U)
        << "admin stands for what the owner has";
    database.sql("UPDATE barid.admin_account SET disabled = true");
    forget();
    EXPECT_EQ(code(bearer(token)), "401 token_revoked");
}

TEST_F(Door, NotesATokensUseAtMostOnceAMinute) {
    const auto token = add_token(kJobs);
    get("/me", bearer(token));
    const auto first = database.sql("SELECT last_used_at FROM barid.admin_token");
    EXPECT_NE(first, "");
    forget();
    get("/me", bearer(token));
    EXPECT_EQ(database.sql("SELECT last_used_at FROM barid.admin_token"), first);
}

TEST_F(Door, LetsTheShopsOwnAdminsInByTheirRoles) {
    const auto me = get("/me", bearer(jwt(R"(["staff","cook"])")));
    ASSERT_EQ(me.status, 200) << me.body;
    EXPECT_EQ(me.json.at("id"), "jwt:shop:u-7");
    EXPECT_EQ(me.json.at("name"), "nora@shop.example");
    EXPECT_EQ(me.json.at("expires_at"), "2027-01-15T08:10:00.000000Z");
    EXPECT_TRUE(me.json.at("permissions").as_object().contains("notifications.resend"));
    EXPECT_FALSE(me.json.at("permissions").as_object().contains("admin"));
    const auto nobody = get("/me", bearer(jwt(R"("cook")")));
    EXPECT_TRUE(nobody.json.at("permissions").as_object().empty());
    EXPECT_EQ(get("/accounts", bearer(jwt(R"(["cook"])"))).code(), "forbidden");
    EXPECT_EQ(get("/accounts", bearer(jwt(R"("shop_admin")"))).code(), "");
}

TEST_F(Door, RefusesOtherJwts) {
    const auto with = [](const std::string& iss, const std::string& aud, int exp) {
        return fmt::format(R"({{"iss":"{}","aud":"{}","sub":"u","exp":{}}})", iss, aud, exp);
    };
    const std::string ours = "https://shop.example/auth";
    const JwtSigner& signer = JwtSigner::eddsa();
    EXPECT_EQ(code(bearer(signer.token(with(ours, "barid", 1'800'000'600)))), "");
    EXPECT_EQ(code(bearer(signer.token(with("https://evil.example", "barid", 1'800'000'600)))),
              "401 unauthenticated");
    EXPECT_EQ(code(bearer(signer.token(with(ours, "other", 1'800'000'600)))),
              "401 unauthenticated");
    EXPECT_EQ(code(bearer(signer.token(with(ours, "barid", 1'799'999'000)))), "401 token_expired");
    EXPECT_EQ(code(bearer(JwtSigner::make("EdDSA").token(with(ours, "barid", 1'800'000'600)))),
              "401 unauthenticated");
    EXPECT_EQ(code(bearer(JwtSigner::es256().token(with(ours, "barid", 1'800'000'600)))),
              "401 unauthenticated");
    EXPECT_EQ(code(bearer("a.b.c")), "401 unauthenticated");
}

TEST_F(Door, AJwtEndsEvenWhileItIsRemembered) {
    const auto token = jwt(R"(["staff"])");
    clock.advance(655s);  // within the leeway of a minute
    EXPECT_EQ(code(bearer(token)), "");
    clock.advance(6s);
    EXPECT_EQ(code(bearer(token)), "401 token_expired");
}

TEST_F(Door, SlowsEachCallerDown) {
    const auto token = add_token(kJobs);
    const auto other = add_token(kJobs);
    int served = 0;
    while (served < 1000 && code(bearer(token)).empty()) ++served;
    EXPECT_EQ(served, 200);
    const auto refused = get("/me", bearer(token));
    EXPECT_EQ(refused.code(), "rate_limited");
    EXPECT_EQ(refused.header("Retry-After"), "1");
    EXPECT_EQ(code(bearer(other)), "") << "others go on";
    clock.advance(1s);
    EXPECT_EQ(code(bearer(token)), "");
}

TEST_F(Door, SlowsGuessingDownByAddress) {
    const auto token = add_token(kJobs);
    int looked_up = 0;
    while (looked_up < 1000 &&
           code(bearer(fmt::format("barid_{}", looked_up))) == "401 unauthenticated") {
        ++looked_up;
    }
    EXPECT_EQ(looked_up, 60);
    EXPECT_EQ(code({}), "429 rate_limited");
    address = "2001:db8::1";
    EXPECT_EQ(code(bearer(token)), "") << "from elsewhere";
    address = "192.0.2.7";
    EXPECT_EQ(code(bearer(token)), "") << "known callers go on";
    clock.advance(1s);
    EXPECT_EQ(code({}), "401 unauthenticated");
}

TEST_F(Door, KeepsNobodyOutWhoWasInForWhatOthersGuess) {
    const auto token = add_token(kJobs);
    const auto other = add_token(kJobs);
    ASSERT_EQ(code(bearer(token)), "");
    const auto guess_on = [this] {
        while (code(bearer("barid_guess")) == "401 unauthenticated") {
        }
    };
    // Beyond what a process remembers; who guesses from the same address never rests.
    for (int i = 0; i < 3; ++i) {
        guess_on();
        clock.advance(11s);
        guess_on();
        EXPECT_EQ(code(bearer(token)), "") << i;
    }
    EXPECT_EQ(code(bearer(other)), "429 rate_limited") << "nobody knows that one yet";
    database.sql("UPDATE barid.admin_token SET revoked_at = now() WHERE id = 1");
    clock.advance(11s);
    guess_on();
    EXPECT_EQ(code(bearer(token)), "429 rate_limited") << "it isn't let in any more";
    EXPECT_EQ(code(bearer(token)), "429 rate_limited");
    clock.advance(11s);
    EXPECT_EQ(code(bearer(token)), "401 token_revoked");
}

TEST_F(Door, CountsANetworkOfSixtyFourBitsAsOneAddress) {
    for (int i = 0; i < 60; ++i) {
        address = fmt::format("2001:db8::{:x}", i);
        EXPECT_EQ(code({}), "401 unauthenticated");
    }
    address = "2001:db8::ffff";
    EXPECT_EQ(code({}), "429 rate_limited");
    address = "2001:db8:0:1::1";
    EXPECT_EQ(code({}), "401 unauthenticated");
}

TEST_F(Door, SaysSoWhenTheDatabaseIsAway) {
    database.sql("DROP FUNCTION barid.admin_token_principal");
    const auto answer = get("/me", bearer(add_token(kJobs)));
    EXPECT_EQ(answer.code(), "unavailable");
    EXPECT_THAT(answer.body, Not(HasSubstr("admin_token_principal")));
}

}  // namespace
}  // namespace barid
