// Google Cloud Translation v3 (Advanced): POST /v3/projects/{p}/locations/{l}:translateText.
//
// Authorized by a service account's access token (scope cloud-translation); a 401 has it renewed
// once. Texts go out as HTML, protected pieces in `class="notranslate"`. A request has at most
// 1,024 texts and fewer than 30,000 code points. Quotas are 403 or 429, told apart by their message
// (answers.hpp). A glossary belongs to a location that is not "global".
#pragma once

#include <memory>

#include "base/access_token.hpp"
#include "translate/provider.hpp"

namespace barid::translate {

inline constexpr const char* kGoogleTranslateScope =
    "https://www.googleapis.com/auth/cloud-translation";

struct GoogleOptions {
    std::string url = "https://translation.googleapis.com";
    std::string location = "global";
    std::string model = {};  ///< an id like "general/nmt"; empty: Google's default
    /// Ids of glossaries at `location`, one for each direction; parts of the version.
    std::string glossary_en_ar = {};
    std::string glossary_ar_en = {};
    BatchLimits limits{.max_texts = 1024, .max_bytes = 256UL * 1024UL, .max_characters = 29'000};
    std::size_t max_response_bytes = 2U << 20U;
    Terms terms = {};
};

class Google final : public TranslationProvider {
  public:
    /// `client` must outlive it; the tokens' project is the one that pays.
    Google(http::HttpClient& client, std::unique_ptr<oauth::AccessTokenSource> tokens,
           GoogleOptions options);

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::string& version() const override { return version_; }
    [[nodiscard]] BatchLimits limits() const override { return options_.limits; }
    [[nodiscard]] TokenStyle token_style() const override { return TokenStyle::html_span; }
    [[nodiscard]] const Terms& terms() const override { return options_.terms; }
    awaitable<std::vector<std::string>> translate(Batch batch) override;

  private:
    [[nodiscard]] std::string parent() const;
    [[nodiscard]] const std::string& glossary(const Batch& batch) const;
    [[nodiscard]] http::Request request(const Batch& batch, const Secret& token) const;
    awaitable<Secret> token();

    http::HttpClient& client_;
    std::unique_ptr<oauth::AccessTokenSource> tokens_;
    GoogleOptions options_;
    std::string name_ = "google";
    std::string version_;
};

}  // namespace barid::translate
