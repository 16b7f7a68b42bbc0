// The keys of [translate] and its providers.
#include "config/key_types.hpp"

#define BARID_AT(member) [](auto& settings) -> auto& { return settings.member; }

namespace barid::config {
namespace {

const TextKey kUrl = {.allowed =
                          "an http or https URL without user, query or fragment, "
                          "like \"https://cdn.example.com/media\"",
                      .valid = is_http_url};

}  // namespace

std::vector<Key> translate_keys() {
    const Choices<SignPlace> places{
        {"keep", SignPlace::keep}, {"before", SignPlace::before}, {"after", SignPlace::after}};
    return {
        texts_key("translate.providers", BARID_AT(translate.providers),
                  {.allowed = "a list of: libretranslate, deepl",
                   .valid =
                       [](std::string_view item) {
                           return item == "libretranslate" || item == "deepl";
                       }}),
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
        text_key("translate.libretranslate.url", BARID_AT(translate.libretranslate.url), kUrl),
        secret_key("translate.libretranslate.api_key", BARID_AT(translate.libretranslate.api_key)),
        text_key("translate.deepl.url", BARID_AT(translate.deepl.url), kUrl),
        secret_key("translate.deepl.auth_key", BARID_AT(translate.deepl.auth_key)),
    };
}

}  // namespace barid::config
