#include "translate/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <initializer_list>
#include <optional>

#include "base/json.hpp"

namespace barid::translate {
namespace {

using Kind = ProviderError::Kind;

json::value parse_body(const char* provider, std::string_view body) {
    try {
        return parse_json(body);
    } catch (const Error& error) {
        throw_bad_answer(provider, error.what());
    }
}

/// The array under `name`, or an error unless it has `expected` items.
const json::array& list_of(const char* provider, const json::value& root, const char* name,
                           std::size_t expected) {
    const json::object* object = root.if_object();
    const json::value* items = object == nullptr ? nullptr : object->if_contains(name);
    const json::array* list = items == nullptr ? nullptr : items->if_array();
    if (list == nullptr || list->size() != expected) {
        throw_bad_answer(provider, fmt::format("{} must list {} items", name, expected));
    }
    return *list;
}

/// The text that `pointer` leads to in each item.
Texts texts_in(const char* provider, const json::array& items, const char* pointer) {
    Texts out;
    out.reserve(items.size());
    for (const json::value& item : items) {
        const json::string* text = find_string(item, pointer);
        if (text == nullptr) throw_bad_answer(provider, "a translation has no text");
        out.emplace_back(*text);
    }
    return out;
}

/// An error's body when it is JSON at all: gateways answer with pages.
std::optional<json::value> error_body(const http::Response& response) {
    try {
        return parse_json(response.body);
    } catch (const Error&) {
        return std::nullopt;
    }
}

std::string lower(std::string_view text) {
    std::string out(text.substr(0, 1000));
    std::ranges::transform(out, out.begin(), [](char c) {
        return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    });
    return out;
}

bool says(const std::string& message, std::initializer_list<std::string_view> any) {
    return std::ranges::any_of(any, [&](std::string_view part) { return message.contains(part); });
}

/// A code word like "RESOURCE_EXHAUSTED"; anything else could be a text.
std::string code_word(const json::string* word) {
    if (word == nullptr || word->empty() || word->size() > 40) return {};
    const std::string_view text(*word);
    return text.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ_") == text.npos ? std::string(text)
                                                                              : std::string();
}

}  // namespace

Texts read_libretranslate(std::string_view body, std::size_t expected) {
    constexpr const char* kName = "libretranslate";
    const json::value root = parse_body(kName, body);
    Texts out;
    for (const json::value& text : list_of(kName, root, "translatedText", expected)) {
        if (!text.is_string()) throw_bad_answer(kName, "translatedText must hold only texts");
        out.emplace_back(text.get_string());
    }
    return out;
}

Verdict judge_libretranslate(const http::Response& response) {
    const auto body = error_body(response);
    const json::string* error = body ? find_string(*body, "/error") : nullptr;
    if (error == nullptr) return {};
    const std::string message = lower(*error);
    if (response.status == 403 && says(message, {"too many request"})) {
        return {Kind::rate_limited, "banned for too many requests"};
    }
    if (response.status != 400) return {};
    if (says(message, {"api key"})) return {Kind::unauthorized, "an API key is needed"};
    if (says(message, {"exceeds text limit", "exceeds batch limit", "exceeds"})) {
        return {Kind::too_large, "above the server's limit"};
    }
    if (says(message, {"is not supported"})) {
        return {Kind::misconfigured, "a language or format is not installed"};
    }
    return {};
}

Texts read_deepl(std::string_view body, std::size_t expected) {
    const json::value root = parse_body("deepl", body);
    return texts_in("deepl", list_of("deepl", root, "translations", expected), "/text");
}

Verdict judge_deepl(const http::Response& response) {
    if (response.status == 456) return {Kind::quota, "the plan's characters are used up"};
    if (response.status == 529) return {Kind::rate_limited, ""};
    if (response.status != 400) return {};
    const auto body = error_body(response);
    const json::string* error = body ? find_string(*body, "/message") : nullptr;
    // The request's own options, whatever the texts are.
    if (error != nullptr && says(lower(*error), {"glossary", "_lang", "formality"})) {
        return {Kind::misconfigured, "a glossary, language or formality is not accepted"};
    }
    return {};
}

Texts read_google(std::string_view body, std::size_t expected, bool glossary) {
    const json::value root = parse_body("google", body);
    const char* list = glossary ? "glossaryTranslations" : "translations";
    return texts_in("google", list_of("google", root, list, expected), "/translatedText");
}

Verdict judge_google(const http::Response& response) {
    const auto body = error_body(response);
    if (!body) return {};
    Verdict out;
    out.word = code_word(find_string(*body, "/error/status"));
    const json::string* text = find_string(*body, "/error/message");
    const std::string message = text == nullptr ? std::string() : lower(*text);
    const bool exhausted = out.word == "RESOURCE_EXHAUSTED" || response.status == 429;
    if (exhausted || response.status == 403) {
        if (says(message, {"daily limit", "per day", "daily quota"})) {
            out.kind = Kind::quota;
        } else if (exhausted || says(message, {"rate limit", "quota"})) {
            out.kind = Kind::rate_limited;
        }
    } else if (response.status == 400) {
        if (says(message, {"too long", "too large", "exceeds", "codepoints", "code points"})) {
            out.kind = Kind::too_large;
        } else if (says(message, {"glossary", "model", "language", "location", "parent"})) {
            out.kind = Kind::misconfigured;
        }
    }
    return out;
}

Texts read_azure(std::string_view body, std::size_t expected) {
    const json::value root = parse_body("azure", body);
    const json::array* items = root.if_array();
    if (items == nullptr || items->size() != expected) {
        throw_bad_answer("azure", fmt::format("the answer must list {} items", expected));
    }
    return texts_in("azure", *items, "/translations/0/text");
}

Verdict judge_azure(const http::Response& response) {
    const auto body = error_body(response);
    const json::object* root = body ? body->if_object() : nullptr;
    const json::value* error = root == nullptr ? nullptr : root->if_contains("error");
    const json::object* inner = error == nullptr ? nullptr : error->if_object();
    const json::value* code = inner == nullptr ? nullptr : inner->if_contains("code");
    const std::int64_t* number = code == nullptr ? nullptr : code->if_int64();
    if (number == nullptr || *number < 100'000 || *number > 999'999) return {};
    Verdict out{.word = std::to_string(*number)};
    switch (*number) {
        case 403001:  // the free tier's month
            out.kind = Kind::quota;
            break;
        case 400050:  // a text, the request
        case 400077:
            out.kind = Kind::too_large;
            break;
        case 400018:  // api-version, from, to, category
        case 400021:
        case 400023:
        case 400035:
        case 400036:
            out.kind = Kind::misconfigured;
            break;
        default:
            if (*number / 1000 == 401) out.kind = Kind::unauthorized;
            if (*number / 1000 == 429) out.kind = Kind::rate_limited;
            break;
    }
    return out;
}

}  // namespace barid::translate
