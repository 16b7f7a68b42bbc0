#include "translate/azure.hpp"

#include <gtest/gtest.h>

#include "base/json.hpp"
#include "tests/unit/translate/fake_client.hpp"

namespace barid::translate {
namespace {

std::string header(const http::Request& request, std::string_view name) {
    for (const http::Header& one : request.headers) {
        if (one.name == name) return one.value;
    }
    return "(none)";
}

TEST(Azure, SendsItsKeyRegionAndHtml) {
    FakeClient client;
    client.body = R"([{"translations":[{"text":"قميص","to":"ar"}]}])";
    Azure provider(client, {.url = "https://mt.example/",
                            .key = Secret("k1"),
                            .region = "westeurope",
                            .category = "shop-1"});
    Batch batch;
    batch.texts = {"Shirt &amp; tie"};
    EXPECT_EQ(run_now(provider.translate(std::move(batch))).at(0), "قميص");
    const http::Request& sent = client.requests.at(0);
    EXPECT_EQ(sent.url,
              "https://mt.example/translate?api-version=3.0&from=en&to=ar&textType=html"
              "&category=shop-1");
    EXPECT_EQ(header(sent, "Ocp-Apim-Subscription-Key"), "k1");
    EXPECT_EQ(header(sent, "Ocp-Apim-Subscription-Region"), "westeurope");
    EXPECT_EQ(parse_json(sent.body), parse_json(R"([{"Text":"Shirt &amp; tie"}])"));
    EXPECT_EQ(provider.version(), "shop-1");
}

TEST(Azure, KnowsAResourcesOwnHost) {
    FakeClient client;
    client.body = R"([{"translations":[{"text":"x","to":"ar"}]}])";
    Azure provider(client, {.url = "https://shop.cognitiveservices.azure.com", .key = Secret("k")});
    Batch batch;
    batch.texts = {"y"};
    run_now(provider.translate(std::move(batch)));
    EXPECT_TRUE(client.requests[0].url.starts_with(
        "https://shop.cognitiveservices.azure.com/translator/text/v3.0/translate?"));
    EXPECT_EQ(header(client.requests[0], "Ocp-Apim-Subscription-Region"), "(none)");
    EXPECT_THROW(Azure(client, {}), Error);
}

}  // namespace
}  // namespace barid::translate
