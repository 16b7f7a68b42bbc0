#include "worker/translate_parts.hpp"

#include "translate/deepl.hpp"
#include "translate/libretranslate.hpp"

namespace barid::worker {

std::unique_ptr<translate::TranslationProvider> make_provider(http::HttpClient& http,
                                                              const std::string& name,
                                                              const config::Translate& settings) {
    if (name == "deepl") {
        translate::DeepLOptions options;
        options.url = settings.deepl.url;
        options.auth_key = settings.deepl.auth_key;
        return std::make_unique<translate::DeepL>(http, std::move(options));
    }
    translate::LibreTranslateOptions options;
    options.url = settings.libretranslate.url;
    options.api_key = settings.libretranslate.api_key;
    return std::make_unique<translate::LibreTranslate>(http, std::move(options));
}

}  // namespace barid::worker
