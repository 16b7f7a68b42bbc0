// Google and Azure over real HTTP against stand-ins that are as strict as their documentation.
#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "base/http_curl.hpp"
#include "base/json.hpp"
#include "base/service_account.hpp"
#include "tests/integration/translate/fixture.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/rsa_key.hpp"
#include "translate/azure.hpp"
#include "translate/google.hpp"

namespace barid::translate {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
constexpr const char* kEmail = "barid@shop-1.iam.example";

class PublicKeyFile {
  public:
    PublicKeyFile() {
        std::string name = (std::filesystem::temp_directory_path() / "barid-key-XXXXXX").string();
        directory_ = ::mkdtemp(name.data());
        std::ofstream(path()) << support::rsa_key().public_pem;
    }
    ~PublicKeyFile() { std::filesystem::remove_all(directory_); }
    PublicKeyFile(const PublicKeyFile&) = delete;
    PublicKeyFile& operator=(const PublicKeyFile&) = delete;
    [[nodiscard]] std::string path() const { return directory_ + "/account.pub.pem"; }

  private:
    std::string directory_;
};

class CloudProviders : public TranslateFixture {
  protected:
    CloudProviders()
        : google_process(support::node_script("google_stub.mjs", {key_file.path(), kEmail})),
          azure_process(support::node_script("azure_stub.mjs", {"azure-key", "westeurope"})),
          client(io.io),
          google_url("http://127.0.0.1:" + std::to_string(google_process.wait_ready())),
          azure_url("http://127.0.0.1:" + std::to_string(azure_process.wait_ready())),
          google(make_google({.url = google_url})),
          azure(client, {.url = azure_url, .key = Secret("azure-key"), .region = "westeurope"}) {}

    Google make_google(GoogleOptions wishes, const std::string& email = kEmail) {
        oauth::ServiceAccountKey key;
        key.project_id = "shop-1";
        key.client_email = email;
        key.private_key_id = "key-1";
        key.private_key = Secret(support::rsa_key().private_pem);
        key.token_uri = google_url + "/token";
        oauth::ServiceAccountOptions account{.scope = kGoogleTranslateScope};
        return {
            client,
            std::make_unique<oauth::AccessTokenSource>(
                std::make_unique<oauth::ServiceAccountIssuer>(client, clock, key, account), clock),
            std::move(wishes)};
    }

    json::value call(const std::string& url, const json::value& body = {}) {
        http::Request request;
        request.method = body.is_null() ? "GET" : "POST";
        request.url = url;
        if (!body.is_null()) request.body = json::serialize(body);
        return parse_json(io.run(client.send(std::move(request))).body);
    }
    json::value google_state() { return call(google_url + "/stub/state"); }

    TranslationReport with(std::vector<TranslationProvider*> list,
                           std::vector<SourceField> fields) {
        Translator translator(pool, std::move(list), options, clock);
        TranslationRequest request;
        request.entity = {"product", "1", Language::en, Language::ar};
        request.fields = std::move(fields);
        request.seq = ++last_seq;
        request.deadline = std::chrono::steady_clock::now() + seconds(60);
        return io.run(translator.run(std::move(request), log::Logger()));
    }
    std::string paused_as(const std::string& provider) {
        return db.sql(
            "SELECT CASE WHEN paused_until > now() THEN pause_kind ELSE 'no' END "
            "FROM barid.provider_state WHERE provider = '" +
            provider + "'");
    }

