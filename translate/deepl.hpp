// DeepL API v2: POST /v2/translate.
//
// Texts go out as XML (tag_handling=xml) so that protected pieces are empty elements that DeepL
// carries through. A request has at most 50 texts and 128 KiB. 456 means that the month's
// characters are used up, 429 and 529 that there are too many requests. DeepL's list of languages
// long lacked Arabic although it translates it: nothing is asked of that list.
#pragma once

#include "translate/provider.hpp"

namespace barid::translate {

struct DeepLOptions {
    /// Empty: api-free.deepl.com for keys that end in ":fx", else api.deepl.com.
    std::string url = {};
    Secret auth_key = {};
    BatchLimits limits{.max_texts = 50, .max_bytes = 96UL * 1024UL};  ///< 128 KiB with JSON
    std::size_t max_response_bytes = 1U << 20U;
    /// As made at DeepL, where a glossary has one direction; parts of the version.
    std::string glossary_en_ar = {};
    std::string glossary_ar_en = {};
    /// "default", "prefer_more" or "prefer_less": plain "more" is an error where DeepL lacks it.
    std::string formality = "default";
    std::string english = "EN-US";  ///< which English Arabic is translated to; or "EN-GB"
    Terms terms = {};
};

class DeepL final : public TranslationProvider {
  public:
    /// `client` must outlive it. Throws a permanent Error without a key.
    DeepL(http::HttpClient& client, DeepLOptions options);

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::string& version() const override { return version_; }
    [[nodiscard]] BatchLimits limits() const override { return options_.limits; }
    [[nodiscard]] TokenStyle token_style() const override { return TokenStyle::xml; }
    [[nodiscard]] const Terms& terms() const override { return options_.terms; }
    awaitable<std::vector<std::string>> translate(Batch batch) override;

  private:
    [[nodiscard]] http::Request request(const Batch& batch) const;

    http::HttpClient& client_;
    DeepLOptions options_;
    std::string name_ = "deepl";
    std::string version_;
};

}  // namespace barid::translate
