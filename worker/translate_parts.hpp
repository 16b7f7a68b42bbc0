// The translation providers, each made from its settings. The Platform keeps them; the doctor
// tries them one by one.
//
// Throws a permanent Error that names what is wrong with the setting. What is returned refers to
// `http` and `clock`. Io thread only.
#pragma once

#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/http_client.hpp"
#include "base/log.hpp"
#include "config/settings.hpp"
#include "translate/provider.hpp"
#include "translate/translator.hpp"

namespace barid::worker {

/// "libretranslate", "deepl", "google" or "azure".
std::unique_ptr<translate::TranslationProvider> make_provider(http::HttpClient& http,
                                                              const Clock& clock,
                                                              const std::string& name,
                                                              const config::Translate& settings,
                                                              const log::Logger& logger = {});

translate::TranslatorOptions translator_options(const config::Translate& settings);

/// How texts are judged and set.
translate::TranslatorOptions translator_options(const config::Translate& settings);

}  // namespace barid::worker
