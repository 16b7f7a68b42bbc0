#include "translate/libretranslate.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "tests/unit/translate/fake_client.hpp"

namespace barid::translate {
namespace {

Batch batch(std::vector<std::string> texts) {
    Batch out;
    out.texts = std::move(texts);
    return out;
}

TEST(LibreTranslate, SendsAListAsTheApiWantsIt) {
    FakeClient client;
    client.body = R"({"translatedText": ["قميص", "حذاء"]})";
    LibreTranslate provider(client, {.url = "http://mt.example:5000/", .api_key = Secret("k\"1")});
    EXPECT_EQ(run_now(provider.translate(batch({"Shirt", "Shoe"}))),
              (std::vector<std::string>{"قميص", "حذاء"}));
    ASSERT_EQ(client.requests.size(), 1U);
    EXPECT_EQ(client.requests[0].method, "POST");
    EXPECT_EQ(client.requests[0].url, "http://mt.example:5000/translate");
    EXPECT_EQ(parse_json(client.requests[0].body),
              parse_json(R"({"source":"en","target":"ar","format":"text","q":["Shirt","Shoe"],)"
                         R"("api_key":"k\"1"})"));
}

TEST(LibreTranslate, SendsNoKeyWhenThereIsNone) {
    FakeClient client;
    client.body = R"({"translatedText": ["x"]})";
    LibreTranslate provider(client, {});
    run_now(provider.translate(batch({"y"})));
    EXPECT_EQ(client.requests[0].body.find("api_key"), std::string::npos);
}

TEST(LibreTranslate, RefusesAnswersOfAnotherShape) {
    for (const char* body : {"", "<html>502</html>", "[]", "null", "{}",
                             R"({"translatedText": "x"})", R"({"translatedText": []})",
                             R"({"translatedText": ["a", "b"]})", R"({"translatedText": [null]})",
                             R"({"error": "Slowdown"})", "{\"translatedText\": [\"\xFF\"]}"}) {
        FakeClient client;
        client.body = body;
        LibreTranslate provider(client, {});
        try {
            run_now(provider.translate(batch({"x"})));
            ADD_FAILURE() << body;
        } catch (const ProviderError& error) {
            EXPECT_EQ(error.kind(), ProviderError::Kind::unavailable) << body;
            EXPECT_TRUE(error.may_be_billed());
        }
    }
}

TEST(LibreTranslate, RefusesAUrlThatIsNone) {
    FakeClient client;
    EXPECT_THROW(LibreTranslate(client, {.url = "mt.example"}), Error);
}

}  // namespace
}  // namespace barid::translate
