#include "translate/deepl.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "tests/unit/translate/fake_client.hpp"

namespace barid::translate {
namespace {

TEST(DeepL, SendsXmlWithItsKeyInTheHeader) {
    FakeClient client;
    client.body =
        R"({"translations":[{"detected_source_language":"EN","text":"قميص <m id=\"0\"/>"}]})";
    DeepL provider(client, {.auth_key = Secret("abc:fx"), .glossary_en_ar = "g1"});
    Batch batch;
    batch.texts = {"Shirt <m id=\"0\"/>"};
    EXPECT_EQ(run_now(provider.translate(std::move(batch))).at(0), "قميص <m id=\"0\"/>");
    const http::Request& sent = client.requests.at(0);
    EXPECT_EQ(sent.url, "https://api-free.deepl.com/v2/translate");
    EXPECT_EQ(sent.authorization.reveal(), "DeepL-Auth-Key abc:fx");
    EXPECT_EQ(sent.body.find("abc"), std::string::npos);
    const json::value body = parse_json(sent.body);
    EXPECT_EQ(body.at("source_lang").as_string(), "EN");
    EXPECT_EQ(body.at("target_lang").as_string(), "AR");
    EXPECT_EQ(body.at("tag_handling").as_string(), "xml");
    EXPECT_EQ(body.at("ignore_tags"), json::value(json::array{"m"}));
    EXPECT_EQ(body.at("glossary_id").as_string(), "g1");
    EXPECT_EQ(body.at("text"), json::value(json::array{"Shirt <m id=\"0\"/>"}));
    EXPECT_EQ(provider.version(), "g1");
}

TEST(DeepL, AsksForAmericanEnglish) {
    FakeClient client;
    client.body = R"({"translations":[{"text":"Shirt"}]})";
    DeepL provider(client, {.auth_key = Secret("abc"), .glossary_en_ar = "g1"});
    Batch batch;
    batch.source = Language::ar;
    batch.target = Language::en;
    batch.texts = {"قميص"};
    run_now(provider.translate(std::move(batch)));
    EXPECT_FALSE(parse_json(client.requests[0].body).as_object().contains("glossary_id"))
        << "a glossary has one direction";
    EXPECT_EQ(client.requests[0].url, "https://api.deepl.com/v2/translate");
    EXPECT_EQ(parse_json(client.requests[0].body).at("target_lang").as_string(), "EN-US");
}

TEST(DeepL, AsksForWhatTheShopChose) {
    FakeClient client;
    client.body = R"({"translations":[{"text":"Colour"}]})";
    DeepL provider(client, {.auth_key = Secret("abc"),
                            .glossary_ar_en = "g2",
                            .formality = "prefer_more",
                            .english = "EN-GB"});
    Batch batch;
    batch.source = Language::ar;
    batch.target = Language::en;
    batch.texts = {"لون"};
    run_now(provider.translate(std::move(batch)));
    const json::value body = parse_json(client.requests[0].body);
    EXPECT_EQ(body.at("target_lang").as_string(), "EN-GB");
    EXPECT_EQ(body.at("formality").as_string(), "prefer_more");
    EXPECT_EQ(body.at("glossary_id").as_string(), "g2");
    EXPECT_EQ(provider.version(), "|g2/prefer_more/EN-GB") << "each changes the answers";
}

TEST(DeepL, KeepsWithinTheRequestsSize) {
    FakeClient client;
    DeepL provider(client, {.auth_key = Secret("abc")});
    Batch batch;
    batch.texts = {std::string(130UL * 1024UL, 'x')};
    try {
        run_now(provider.translate(std::move(batch)));
        ADD_FAILURE();
    } catch (const ProviderError& error) {
        EXPECT_EQ(error.kind(), ProviderError::Kind::too_large);
    }
    EXPECT_TRUE(client.requests.empty());
}

TEST(DeepL, KnowsAUsedUpAllowance) {
    FakeClient client;
    client.status = 456;
    DeepL provider(client, {.auth_key = Secret("abc")});
    Batch batch;
    batch.texts = {"x"};
    try {
        run_now(provider.translate(std::move(batch)));
        ADD_FAILURE();
    } catch (const ProviderError& error) {
        EXPECT_EQ(error.kind(), ProviderError::Kind::quota);
    }
}

TEST(DeepL, RefusesAnswersOfAnotherShapeAndAMissingKey) {
    for (const char* body : {"", "{}", R"({"translations":[]})", R"({"translations":[{"t":1}]})",
                             R"({"translations":[{"text":7}]})"}) {
        FakeClient client;
        client.body = body;
        DeepL provider(client, {.auth_key = Secret("abc")});
        Batch batch;
        batch.texts = {"x"};
        EXPECT_THROW(run_now(provider.translate(std::move(batch))), ProviderError) << body;
    }
    FakeClient client;
    EXPECT_THROW(DeepL(client, {}), Error);
}

}  // namespace
}  // namespace barid::translate
