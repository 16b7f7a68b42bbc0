// The two providers over real HTTP against stand-ins of their services.
#include <gmock/gmock.h>

#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "tests/integration/translate/fixture.hpp"
#include "tests/support/child_process.hpp"
#include "translate/deepl.hpp"
#include "translate/libretranslate.hpp"

namespace barid::translate {
namespace {

using testing::HasSubstr;

class HttpProviders : public TranslateFixture {
  protected:
    HttpProviders()
        : libre_process(support::node_script("libretranslate_stub.mjs", {"libre-key"})),
          deepl_process(support::node_script("deepl_stub.mjs", {"deepl-key"})),
          client(io.io),
          libre_url("http://127.0.0.1:" + std::to_string(libre_process.wait_ready())),
          deepl_url("http://127.0.0.1:" + std::to_string(deepl_process.wait_ready())),
          libre(client, {.url = libre_url, .api_key = Secret("libre-key")}),
          deepl(client, {.url = deepl_url, .auth_key = Secret("deepl-key")}) {}

    std::string control(const std::string& url, const json::value& body) {
        http::Request request;
        request.method = "POST";
        request.url = url;
        request.body = json::serialize(body);
        return io.run(client.send(std::move(request))).body;
    }
    void libre_mode(const std::string& mode) {
        control(libre_url + "/stub/behave", {{"mode", mode}, {"retry_after", "23"}});
    }
    void deepl_mode(const std::string& mode) {
        control(deepl_url + "/stub/behave", {{"mode", mode}, {"retry_after", "31"}});
    }
    std::size_t calls(const std::string& url) {
        http::Request request;
        request.url = url + "/stub/calls";
        return parse_json(io.run(client.send(std::move(request))).body).as_array().size();
    }

    TranslationReport with(std::vector<TranslationProvider*> list,
                           std::vector<SourceField> fields) {
        Translator translator(pool, std::move(list), options, clock);
        TranslationRequest request;
        request.entity = {"product", "1", Language::en, Language::ar};
        request.fields = std::move(fields);
        request.seq = ++last_seq;
        request.deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        return io.run(translator.run(std::move(request), log::Logger()));
    }

