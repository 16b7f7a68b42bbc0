// What the providers answer: their texts, and what they mean by an error. All of it comes from
// outside and is taken for hostile: any bytes give texts or a ProviderError, never anything else.
//
// The `read_…` functions return one text per sent text, or throw ProviderError (unavailable, as a
// later try may do better). The `judge_…` functions know the codes and messages of one service
// beyond the HTTP status, and quote nothing but its own code words. Pure, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "translate/provider.hpp"

namespace barid::translate {

using Texts = std::vector<std::string>;

/// {"translatedText": ["…"]}
Texts read_libretranslate(std::string_view body, std::size_t expected);
/// 400 for a missing key and for what is too long, 403 for a ban too: told by the message.
Verdict judge_libretranslate(const http::Response& response);

/// {"translations": [{"text": "…"}]}
Texts read_deepl(std::string_view body, std::size_t expected);
/// 456: the month's characters are used up; 529: as 429.
Verdict judge_deepl(const http::Response& response);

/// {"translations": [{"translatedText": "…"}], "glossaryTranslations": […]}; the latter count
/// when a glossary was asked for.
Texts read_google(std::string_view body, std::size_t expected, bool glossary);
/// Quotas may be 403 or 429, and a day's quota is told by its message.
Verdict judge_google(const http::Response& response);

/// [{"translations": [{"text": "…", "to": "ar"}]}]
Texts read_azure(std::string_view body, std::size_t expected);
/// {"error": {"code": 403001, …}}: the first three digits are the status.
Verdict judge_azure(const http::Response& response);

}  // namespace barid::translate
