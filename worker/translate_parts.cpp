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

translate::TranslatorOptions translator_options(const config::Translate& settings) {
    using config::TranslateDigits;
    const auto place = [](config::SignPlace wanted) {
        if (wanted == config::SignPlace::before) return translate::SignPlace::before;
        return wanted == config::SignPlace::after ? translate::SignPlace::after
                                                  : translate::SignPlace::keep;
    };
    translate::TranslatorOptions options;
    options.attributes = settings.attributes;
    translate::Typography& typography = options.typography;
    if (settings.digits == TranslateDigits::latin) typography.digits = translate::Digits::latin;
    if (settings.digits == TranslateDigits::arabic_indic) {
        typography.digits = translate::Digits::arabic_indic;
    }
    typography.quotes = settings.quotes == config::TranslateQuotes::keep
                            ? translate::Quotes::keep
                            : translate::Quotes::guillemets;
    typography.percent = place(settings.percent);
    typography.currency = place(settings.currency);
    return options;
}

}  // namespace barid::worker
