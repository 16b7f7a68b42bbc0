#include <gmock/gmock.h>

#include "tests/integration/cli/cli.hpp"
#include "tests/support/database.hpp"

namespace barid {
namespace {

using support::Cli;
using support::failed;
using support::json_lines;
using support::succeeded;

constexpr const char* kOrder = R"({"key": "order.shipped",
    "variables": {"order": {"type": "string", "max_length": 20, "sample": "A-1042"},
                  "n": {"type": "integer", "sample": 3},
                  "total": {"type": "money"}, "at": {"type": "date"}},
    "texts": {
        "en": {"title": "Order {order} has shipped",
               "body": "{n, plural, one {# item} other {# items}}, {total}, {at, date, long}"},
        "ar": {"title": "تم شحن طلبك {order}",
               "body": "{n, plural, one {منتج واحد} two {منتجان} few {# منتجات} other {# منتج}}",
               "email": {"title": "طلبك {order}", "body": "المجموع {total}",
                         "html": "<b>{order}</b>"}}}})";

class CliTemplates : public testing::Test {
  protected:
    support::TestDatabase database;
    Cli cli{database.url()};

    support::CliResult save(const std::string& content) {
        return cli.run({"templates", "save", cli.file("template.json", content)});
    }
};

TEST_F(CliTemplates, AreSavedListedAndShown) {
    EXPECT_TRUE(succeeded(save(kOrder), "order.shipped has version 1"));
    EXPECT_TRUE(succeeded(save(kOrder), "order.shipped has version 1"));
    EXPECT_TRUE(succeeded(cli.run({"templates", "list"}), "n integer, order string, total money"));
    const auto list = json_lines(cli.run({"templates", "list", "--json"}).out);
    ASSERT_EQ(list.size(), 1U);
    EXPECT_EQ(list[0].at("languages").as_string(), "ar en");
    EXPECT_TRUE(succeeded(cli.run({"templates", "show", "order.shipped"}), "تم شحن طلبك {order}"));
    const auto shown = json_lines(cli.run({"templates", "show", "order.shipped", "--json"}).out);
    EXPECT_EQ(shown.at(0).at("texts").as_array().size(), 3U);
    EXPECT_TRUE(failed(cli.run({"templates", "show", "order.shipped", "--version", "2"}), 1,
                       "no such version"));
}

TEST_F(CliTemplates, MayNameTheirVariablesOnly) {
    EXPECT_TRUE(succeeded(save(R"({"key": "k", "variables": ["a", "n"],
        "texts": {"en": {"title": "{a}", "body": "{n, plural, other {#}}"}}})"),
                          "k has version 1"));
    EXPECT_TRUE(succeeded(cli.run({"templates", "show", "k"}), "{n} number"));
}

TEST_F(CliTemplates, AreRefusedByIcuAndByTheDatabase) {
    EXPECT_TRUE(failed(save(R"({"key": "k", "texts": {"en": {"title": "{a", "body": ""}}})"), 2,
                       "/texts/en/title"));
    EXPECT_TRUE(failed(save(R"({"key": "k", "variables": {"n": {"type": "integer"}},
        "texts": {"en": {"title": "x", "body": "{n, plural, few {a} other {b}}"}}})"),
                       2, "texts.en.body, character 13"));
    EXPECT_TRUE(failed(save("[]"), 2, "must be like"));
    EXPECT_TRUE(failed(save(R"({"key": "k", "text": {}})"), 2, "texts"));
    EXPECT_TRUE(failed(cli.run({"templates", "save", "/nowhere.json"}), 2, "can't read"));
    EXPECT_EQ(database.sql("SELECT count(*) FROM barid.template"), "0");
}

TEST_F(CliTemplates, ArePreviewedAsEachPlatformShowsThem) {
    save(kOrder);
    const auto result = cli.run({"notify", "preview", "order.shipped", "--locale", "ar-EG",
                                 "--digits", "native", "--json", "--vars",
                                 R"({"order": "B-7", "n": 11, "at": "2026-11-22",
                                     "total": {"amount": "12.5", "currency": "KWD"}})"});
    const auto lines = json_lines(result.out);
    ASSERT_EQ(lines.size(), 3U) << result.err;
    EXPECT_EQ(lines[0].at("platform").as_string(), "android");
    EXPECT_EQ(lines[0].at("direction").as_string(), "rtl");
    EXPECT_EQ(lines[0].at("title").as_string(), "تم شحن طلبك \u2068B-7\u2069");
    EXPECT_EQ(lines[1].at("body").as_string(), "١١ منتج");
    EXPECT_EQ(lines[2].at("max_bytes").to_number<int>(), 4096);
    EXPECT_TRUE(succeeded(cli.run({"templates", "preview", "order.shipped"}), "SAR"));
    EXPECT_TRUE(succeeded(
        cli.run({"templates", "preview", "order.shipped", "--channel", "email", "--locale", "ar"}),
        "Subject: طلبك A-1042"));
}

TEST_F(CliTemplates, APreviewSaysWhatIsMissing) {
    save(kOrder);
    const auto result =
        cli.run({"templates", "preview", "order.shipped", "--vars", R"({"n": "three"})"});
    EXPECT_TRUE(failed(result, 1, "/vars/order is missing (string)"));
    EXPECT_TRUE(failed(result, 1, "/vars/n must be a whole number"));
    EXPECT_TRUE(failed(cli.run({"templates", "preview", "nothing"}), 1, "no template"));
    EXPECT_TRUE(failed(cli.run({"templates", "preview", "order.shipped", "--vars", "[]"}), 2,
                       "must be a JSON object"));
}

TEST_F(CliTemplates, APreviewOfANotificationShowsWhatItsUserReads) {
    save(kOrder);
    database.sql("SELECT barid.upsert_user('noura', 'ar', 'Asia/Riyadh')");
    database.sql("SELECT barid.upsert_category('orders')");
    const std::string id = database.sql(
        R"(SELECT barid.notify('noura', 'orders', title => '{"en": "Hello", "ar": "مرحبا"}',
                               body => '{"en": "There", "ar": "هناك"}'))");
    EXPECT_TRUE(succeeded(cli.run({"notify", "preview", id}), "مرحبا"));
    EXPECT_TRUE(succeeded(cli.run({"notify", "preview", id, "--locale", "en"}), "Hello"));
    const std::string made = database.sql(
        R"(SELECT barid.notify('noura', 'orders', template => 'order.shipped', vars => '{
            "order": "C-9", "n": 2, "at": "2026-11-22T22:30:00Z",
            "total": {"amount": 5, "currency": "SAR"}}'))");
    EXPECT_TRUE(succeeded(cli.run({"notify", "preview", made}), "منتجان"));
    EXPECT_TRUE(
        succeeded(cli.run({"notify", "preview", made, "--locale", "en"}), "November 23, 2026"))
        << "it is the next day in Riyadh";
    EXPECT_TRUE(failed(cli.run({"notify", "preview", "00000000-0000-7000-8000-000000000000"}), 1,
                       "no template or notification"));
}

TEST_F(CliTemplates, APreviewThatFitsIntoNoPushFails) {
    database.sql(R"(SELECT barid.upsert_template('long', '{"ar": {"title": "x", "body": "{a}"}}',
        '{"a": {"type": "string", "max_length": 3000}}'))");
    std::string text;
    for (int i = 0; i < 2000; ++i) text += "م";
    EXPECT_TRUE(
        failed(cli.run({"notify", "preview", "long", "--vars", R"({"a": ")" + text + "\"}"}), 1,
               "shorten the body (4000 bytes)"));
}

}  // namespace
}  // namespace barid
