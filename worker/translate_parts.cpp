#include "worker/translate_parts.hpp"

#include "base/service_account.hpp"
#include "base/token_issuer.hpp"
#include "translate/azure.hpp"
#include "translate/deepl.hpp"
#include "translate/google.hpp"
#include "translate/libretranslate.hpp"

namespace barid::worker {
namespace {

std::optional<std::int64_t> limit(std::int64_t characters) {
    return characters == 0 ? std::nullopt : std::optional(characters);
}

translate::Terms terms(const config::TranslateTerms& settings) {
    const bool priced = !settings.price_per_million.empty();
    return {.daily_characters = limit(settings.daily_characters),
            .price_per_million = priced ? settings.price_per_million : "0"};
}

std::unique_ptr<translate::TranslationProvider> make_libretranslate(
    http::HttpClient& http, const config::LibreTranslate& settings) {
    translate::LibreTranslateOptions options;
    options.url = settings.url;
    options.api_key = settings.api_key;
    options.model_version = settings.model_version;
    options.limits.max_texts = static_cast<std::size_t>(settings.batch_texts);
    options.limits.max_characters = static_cast<std::size_t>(settings.batch_characters);
    options.terms = terms(settings.terms);
    return std::make_unique<translate::LibreTranslate>(http, std::move(options));
}

std::unique_ptr<translate::TranslationProvider> make_deepl(http::HttpClient& http,
                                                           const config::DeepL& settings) {
    translate::DeepLOptions options;
    options.url = settings.url;
    options.auth_key = settings.auth_key;
    options.glossary_en_ar = settings.glossary_en_ar;
    options.glossary_ar_en = settings.glossary_ar_en;
    if (settings.formality == config::DeepLFormality::prefer_more) {
        options.formality = "prefer_more";
    } else if (settings.formality == config::DeepLFormality::prefer_less) {
        options.formality = "prefer_less";
    }
    options.english = settings.english == config::English::british ? "EN-GB" : "EN-US";
    options.terms = terms(settings.terms);
    return std::make_unique<translate::DeepL>(http, std::move(options));
}

std::unique_ptr<oauth::TokenIssuer> make_issuer(http::HttpClient& http, const Clock& clock,
                                                const config::GoogleTranslate& settings,
                                                const log::Logger& logger) {
    if (settings.credentials == config::GoogleCredentials::metadata) {
        return std::make_unique<oauth::MetadataIssuer>(http, settings.metadata_url,
                                                       settings.project);
    }
    oauth::ServiceAccountOptions options;
    options.scope = translate::kGoogleTranslateScope;
    options.file = settings.credentials_file;
    options.project = settings.project;
    options.token_uri = settings.token_uri;
    return std::make_unique<oauth::ServiceAccountIssuer>(
        http, clock, oauth::ServiceAccountKey::from_file(options.file), options, logger);
}

std::unique_ptr<translate::TranslationProvider> make_google(http::HttpClient& http,
                                                            const Clock& clock,
                                                            const config::GoogleTranslate& settings,
                                                            const log::Logger& logger) {
    translate::GoogleOptions options;
    options.url = settings.url;
    options.location = settings.location;
    options.model = settings.model;
    options.glossary_en_ar = settings.glossary_en_ar;
    options.glossary_ar_en = settings.glossary_ar_en;
    options.terms = terms(settings.terms);
    auto tokens = std::make_unique<oauth::AccessTokenSource>(
        make_issuer(http, clock, settings, logger), clock);
    return std::make_unique<translate::Google>(http, std::move(tokens), std::move(options));
}

std::unique_ptr<translate::TranslationProvider> make_azure(http::HttpClient& http,
                                                           const config::AzureTranslate& settings) {
    translate::AzureOptions options;
    options.url = settings.url;
    options.key = settings.key;
    options.region = settings.region;
    options.category = settings.category;
    options.terms = terms(settings.terms);
    return std::make_unique<translate::Azure>(http, std::move(options));
}

}  // namespace

std::unique_ptr<translate::TranslationProvider> make_provider(http::HttpClient& http,
                                                              const Clock& clock,
                                                              const std::string& name,
                                                              const config::Translate& settings,
                                                              const log::Logger& logger) {
    if (name == "deepl") return make_deepl(http, settings.deepl);
    if (name == "google") return make_google(http, clock, settings.google, logger);
    if (name == "azure") return make_azure(http, settings.azure);
    return make_libretranslate(http, settings.libretranslate);
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
    options.ledger.daily_characters = limit(settings.daily_characters);
    return options;
}

}  // namespace barid::worker
