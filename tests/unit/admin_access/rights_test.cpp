// What grants allow, and how they are written.
#include <gmock/gmock.h>

#include "admin/access/grants_text.hpp"

namespace barid::access {
namespace {

using testing::HasSubstr;

Grants of(const std::vector<std::string>& texts) {
    Grants grants;
    for (const auto& text : texts) EXPECT_TRUE(add_grant(grants, text)) << text;
    return grants;
}

std::string text_of(const Grants& grants) {
    return json::serialize(grants_json(grants));
}

TEST(Grants, AllowNothingByThemselves) {
    for (const auto& info : permissions()) {
        EXPECT_FALSE(Grants().allows(info.permission)) << info.name;
        EXPECT_TRUE(of({"admin"}).allows(info.permission)) << info.name;
    }
}

TEST(Grants, CoverWhatTheyCouldGive) {
    const Grants boss = of({"admin"});
    const Grants mail = of({"jobs.view=mail"});
    const Grants all = of({"jobs.view"});
    EXPECT_TRUE(boss.covers(all));
    EXPECT_TRUE(boss.covers(boss));
    EXPECT_TRUE(all.covers(mail));
    EXPECT_FALSE(mail.covers(all));
    EXPECT_FALSE(all.covers(boss));
    EXPECT_TRUE(mail.covers(mail));
    EXPECT_TRUE(of({"jobs.view=mail,x"}).covers(mail));
    EXPECT_FALSE(mail.covers(of({"jobs.view=mail,x"})));
    EXPECT_FALSE(all.covers(of({"jobs.retry"})));
    EXPECT_TRUE(Grants().covers(Grants()));
    // Everything but admin itself is not everything.
    Grants many;
    for (const auto& info : permissions()) {
        if (info.permission != Permission::admin) many.add(info.permission);
    }
    EXPECT_FALSE(many.covers(boss));
}

TEST(Grants, MeetInWhatBothAllow) {
    EXPECT_EQ(text_of(of({"jobs.view=mail,x"}).meet(of({"jobs.view=x,y", "jobs.retry"}))),
              R"([{"permission":"jobs.view","limited_to":["x"]}])");
    EXPECT_EQ(text_of(of({"jobs.view=mail"}).meet(of({"jobs.view=x"}))), "[]");
    EXPECT_EQ(text_of(of({"admin"}).meet(of({"jobs.view=x"}))),
              R"([{"permission":"jobs.view","limited_to":["x"]}])");
    EXPECT_FALSE(of({"admin"}).meet(of({"jobs.view"})).allows(Permission::admin));
    EXPECT_TRUE(of({"admin"}).meet(of({"admin"})).allows(Permission::admin));
}

TEST(Grants, OfTheDatabaseFailClosed) {
    const auto read = [](const char* text) { return text_of(read_grants(parse_json(text))); };
    EXPECT_EQ(read(R"([{"permission":"jobs.view"},{"permission":"jobs.fly"},7,{},
                      {"permission":"admin","limited_to":["x"]},
                      {"permission":"audit.view","limited_to":["mail"]},
                      {"permission":"jobs.retry","limited_to":[]},
                      {"permission":"jobs.cancel","limited_to":[7]},
                      {"permission":"queues.manage","limited_to":{}}])"),
              R"([{"permission":"jobs.view","limited_to":null}])");
    for (const char* text : {"null", "{}", "7", R"("admin")", R"({"permission":"admin"})"}) {
        EXPECT_EQ(read(text), "[]") << text;
    }
}

TEST(Grants, AreReadBackAsTheyWereWritten) {
    const Grants grants = of({"jobs.retry=mail,default", "jobs.view", "broadcasts.send=عروض"});
    EXPECT_EQ(text_of(read_grants(grants_json(grants))), text_of(grants));
}

TEST(Grants, OfTheCommandLineSayWhatIsWrong) {
    Grants grants;
    EXPECT_THAT(add_grant(grants, "jobs.fly").error(), HasSubstr("jobs.view, jobs.retry"));
    EXPECT_THAT(add_grant(grants, "").error(), HasSubstr("is no permission"));
    EXPECT_THAT(add_grant(grants, "data.view=x").error(), HasSubstr("can't be limited"));
    EXPECT_THAT(add_grant(grants, "jobs.view=,").error(), HasSubstr("1 to 200"));
    EXPECT_EQ(text_of(grants), "[]");
}

}  // namespace
}  // namespace barid::access
