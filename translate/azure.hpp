// Azure AI Translator v3: POST /translate?api-version=3.0.
//
// The key goes in `Ocp-Apim-Subscription-Key`, and the resource's region beside it unless that is
// global. Texts go out as HTML, protected pieces in `class="notranslate"`. A request has at most
// 1,000 texts and 50,000 characters in all. Errors carry a six-digit code (answers.hpp): 429000 to
// 429002 are rates, 403001 is the free tier's month.
#pragma once

#include "translate/provider.hpp"

namespace barid::translate {

struct AzureOptions {
    std::string url = "https://api.cognitive.microsofttranslator.com";
    Secret key = {};
    std::string region = {};    ///< of the resource; empty: global
    std::string category = {};  ///< of Custom Translator; part of the version
    /// Characters are counted in UTF-16 there: kept below for what lies beyond the plane.
    BatchLimits limits{.max_texts = 1000, .max_bytes = 256UL * 1024UL, .max_characters = 45'000};
    std::size_t max_response_bytes = 2U << 20U;
    Terms terms = {};
};

class Azure final : public TranslationProvider {
  public:
    /// `client` must outlive it. Throws a permanent Error without a key.
    Azure(http::HttpClient& client, AzureOptions options);

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::string& version() const override { return options_.category; }
    [[nodiscard]] BatchLimits limits() const override { return options_.limits; }
    [[nodiscard]] TokenStyle token_style() const override { return TokenStyle::html_span; }
    [[nodiscard]] const Terms& terms() const override { return options_.terms; }
    awaitable<std::vector<std::string>> translate(Batch batch) override;

  private:
    http::HttpClient& client_;
    AzureOptions options_;
    std::string name_ = "azure";
};

}  // namespace barid::translate
