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
    return {
        texts_key("translate.providers", BARID_AT(translate.providers),
                  {.allowed = "a list of: libretranslate, deepl",
                   .valid =
                       [](std::string_view item) {
                           return item == "libretranslate" || item == "deepl";
                       }}),
        text_key("translate.libretranslate.url", BARID_AT(translate.libretranslate.url), kUrl),
        secret_key("translate.libretranslate.api_key", BARID_AT(translate.libretranslate.api_key)),
        text_key("translate.deepl.url", BARID_AT(translate.deepl.url), kUrl),
        secret_key("translate.deepl.auth_key", BARID_AT(translate.deepl.auth_key)),
    };
}

}  // namespace barid::config
