// The translation providers, each made from its settings. The Platform keeps them; the doctor
// tries them one by one.
//
// Throws a permanent Error that names what is wrong with the setting. What is returned refers to
// `http`. Io thread only.
#pragma once

#include <memory>
#include <string>

#include "base/http_client.hpp"
#include "config/settings.hpp"
#include "translate/provider.hpp"
#include "translate/translator.hpp"

namespace barid::worker {

/// "deepl" or "libretranslate".
std::unique_ptr<translate::TranslationProvider> make_provider(http::HttpClient& http,
                                                              const std::string& name,
                                                              const config::Translate& settings);

/// How texts are judged and set.
translate::TranslatorOptions translator_options(const config::Translate& settings);

}  // namespace barid::worker
