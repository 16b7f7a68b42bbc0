// The keys of [translate] and its providers.
#include "config/key_types.hpp"

#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {
namespace {

constexpr std::int64_t kMaxDailyCharacters = 1'000'000'000'000;

/// Ids go into URLs and JSON: nothing that could mean something there.
bool is_id(std::string_view text) {
    return text.size() <= 200 &&
           text.find_first_not_of(
               "abcdefghijklmnopqrstuvwxyz"
               "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
               "0123456789-_.:/") == text.npos &&
           !text.contains("..");
}

const TextKey kId = {.allowed = "an id of letters, digits and - _ . : / (at most 200)",
                     .valid = is_id};

bool is_path(std::string_view text) {
    return text.find('\0') == text.npos;
}

/// "25", "0.5", "20.000001".
bool is_price(std::string_view text) {
    const std::size_t dot = text.find('.');
    const std::string_view whole = text.substr(0, dot);
    const std::string_view part = dot == text.npos ? "0" : text.substr(dot + 1);
    constexpr std::string_view kDigits = "0123456789";
    return !whole.empty() && whole.size() <= 6 && !part.empty() && part.size() <= 6 &&
           whole.find_first_not_of(kDigits) == whole.npos &&
           part.find_first_not_of(kDigits) == part.npos;
}

bool is_provider(std::string_view name) {
    return name == "libretranslate" || name == "deepl" || name == "google" || name == "azure";
}

/// What each provider may cost; `of` leads to its settings.
template <class Of>
void add_terms(std::vector<Key>& all, const std::string& section, Of of) {
    all.push_back(integer_key(
        section + ".daily_characters",
        [of](auto& settings) -> auto& { return of(settings).terms.daily_characters; }, 0,
        kMaxDailyCharacters));
    Key price =
        text_key(section + ".price_per_million",
                 [of](auto& settings) -> auto& { return of(settings).terms.price_per_million; },
                 {.allowed = "a decimal number like \"25\" or \"19.99\", below 1,000,000",
                  .valid = is_price});
    all.push_back(std::move(price));
}

void add_libretranslate(std::vector<Key>& all) {
    all.push_back(
        text_key("translate.libretranslate.url", BARID_AT(translate.libretranslate.url), kUrl));
    all.push_back(
        secret_key("translate.libretranslate.api_key", BARID_AT(translate.libretranslate.api_key)));
    all.push_back(text_key("translate.libretranslate.model_version",
                           BARID_AT(translate.libretranslate.model_version), kId));
    all.push_back(integer_key("translate.libretranslate.batch_texts",
                              BARID_AT(translate.libretranslate.batch_texts), 1, 1000));
    all.push_back(integer_key("translate.libretranslate.batch_characters",
                              BARID_AT(translate.libretranslate.batch_characters), 100, 1'000'000));
    add_terms(all, "translate.libretranslate", BARID_AT(translate.libretranslate));
}

void add_deepl(std::vector<Key>& all) {
    all.push_back(text_key("translate.deepl.url", BARID_AT(translate.deepl.url), kUrl));
    all.push_back(secret_key("translate.deepl.auth_key", BARID_AT(translate.deepl.auth_key)));
    all.push_back(
        text_key("translate.deepl.glossary_en_ar", BARID_AT(translate.deepl.glossary_en_ar), kId));
    all.push_back(
        text_key("translate.deepl.glossary_ar_en", BARID_AT(translate.deepl.glossary_ar_en), kId));
    all.push_back(choice_key<DeepLFormality>("translate.deepl.formality",
                                             BARID_AT(translate.deepl.formality),
                                             {{"default", DeepLFormality::standard},
                                              {"prefer_more", DeepLFormality::prefer_more},
                                              {"prefer_less", DeepLFormality::prefer_less}}));
    all.push_back(choice_key<English>("translate.deepl.english", BARID_AT(translate.deepl.english),
                                      {{"EN-US", English::american}, {"EN-GB", English::british}}));
    add_terms(all, "translate.deepl", BARID_AT(translate.deepl));
}

void add_google(std::vector<Key>& all) {
    all.push_back(text_key("translate.google.url", BARID_AT(translate.google.url), kUrl));
    all.push_back(choice_key<GoogleCredentials>(
        "translate.google.credentials", BARID_AT(translate.google.credentials),
        {{"file", GoogleCredentials::file}, {"metadata", GoogleCredentials::metadata}}));
    all.push_back(
        text_key("translate.google.credentials_file", BARID_AT(translate.google.credentials_file),
                 {.allowed = "the path of a service account's JSON file", .valid = is_path}));
    all.push_back(
        text_key("translate.google.metadata_url", BARID_AT(translate.google.metadata_url), kUrl));
    all.push_back(
        text_key("translate.google.token_uri", BARID_AT(translate.google.token_uri), kUrl));
    all.push_back(text_key("translate.google.project", BARID_AT(translate.google.project), kId));
    all.push_back(text_key("translate.google.location", BARID_AT(translate.google.location), kId));
    all.push_back(text_key("translate.google.model", BARID_AT(translate.google.model), kId));
    all.push_back(text_key("translate.google.glossary_en_ar",
                           BARID_AT(translate.google.glossary_en_ar), kId));
    all.push_back(text_key("translate.google.glossary_ar_en",
                           BARID_AT(translate.google.glossary_ar_en), kId));
    add_terms(all, "translate.google", BARID_AT(translate.google));
}

void add_azure(std::vector<Key>& all) {
    all.push_back(text_key("translate.azure.url", BARID_AT(translate.azure.url), kUrl));
    all.push_back(secret_key("translate.azure.key", BARID_AT(translate.azure.key)));
    all.push_back(text_key("translate.azure.region", BARID_AT(translate.azure.region), kId));
    all.push_back(text_key("translate.azure.category", BARID_AT(translate.azure.category), kId));
    add_terms(all, "translate.azure", BARID_AT(translate.azure));
}

}  // namespace

std::vector<Key> translate_keys() {
    const Choices<SignPlace> places{
        {"keep", SignPlace::keep}, {"before", SignPlace::before}, {"after", SignPlace::after}};
    std::vector<Key> all{
        texts_key(
            "translate.providers", BARID_AT(translate.providers),
            {.allowed = "a list of: libretranslate, deepl, google, azure", .valid = is_provider}),
        boolean_key("translate.attributes", BARID_AT(translate.attributes)),
        choice_key<TranslateDigits>("translate.digits", BARID_AT(translate.digits),
                                    {{"keep", TranslateDigits::keep},
                                     {"latin", TranslateDigits::latin},
                                     {"arabic_indic", TranslateDigits::arabic_indic}}),
        choice_key<TranslateQuotes>(
            "translate.quotes", BARID_AT(translate.quotes),
            {{"keep", TranslateQuotes::keep}, {"guillemets", TranslateQuotes::guillemets}}),
        choice_key<SignPlace>("translate.percent", BARID_AT(translate.percent), places),
        choice_key<SignPlace>("translate.currency", BARID_AT(translate.currency), places),
        integer_key("translate.daily_characters", BARID_AT(translate.daily_characters), 0,
                    kMaxDailyCharacters),
    };
    add_libretranslate(all);
    add_deepl(all);
    add_google(all);
    add_azure(all);
    return all;
}

}  // namespace barid::config
