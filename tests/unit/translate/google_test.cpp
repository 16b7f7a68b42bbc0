#include "translate/google.hpp"

#include <gmock/gmock.h>

#include "base/json.hpp"
#include "tests/unit/translate/fake_client.hpp"

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;

/// Hands out token-1, token-2, …; or refuses.
class FakeIssuer final : public oauth::TokenIssuer {
  public:
    awaitable<oauth::IssuedToken> issue() override {
        if (refusal) throw oauth::TokenError(*refusal);
        co_return oauth::IssuedToken{.value = Secret("token-" + std::to_string(++issued))};
    }
    [[nodiscard]] const std::string& project_id() const override { return project; }

    int issued = 0;
    std::optional<oauth::TokenError> refusal;
    std::string project = "shop-1";
};

class GoogleTranslate : public testing::Test {
  protected:
    Google make(GoogleOptions options = {}) {
        auto made = std::make_unique<FakeIssuer>();
        issuer = made.get();
        return {client, std::make_unique<oauth::AccessTokenSource>(std::move(made), clock),
                std::move(options)};
    }
    static Batch batch() {
        Batch out;
        out.texts = {"Order <span class=\"notranslate\" translate=\"no\" id=\"k0\">{id}</span>"};
        return out;
    }

    FakeClient client;
    SystemClock clock;
    FakeIssuer* issuer = nullptr;
};

TEST_F(GoogleTranslate, SendsHtmlWithItsTokenAndGlossary) {
    client.body = R"({"translations":[{"translatedText":"plain"}],)"
                  R"("glossaryTranslations":[{"translatedText":"طلب"}]})";
    Google provider =
        make({.url = "https://mt.example/", .location = "us-central1", .glossary_en_ar = "g1"});
    EXPECT_EQ(run_now(provider.translate(batch())).at(0), "طلب");
    const http::Request& sent = client.requests.at(0);
    EXPECT_EQ(sent.url,
              "https://mt.example/v3/projects/shop-1/locations/us-central1:translateText");
    EXPECT_EQ(sent.authorization.reveal(), "Bearer token-1");
    const json::value body = parse_json(sent.body);
    EXPECT_EQ(body.at("mimeType").as_string(), "text/html");
    EXPECT_EQ(body.at("sourceLanguageCode").as_string(), "en");
    EXPECT_EQ(body.at("targetLanguageCode").as_string(), "ar");
    EXPECT_EQ(body.at("glossaryConfig").at("glossary").as_string(),
              "projects/shop-1/locations/us-central1/glossaries/g1");
    EXPECT_EQ(body.at("contents").as_array().size(), 1U);
}

TEST_F(GoogleTranslate, RenewsARefusedTokenOnce) {
    client.status = 401;
    Google provider = make();
    try {
        run_now(provider.translate(batch()));
        ADD_FAILURE();
    } catch (const ProviderError& error) {
        EXPECT_EQ(error.kind(), Kind::unauthorized);
        EXPECT_FALSE(error.may_be_billed());
    }
    ASSERT_EQ(client.requests.size(), 2U);
    EXPECT_EQ(client.requests[1].authorization.reveal(), "Bearer token-2");
}

TEST_F(GoogleTranslate, SaysARefusedServiceAccountWithoutSendingATextAnywhere) {
    Google provider = make();
    issuer->refusal.emplace(Error::Retry::permanent, "access token: invalid_grant");
    try {
        run_now(provider.translate(batch()));
        ADD_FAILURE();
    } catch (const ProviderError& error) {
        EXPECT_EQ(error.kind(), Kind::unauthorized);
        EXPECT_THAT(error.what(), testing::HasSubstr("invalid_grant"));
        EXPECT_FALSE(error.may_be_billed());
    }
    issuer->refusal.emplace(Error::Retry::transient, "access token: no answer");
    try {
        run_now(provider.translate(batch()));
        ADD_FAILURE();
    } catch (const ProviderError& error) {
        EXPECT_EQ(error.kind(), Kind::unavailable);
        EXPECT_FALSE(error.connected());
    }
    EXPECT_TRUE(client.requests.empty());
}

}  // namespace
}  // namespace barid::translate
