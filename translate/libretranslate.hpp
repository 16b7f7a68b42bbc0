// LibreTranslate's POST /translate, self-hosted or not.
//
// Texts go out as a list with format "text": Barid sends segments, never markup, because the
// server unescapes entities even in HTML answers. It may also answer 200 with the untranslated
// text, or with an emoji to a wrong secret; the quality gates are there for that. A missing key is
// a 400, a wrong one and a ban are 403.
#pragma once

#include "translate/provider.hpp"

namespace barid::translate {

struct LibreTranslateOptions {
    std::string url = "http://127.0.0.1:5000";  ///< without /translate
    Secret api_key = {};
    /// The batch is translated one by one on the server: keep it small.
    BatchLimits limits{.max_texts = 25, .max_bytes = 32UL * 1024UL};
    std::size_t max_response_bytes = 1U << 20U;
    std::string model_version = {};  ///< change it when the server's models change
    Terms terms = {};
};

class LibreTranslate final : public TranslationProvider {
  public:
    /// `client` must outlive it. Throws a permanent Error for an unusable URL.
    LibreTranslate(http::HttpClient& client, LibreTranslateOptions options);

    [[nodiscard]] const std::string& name() const override { return name_; }
    [[nodiscard]] const std::string& version() const override { return options_.model_version; }
    [[nodiscard]] BatchLimits limits() const override { return options_.limits; }
    [[nodiscard]] TokenStyle token_style() const override { return TokenStyle::plain; }
    [[nodiscard]] const Terms& terms() const override { return options_.terms; }
    awaitable<std::vector<std::string>> translate(Batch batch) override;

  private:
    http::HttpClient& client_;
    LibreTranslateOptions options_;
    std::string name_ = "libretranslate";
};

}  // namespace barid::translate