    PublicKeyFile key_file;
    support::ChildProcess google_process;
    support::ChildProcess azure_process;
    http::CurlHttpClient client;
    std::string google_url;
    std::string azure_url;
    Google google;
    Azure azure;
};

TEST_F(CloudProviders, TranslateRealMarkupAndKeepWhatIsProtected) {
    const std::string html =
        "<p class=\"a\">Order {id} of AB-1234 &amp; 750 ml</p><code>x</code><b>Soft &lt;3</b>";
    for (TranslationProvider* provider : std::vector<TranslationProvider*>{&google, &azure}) {
        db.sql("TRUNCATE barid.translation, barid.translation_memory, barid.translation_review");
        const auto report = with({provider}, {body(html)});
        ASSERT_EQ(report.fields[0].state, "published")
            << provider->name() << ": " << report.fields[0].reason << " " << review("detail");
        const std::string text = column("text", "body");
        for (const char* kept : {"<p class=\"a\">", "{id}", "AB-1234", "750 ml", "</p><code>x"}) {
            EXPECT_THAT(text, HasSubstr(kept)) << provider->name();
        }
    }
    EXPECT_EQ(google_state().at("assertion_errors").as_array().size(), 0U);
}

TEST_F(CloudProviders, GoogleRenewsARevokedTokenOnceAndGoesOn) {
    with({&google}, {name("Red shirt")});
    call(google_url + "/stub/revoke", json::object{});
    const auto report = with({&google}, {name("Blue shirt")});
    EXPECT_EQ(report.fields[0].state, "published");
    EXPECT_EQ(google_state().at("exchanges").as_int64(), 2);
    EXPECT_EQ(google_state().at("refused").as_int64(), 1);
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.provider_state WHERE pause_kind <> ''"), "0");
}

TEST_F(CloudProviders, GoogleRestsUntilARefusedAccountOrAWrongAddressIsMended) {
    Google stranger = make_google({.url = google_url}, "somebody@else.example");
    const auto refused = with({&stranger}, {name("Red shirt")});
    ASSERT_TRUE(refused.postponed);
    EXPECT_THAT(refused.postponed->error, HasSubstr("invalid_grant"));
    EXPECT_EQ(paused_as("google"), "unauthorized");
    EXPECT_EQ(google_state().at("calls").as_array().size(), 0U);
    db.sql("TRUNCATE barid.provider_state");
    Google lost = make_google({.url = google_url + "/nowhere"});
    EXPECT_FALSE(with({&lost}, {name("Red shirt")}).postponed->spend_attempt);
    EXPECT_EQ(paused_as("google"), "misconfigured");
}

TEST_F(CloudProviders, GooglesQuotasComeAs403And429) {
    const struct {
        const char* mode;
        const char* kind;
        std::int64_t wait;
    } table[] = {{"quota403", "quota", 3600},
                 {"rate403", "rate_limited", 30},
                 {"rate429", "rate_limited", 30},
                 {"daily429", "quota", 3600},
                 {"iam403", "unauthorized", 300}};
    for (const auto& one : table) {
        db.sql("TRUNCATE barid.provider_state");
        call(google_url + "/stub/behave", {{"mode", one.mode}});
        const auto report = with({&google}, {name("Green shirt")});
        ASSERT_TRUE(report.postponed) << one.mode;
        EXPECT_FALSE(report.postponed->spend_attempt) << one.mode;
        EXPECT_EQ(report.postponed->retry_after, seconds(one.wait)) << one.mode;
        EXPECT_EQ(paused_as("google"), one.kind) << one.mode;
        EXPECT_EQ(db.sql("SELECT characters FROM barid.provider_state"), "0") << "not billed";
    }
    db.sql("TRUNCATE barid.provider_state");
    call(google_url + "/stub/behave", {{"mode", "rate429"}, {"retry_after", "7"}});
    EXPECT_EQ(with({&google}, {name("Green shirt")}).postponed->retry_after, seconds(7));
}

TEST_F(CloudProviders, GoogleUsesTheGlossaryOfItsLocation) {
    Google glossary =
        make_google({.url = google_url, .location = "us-central1", .glossary_en_ar = "g1"});
    EXPECT_EQ(with({&glossary}, {name("Red shirt")}).fields[0].state, "published");
    Google wrong =
        make_google({.url = google_url, .location = "us-central1", .glossary_en_ar = "g2"});
    const auto report = with({&wrong}, {name("Blue shirt")});
    ASSERT_TRUE(report.postponed);
    EXPECT_EQ(paused_as("google"), "misconfigured");
    EXPECT_EQ(db.sql("SELECT count(*) FROM barid.translation_review"), "0")
        << "no text is to blame for a glossary's name";
}

TEST_F(CloudProviders, LargeTextsStayWithinTheLimits) {
    std::vector<SourceField> fields;
    for (int i = 0; i < 60; ++i) {
        std::string text = "Shirt number " + std::to_string(i);
        for (int word = 0; word < 120; ++word) text += " & soft";
        fields.push_back({"f" + std::to_string(i), Format::text, std::move(text)});
    }
    for (TranslationProvider* provider : std::vector<TranslationProvider*>{&google, &azure}) {
        db.sql("TRUNCATE barid.translation, barid.translation_memory, barid.translation_review");
        const auto report = with({provider}, fields);
        // The stand-ins' short answers fail a gate, which is fine: none was refused for its size.
        for (const FieldReport& field : report.fields) {
            EXPECT_EQ(field.reason, "length") << provider->name();
        }
        EXPECT_GT(report.provider_calls, 1U);
    }
}

TEST_F(CloudProviders, AzuresCodesDecide) {
    const struct {
        int code;
        const char* kind;
        std::int64_t wait;
    } table[] = {{429000, "rate_limited", 30},
                 {429001, "rate_limited", 30},
                 {429002, "rate_limited", 30},
                 {403001, "quota", 3600},
                 {401000, "unauthorized", 300}};
    for (const auto& one : table) {
        db.sql("TRUNCATE barid.provider_state");
        call(azure_url + "/stub/behave", {{"code", one.code}});
        const auto report = with({&azure}, {name("Green shirt")});
        ASSERT_TRUE(report.postponed) << one.code;
        EXPECT_FALSE(report.postponed->spend_attempt) << one.code;
        EXPECT_EQ(report.postponed->retry_after, seconds(one.wait)) << one.code;
        EXPECT_EQ(paused_as("azure"), one.kind) << one.code;
    }
}

TEST_F(CloudProviders, AzureRefusesAnotherRegionsKeyAndLeaksNothing) {
    Azure wrong(client, {.url = azure_url, .key = Secret("azure-key"), .region = "eastus"});
    const auto report = with({&wrong, &google}, {name("Red shirt")});
    EXPECT_EQ(report.fields[0].origin, "google") << "the next one does the work";
    EXPECT_EQ(paused_as("azure"), "unauthorized");
    EXPECT_EQ(db.sql("SELECT pause_reason LIKE '%azure-key%' FROM barid.provider_state "
                     "WHERE provider = 'azure'"),
              "f");
}

}  // namespace
}  // namespace barid::translate