    support::ChildProcess libre_process;
    support::ChildProcess deepl_process;
    http::CurlHttpClient client;
    std::string libre_url;
    std::string deepl_url;
    LibreTranslate libre;
    DeepL deepl;
};

TEST_F(HttpProviders, TranslateRealMarkupAndProtectedText) {
    const std::string html =
        "<p class=\"a\">Order {id} of AB-1234 &amp; 750 ml</p><code>x</code><b>Soft &lt;3</b>";
    for (TranslationProvider* provider : std::vector<TranslationProvider*>{&libre, &deepl}) {
        db.sql("TRUNCATE barid.translation, barid.translation_memory, barid.translation_review");
        const auto report = with({provider}, {body(html)});
        ASSERT_EQ(report.fields[0].state, "published")
            << provider->name() << ": " << report.fields[0].reason << " " << review("detail");
        const std::string text = column("text", "body");
        EXPECT_THAT(text, HasSubstr("<p class=\"a\">"));
        EXPECT_THAT(text, HasSubstr("{id}"));
        EXPECT_THAT(text, HasSubstr("AB-1234"));
        EXPECT_THAT(text, HasSubstr("750 ml"));
        EXPECT_THAT(text, HasSubstr("</p><code>x</code><b>"));
    }
}

TEST_F(HttpProviders, UnescapedEntitiesNeverBecomeMarkup) {
    control(libre_url + "/stub/dictionary",
            {{"Soft cotton", "قطن &lt;script&gt;alert(1)&lt;/script&gt; ناعم"},
             {"Fine wool", "صوف &lt; ناعم"}});
    const auto report = with({&libre}, {body("<p>Soft cotton</p>")});
    EXPECT_EQ(report.fields[0].state, "review") << "a tag that the source does not have";
    EXPECT_EQ(report.fields[0].reason, "placeholders");
    with({&libre}, {body("<p>Fine wool</p>")});
    EXPECT_EQ(column("text", "body"), "<p>صوف &lt; ناعم</p>");
}

TEST_F(HttpProviders, MisbehavingLibreTranslateIsNeverPublished) {
    struct Case {
        const char* mode;
        const char* text;
        const char* reason;
    };
    const Case cases[] = {{"emoji", "Red shirt", "invented_symbols"},
                          {"unchanged", "Buy {n} shirts", "unchanged"},
                          {"lose_tokens", "Buy {n} shirts", "placeholders"},
                          {"error400", "Buy {n} shirts", "refused"}};
    for (const auto& [mode, text, reason] : cases) {
        libre_mode(mode);
        const auto report = with({&libre}, {{mode, Format::text, text}});
        EXPECT_EQ(report.fields[0].state, "review") << mode;
        EXPECT_EQ(report.fields[0].reason, reason) << mode;
    }
    for (const char* mode : {"bad_json", "one_less", "html_page", "error500", "drop"}) {
        libre_mode(mode);
        db.sql("TRUNCATE barid.provider_state");  // or it would rest after a few of them
        const auto report = with({&libre}, {{mode, Format::text, "Buy {n} shirts"}});
        ASSERT_TRUE(report.postponed) << mode;
        EXPECT_TRUE(report.postponed->spend_attempt) << mode;
        EXPECT_EQ(report.fields[0].state, "pending") << mode;
    }
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translations"), "0");
}

TEST_F(HttpProviders, MisbehavingDeepLIsNeverPublished) {
    for (const char* mode : {"doubled", "injected"}) {
        deepl_mode(mode);
        const auto report = with({&deepl}, {{mode, Format::text, "Buy {n} shirts"}});
        EXPECT_EQ(report.fields[0].state, "review") << mode;
        EXPECT_EQ(report.fields[0].reason, "placeholders") << mode;
    }
}

TEST_F(HttpProviders, QuotaFailsOverAndPausesWithoutSpendingAttempts) {
    deepl_mode("error456");
    const auto report = with({&deepl, &libre}, {name("Red shirt")});
    EXPECT_EQ(report.fields[0].origin, "libretranslate");
    EXPECT_FALSE(report.postponed);
    EXPECT_EQ(calls(deepl_url), 1U);
    with({&deepl, &libre}, {name("Blue shirt")});
    EXPECT_EQ(calls(deepl_url), 1U) << "paused";
    libre_mode("error429");
    const auto both = with({&deepl, &libre}, {name("Green shirt")});
    ASSERT_TRUE(both.postponed);
    EXPECT_FALSE(both.postponed->spend_attempt);
    EXPECT_EQ(both.postponed->retry_after, std::chrono::seconds(23));
}

TEST_F(HttpProviders, ARefusedKeyRestsTheProviderAndLeaksNothing) {
    LibreTranslate wrong(client, {.url = libre_url, .api_key = Secret("guessed-secret")});
    const auto report = with({&wrong}, {name("Red shirt")});
    ASSERT_TRUE(report.postponed);
    EXPECT_FALSE(report.postponed->spend_attempt);
    EXPECT_EQ(report.postponed->error.find("secret"), std::string::npos);
    EXPECT_EQ(db.sql("SELECT paused_until > now() FROM barid.provider_state"), "t");
}

TEST_F(HttpProviders, LargeCatalogueTextsStayWithinTheLimits) {
    std::vector<SourceField> fields;
    for (int i = 0; i < 60; ++i) {
        std::string text = "Shirt number " + std::to_string(i) + " & more <3";
        fields.push_back({"f" + std::to_string(i), Format::text, std::move(text)});
    }
    const auto report = with({&deepl}, fields);
    for (const FieldReport& field : report.fields) EXPECT_EQ(field.state, "published");
    EXPECT_EQ(calls(deepl_url), 2U);
}

TEST_F(HttpProviders, ASlowProviderMissesItsDeadline) {
    libre_mode("hold");
    options.batch_deadline = std::chrono::milliseconds(300);
    const auto report = with({&libre, &deepl}, {name("Red shirt")});
    EXPECT_EQ(report.fields[0].origin, "deepl");
    control(libre_url + "/stub/release", {});
}

}  // namespace
}  // namespace barid::translate
